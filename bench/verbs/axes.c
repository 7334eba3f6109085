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

int size_parse(const char *text, uint64_t *bytes)
{
	uint64_t whole, fraction = 0, divisor = 1, result;
	int error = read_digits(&text, &whole);
	int shift;

	if (error)
		return error;
	if (*text == '.') {
		const char *first = ++text;

		error = read_digits(&text, &fraction);
		if (error || text - first > FRACTION_DIGITS_MAX)
			return -EINVAL;
		for (; first < text; first++)
			divisor *= 10;
	}
	shift = unit_shift(text);
	if (shift < 0 || (shift == 0 && divisor > 1))
		return -EINVAL;
	if (__builtin_mul_overflow(whole, UINT64_C(1) << shift, &result))
		return -ERANGE;
	/* Below 2^30 times 2^40: 64 bits would not hold the product. */
	fraction = (uint64_t)(((unsigned __int128)fraction << shift) / divisor);
	if (__builtin_add_overflow(result, fraction, &result))
		return -ERANGE;
	*bytes = result;
	return 0;
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
