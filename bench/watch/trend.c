/* SPDX-License-Identifier: MIT */
/*
 * What the memory of a process over time says. The rule of trend.h stands here
 * whole, step by step: hence the length.
 */

#include "bench/watch/trend.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench/judge/stats.h"

#define STILL 0.001  /* of the peak: nothing moves */
#define QUIET 0.1    /* of the median: it moves, but stays there */
#define FALL 0.25    /* of the range: a fall, and not a wobble */
#define RISE 0.5     /* of the range, from the first quarter to the last */
#define STEADY 0.25  /* of the rise, in each step to the next part */
#define DECLINE 0.75 /* of the range, from the first to the last */
#define CLIMB 0.2    /* of the range, from the first to the last trough */
#define CLIMB_SCORE 2.33
#define TROUGHS_MIN 6
#define TAIL_PARTS 4
#define TROUGH_PARTS 3

const char *const trend_names[] = {
	[TREND_TOO_SHORT] = "too_short", [TREND_FLAT] = "flat",
	[TREND_GROWING] = "growing",	 [TREND_SAWTOOTH] = "sawtooth",
	[TREND_STARTUP] = "startup",	 [TREND_FALLING] = "falling",
	[TREND_UNCLEAR] = "unclear",
};

const char *const trend_readings[] = {
	[TREND_TOO_SHORT] = "too short to say",
	[TREND_FLAT] = "flat: normal",
	[TREND_GROWING] = "steady growth: perhaps a leak",
	[TREND_SAWTOOTH] =
		"rises and falls: normal (a garbage collector, caches)",
	[TREND_STARTUP] = "a jump, then flat: start-up, normal",
	[TREND_FALLING] = "it gives memory back: normal",
	[TREND_UNCLEAR] = "no clear pattern",
};

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

/* A stretch of a series. */
struct stretch {
	const struct trend_point *points;
	size_t count;
	double low, high;
};

/* The lowest points between two falls. */
struct troughs {
	size_t *at;
	size_t count;
	size_t falls;
};

static struct stretch stretch_of(const struct trend_point *points, size_t count)
{
	struct stretch stretch = { points, count, points[0].bytes,
				   points[0].bytes };

	for (size_t i = 1; i < count; i++) {
		stretch.low = fmin(stretch.low, points[i].bytes);
		stretch.high = fmax(stretch.high, points[i].bytes);
	}
	return stretch;
}

static double range_of(const struct stretch *stretch)
{
	return stretch->high - stretch->low;
}

/* The bytes of count points: those with the numbers of at, or the first. */
static void values_of(const struct trend_point *points, const size_t *at,
		      size_t count, double *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = points[at ? at[i] : i].bytes;
}

static double median_of(const double *values, size_t count)
{
	double sorted[TREND_POINTS_MAX];

	memcpy(sorted, values, sizeof *values * count);
	return stats_median_of(sorted, count);
}

/* Follow the series from turn to turn; a turn counts when it has gone back by
 * FALL of the range. */
static void find_troughs(const struct stretch *stretch, struct troughs *troughs)
{
	const struct trend_point *points = stretch->points;
	const double enough = FALL * range_of(stretch);
	bool falling = false;
	size_t turn = 0;

	troughs->count = troughs->falls = 0;
	for (size_t i = 1; i < stretch->count && enough > 0; i++) {
		const double back =
			falling ? points[i].bytes - points[turn].bytes
				: points[turn].bytes - points[i].bytes;

		if (back < 0) {
			turn = i;
		} else if (back >= enough) {
			if (falling)
				troughs->at[troughs->count++] = turn;
			else
				troughs->falls++;
			falling = !falling;
			turn = i;
		}
	}
}

static void set_growth(struct trend *trend, double bytes_per_s,
		       const struct trend_point *first,
		       const struct trend_point *last)
{
	const double rise = last->bytes - first->bytes;
	const double file_rise = last->file_bytes - first->file_bytes;

	trend->verdict = TREND_GROWING;
	trend->bytes_per_hour = bytes_per_s * 3600;
	trend->file_share = rise > 0 ? fmin(fmax(file_rise / rise, 0), 1) : 0;
}

/* The Theil-Sen slope through count points. */
static int slope_through(const struct trend_point *points, const size_t *at,
			 size_t count, double *slope)
{
	double x[TREND_POINTS_MAX], y[TREND_POINTS_MAX];

	for (size_t i = 0; i < count; i++)
		x[i] = points[at ? at[i] : i].time_s;
	values_of(points, at, count, y);
	return stats_theil_sen(x, y, count, slope);
}

/* Cut the values into parts of one size. If the medians of the parts rise, each
 * step by at least STEADY of the whole rise: that rise; else 0. */
static double steady_rise(const double *values, size_t count, size_t parts)
{
	double first = 0, before = 0, least = INFINITY, median = 0;

	for (size_t part = 0; part < parts; part++) {
		const size_t from = part * count / parts;
		const size_t next = (part + 1) * count / parts;

		median = median_of(values + from, next - from);
		if (!part)
			first = median;
		else
			least = fmin(least, median - before);
		before = median;
	}
	return least >= STEADY * (median - first) ? median - first : 0;
}

/* Step 2 of the rule. */
static bool is_steady(const struct stretch *head, const struct stretch *tail)
{
	double y[TREND_POINTS_MAX];

	values_of(tail->points, NULL, tail->count, y);
	return steady_rise(y, tail->count, TAIL_PARTS) >=
		       RISE * range_of(tail) &&
	       median_of(y, tail->count) >= head->high;
}

static int judge_steady(const struct stretch *head, const struct stretch *tail,
			struct trend *trend)
{
	double slope;
	int error;

	if (!is_steady(head, tail))
		return 0;
	error = slope_through(tail->points, NULL, tail->count, &slope);
	if (!error && slope > 0)
		set_growth(trend, slope, tail->points,
			   tail->points + tail->count - 1);
	return error;
}

/* Step 3. */
static int judge_troughs(const struct stretch *head, const struct stretch *tail,
			 const struct troughs *troughs, struct trend *trend)
{
	const struct trend_point *first, *last;
	double y[TREND_POINTS_MAX], score, slope;
	int error;

	if (troughs->count < TROUGHS_MIN || tail->high <= head->high)
		return 0;
	values_of(tail->points, troughs->at, troughs->count, y);
	error = stats_mann_kendall(y, troughs->count, &score);
	if (!error)
		error = slope_through(tail->points, troughs->at, troughs->count,
				      &slope);
	if (error)
		return error;
	first = &tail->points[troughs->at[0]];
	last = &tail->points[troughs->at[troughs->count - 1]];
	if (score > CLIMB_SCORE &&
	    steady_rise(y, troughs->count, TROUGH_PARTS) > 0 &&
	    slope * (last->time_s - first->time_s) >= CLIMB * range_of(tail))
		set_growth(trend, slope, first, last);
	return 0;
}

/* Steps 4 and 5, when it does not grow. */
static enum trend_verdict judge_rest(const struct stretch *whole,
				     const struct stretch *tail, size_t falls,
				     size_t whole_falls)
{
	const double first = whole->points[0].bytes;
	double y[TREND_POINTS_MAX], median, quiet;

	values_of(tail->points, NULL, tail->count, y);
	stats_sort(y, tail->count);
	median = stats_median(y, tail->count);
	quiet = QUIET * median;
	if (stats_quantile(y, tail->count, 0.95) -
		    stats_quantile(y, tail->count, 0.05) >
	    quiet) {
		if (falls >= 2 || whole_falls >= 2)
			return TREND_SAWTOOTH;
		if (tail->points[0].bytes -
			    tail->points[tail->count - 1].bytes >=
		    DECLINE * range_of(tail))
			return TREND_FALLING;
		return TREND_UNCLEAR;
	}
	if (median - first > quiet)
		return TREND_STARTUP;
	if (first - median > quiet)
		return TREND_FALLING;
	return TREND_FLAT;
}

static int judge_halves(const struct stretch *whole, struct troughs *troughs,
			struct trend *trend)
{
	const size_t half = whole->count / 2;
	const struct stretch head = stretch_of(whole->points, half);
	const struct stretch tail =
		stretch_of(whole->points + half, whole->count - half);
	size_t whole_falls;
	int error = 0;

	find_troughs(whole, troughs);
	whole_falls = troughs->falls;
	find_troughs(&tail, troughs);
	trend->falls = troughs->falls;
	if (range_of(&tail) >= STILL * whole->high && range_of(&tail) > 0) {
		error = judge_steady(&head, &tail, trend);
		if (!error && trend->verdict != TREND_GROWING)
			error = judge_troughs(&head, &tail, troughs, trend);
	}
	if (!error && trend->verdict != TREND_GROWING)
		trend->verdict =
			judge_rest(whole, &tail, troughs->falls, whole_falls);
	return error;
}

int trend_judge(const struct trend_series *series, struct trend *trend)
{
	size_t at[TREND_POINTS_MAX];
	struct troughs troughs = { .at = at };
	struct stretch whole;

	*trend = (struct trend){ .verdict = TREND_TOO_SHORT };
	if (series->count < TREND_POINTS_MIN)
		return 0;
	whole = stretch_of(series->points, series->count);
	return judge_halves(&whole, &troughs, trend);
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
