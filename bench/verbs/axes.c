/* SPDX-License-Identifier: MIT */
/*
 * Reading the values of axes: sizes, counts and comma lists.
 *
 * No strtod(3): it follows the locale, and takes "inf", "0x10" and blanks.
 */

#include "bench/verbs/axes.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define FRACTION_DIGITS_MAX 9
#define ITEM_LENGTH 64

/* Read digits at *text into *number and step over them. */
static int read_digits(const char **text, uint64_t *number)
{
	const char *digit = *text;

	for (*number = 0; *digit >= '0' && *digit <= '9'; digit++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *digit - '0', number))
			return -ERANGE;
	if (digit == *text)
		return -EINVAL;
	*text = digit;
	return 0;
}

/* The power of two that a unit stands for, or -EINVAL. */
static int unit_shift(const char *unit)
{
	static const char letters[] = "kmgt";
	const char *letter;

	if (!*unit || !strcasecmp(unit, "b"))
		return 0;
	letter = strchr(letters, *unit | 0x20);
	if (!letter)
		return -EINVAL;
	unit++;
	if (*unit && strcasecmp(unit, "b") && strcasecmp(unit, "ib"))
		return -EINVAL;
	return 10 * (int)(letter - letters + 1);
}

/* "1.5" as a whole number and a fraction of up to nine digits. */
struct decimal {
	uint64_t whole, fraction, divisor;
};

static int read_decimal(const char **text, struct decimal *number)
{
	const char *first;
	int error = read_digits(text, &number->whole);

	number->fraction = 0;
	number->divisor = 1;
	if (error || **text != '.')
		return error;
	first = ++*text;
	error = read_digits(text, &number->fraction);
	if (error || *text - first > FRACTION_DIGITS_MAX)
		return -EINVAL;
	for (; first < *text; first++)
		number->divisor *= 10;
	return 0;
}

/* The number times a unit, cut to a whole one. */
static int times(const struct decimal *number, uint64_t unit, uint64_t *result)
{
	/* Below 10^9 times 2^47: 64 bits would not hold the product. */
	const uint64_t part = (uint64_t)((unsigned __int128)number->fraction *
					 unit / number->divisor);

	if (__builtin_mul_overflow(number->whole, unit, result) ||
	    __builtin_add_overflow(*result, part, result))
		return -ERANGE;
	return 0;
}

int size_parse(const char *text, uint64_t *bytes)
{
	struct decimal number;
	uint64_t result;
	int error = read_decimal(&text, &number);
	int shift;

	if (error)
		return error;
	shift = unit_shift(text);
	if (shift < 0 || (shift == 0 && number.divisor > 1))
		return -EINVAL;
	error = times(&number, UINT64_C(1) << shift, &result);
	if (!error)
		*bytes = result;
	return error;
}

int span_parse(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ms", 1000000 },	{ "s", 1000000000 },
		{ "", 1000000000 },	{ "m", 60000000000 },
		{ "h", 3600000000000 }, { "d", 86400000000000 },
	};
	struct decimal number;
	uint64_t result;
	int error = read_decimal(&text, &number);

	for (size_t i = 0; i < sizeof units / sizeof *units && !error; i++) {
		if (strcmp(text, units[i].name))
			continue;
		error = times(&number, units[i].ns, &result);
		if (!error)
			*ns = result;
		return error;
	}
	return error ? error : -EINVAL;
}

const char *size_error(int error)
{
	return error == -ERANGE ? "it is larger than 16 EiB"
				: "it is not a size such as 0, 64M or 1.5GiB";
}

int count_parse(const char *text, long low, long high, long *count)
{
	uint64_t number;
	int error = read_digits(&text, &number);

	if (error)
		return error;
	if (*text)
		return -EINVAL;
	if (number > (uint64_t)high || (long)number < low)
		return -ERANGE;
	*count = (long)number;
	return 0;
}

/* Whether an item stands in the list before it. */
static bool occurred_before(const char *list, const char *item, size_t length)
{
	while (list < item) {
		const size_t other = strcspn(list, ",");

		if (other == length && !strncmp(list, item, length))
			return true;
		list += other + 1;
	}
	return false;
}

int list_split(const char *text, list_item *take, void *data, char *culprit)
{
	const char *item = text;

	for (;;) {
		const size_t length = strcspn(item, ",");
		char copy[ITEM_LENGTH] = "";
		int error;

		memcpy(copy, item,
		       length < sizeof copy ? length : sizeof copy - 1);
		if (length == 0)
			error = -EINVAL;
		else if (length >= sizeof copy)
			error = -E2BIG;
		else if (occurred_before(text, item, length))
			error = -EEXIST;
		else
			error = take(data, copy);
		if (error) {
			if (culprit)
				memcpy(culprit, copy, sizeof copy);
			return error;
		}
		if (!item[length])
			return 0;
		item += length + 1;
	}
}
