/* SPDX-License-Identifier: MIT */
/*
 * Writing and reading sizes and durations.
 *
 * Three digits are what a measurement of this kind is worth; a fourth would
 * promise a precision that nobody measured. Reading uses no strtod(3): it
 * follows the locale, and takes "inf", "0x10" and blanks.
 */

#include "bench/machine/units.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FRACTION_DIGITS_MAX 9
#define KIB UINT64_C(1024)

/* Round to three significant digits, so that 999.7 becomes 1000 before its
 * unit is chosen and not after. */
static double round_three(double value)
{
	double step;

	if (value <= 0)
		return value;
	step = pow(10, floor(log10(value)) - 2);
	return round(value / step) * step;
}

struct units_text size_exact(uint64_t bytes)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	struct units_text made;
	int unit = 0;

	while (bytes && bytes % 1024 == 0 && unit < 4) {
		bytes /= 1024;
		unit++;
	}
	snprintf(made.text, sizeof made.text, "%llu%s",
		 (unsigned long long)bytes, units[unit]);
	return made;
}

struct units_text size_human(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	struct units_text made = { "unknown" };
	double value = (double)bytes;
	int unit = 0;

	if (bytes == UINT64_MAX)
		return made;
	/* 1023.6 MiB has four digits before the point: "1024 MiB" is read as
	 * what it is. */
	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(made.text, sizeof made.text,
		 value >= 999.5 ? "%.0f %s" : "%.3g %s", value, units[unit]);
	return made;
}

struct units_text span_human(double seconds)
{
	static const struct {
		const char *name;
		double seconds, below; /* below: the next unit's first */
	} units[] = {
		{ "s", 1, 99.5 },
		{ "min", 60, 99.5 * 60 },
		{ "h", 3600, 47.5 * 3600 },
		{ "days", 86400, INFINITY },
	};
	struct units_text span = { "never" };
	size_t unit = 0;

	if (isinf(seconds))
		return span;
	while (seconds >= units[unit].below)
		unit++;
	seconds /= units[unit].seconds;
	snprintf(span.text, sizeof span.text,
		 seconds < 9.95 ? "%.2g %s" : "%.0f %s", seconds,
		 units[unit].name);
	return span;
}

/* In its largest unit that leaves at least 1. */
static struct units_text write_duration(double ns, bool column)
{
	static const char *const units[] = { "ns", "\u00b5s", "ms", "s" };
	struct units_text made = { "-" };
	double value = round_three(ns);
	int unit = 0;

	if (isnan(ns))
		return made;
	while (unit < 3 && value >= 1000 * (1 - 1e-9)) {
		value = round_three(value / 1000);
		unit++;
	}
	if (column)
		snprintf(made.text, sizeof made.text, "%.*f %s",
			 value >= 100  ? 0
			 : value >= 10 ? 1
				       : 2,
			 value, units[unit]);
	else /* %g drops trailing zeros; six digits hold what rounding left. */
		snprintf(made.text, sizeof made.text, "%.6g %s", value,
			 units[unit]);
	return made;
}

struct units_text duration_human(double ns)
{
	return write_duration(ns, false);
}

struct units_text duration_column(double ns)
{
	return write_duration(ns, true);
}

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

struct unit {
	const char *name;
	uint64_t factor;
};

/* A number before one of the units, as compare finds it; only whole ones of
 * the smallest. */
static int read_in(const struct unit *units,
		   int (*compare)(const char *, const char *), const char *text,
		   uint64_t *result)
{
	struct decimal number;
	uint64_t value;
	int error = read_decimal(&text, &number);

	if (error)
		return error;
	while (units->name && compare(text, units->name))
		units++;
	if (!units->name || (units->factor == 1 && number.divisor > 1))
		return -EINVAL;
	error = times(&number, units->factor, &value);
	if (!error)
		*result = value;
	return error;
}

int size_parse(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },	     { "b", 1 },	   { "k", KIB },
		{ "kb", KIB },	     { "kib", KIB },	   { "m", KIB << 10 },
		{ "mb", KIB << 10 }, { "mib", KIB << 10 }, { "g", KIB << 20 },
		{ "gb", KIB << 20 }, { "gib", KIB << 20 }, { "t", KIB << 30 },
		{ "tb", KIB << 30 }, { "tib", KIB << 30 }, { NULL, 0 },
	};

	return read_in(units, strcasecmp, text, bytes);
}

int span_parse(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "ms", 1000000 },
		{ "s", 1000000000 },
		{ "", 1000000000 },
		{ "m", 60000000000 },
		{ "h", 3600000000000 },
		{ "d", 86400000000000 },
		{ NULL, 0 },
	};

	return read_in(units, strcmp, text, ns);
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
