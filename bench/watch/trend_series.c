/* SPDX-License-Identifier: MIT */
/* Series of bounded length for trend.h, and its verdicts in words. */

#include <math.h>

#include "bench/watch/trend.h"

void trend_add(struct trend_series *series, const struct trend_point *point)
{
	if (!series->stride)
		series->stride = 1;
	if (series->seen++ % series->stride)
		return;
	if (series->count == TREND_POINTS_MAX) {
		for (size_t i = 0; i < TREND_POINTS_MAX / 2; i++)
			series->points[i] = series->points[2 * i];
		series->count = TREND_POINTS_MAX / 2;
		series->stride *= 2;
	}
	series->points[series->count++] = *point;
}

const char *trend_name(enum trend_verdict verdict)
{
	static const char *const names[] = {
		[TREND_TOO_SHORT] = "too_short", [TREND_FLAT] = "flat",
		[TREND_GROWING] = "growing",	 [TREND_SAWTOOTH] = "sawtooth",
		[TREND_STARTUP] = "startup",	 [TREND_FALLING] = "falling",
		[TREND_UNCLEAR] = "unclear",
	};

	return names[verdict];
}

const char *trend_reading(enum trend_verdict verdict)
{
	static const char *const readings[] = {
		[TREND_TOO_SHORT] = "too short to say",
		[TREND_FLAT] = "flat: normal",
		[TREND_GROWING] = "steady growth: perhaps a leak",
		[TREND_SAWTOOTH] =
			"rises and falls: normal (a garbage collector, caches)",
		[TREND_STARTUP] = "a jump, then flat: start-up, normal",
		[TREND_FALLING] = "it gives memory back: normal",
		[TREND_UNCLEAR] = "no clear pattern",
	};

	return readings[verdict];
}

bool trend_is_mapped(const struct trend *trend)
{
	return trend->file_share > 0.5;
}

double trend_seconds_until(const struct trend *trend, double bytes)
{
	const double rate = trend->bytes_per_hour * (1 - trend->file_share);

	return rate > 0 && !trend_is_mapped(trend) ? bytes / rate * 3600
						   : INFINITY;
}
