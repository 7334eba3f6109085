/* SPDX-License-Identifier: MIT */
/*
 * Writing sizes and durations.
 *
 * Three digits are what a measurement of this kind is worth; a fourth would
 * promise a precision that nobody measured.
 */

#include "bench/show/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* The value in its largest unit that leaves at least 1, three digits. */
struct scaled {
	double value;
	const char *unit;
};

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

static struct scaled scale(double value, double base, const char *const *units,
			   int count)
{
	int unit = 0;

	value = round_three(value);
	while (unit < count - 1 && value >= base * (1 - 1e-9)) {
		value = round_three(value / base);
		unit++;
	}
	return (struct scaled){ value, units[unit] };
}

struct units_text size_exact(uint64_t bytes)
{
	static const char units[] = "KMGT";
	struct units_text made;
	int unit = -1;

	while (bytes && bytes % 1024 == 0 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(made.text, sizeof made.text, "%llu",
			 (unsigned long long)bytes);
	else
		snprintf(made.text, sizeof made.text, "%llu%c",
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

static bool scale_duration(double ns, struct scaled *scaled)
{
	static const char *const units[] = { "ns", "\u00b5s", "ms", "s" };

	if (isnan(ns))
		return false;
	*scaled = scale(ns, 1000, units, 4);
	return true;
}

struct units_text duration_human(double ns)
{
	struct units_text made = { "-" };
	struct scaled scaled;

	/* %g drops trailing zeros; six digits hold what rounding left. */
	if (scale_duration(ns, &scaled))
		snprintf(made.text, sizeof made.text, "%.6g %s", scaled.value,
			 scaled.unit);
	return made;
}

struct units_text duration_column(double ns)
{
	struct units_text made = { "-" };
	struct scaled scaled;

	if (scale_duration(ns, &scaled))
		snprintf(made.text, sizeof made.text, "%.*f %s",
			 scaled.value >= 100  ? 0
			 : scaled.value >= 10 ? 1
					      : 2,
			 scaled.value, scaled.unit);
	return made;
}
