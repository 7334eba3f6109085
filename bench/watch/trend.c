/* SPDX-License-Identifier: MIT */
/*
 * What the memory of a process over time says. The rule of trend.h stands here
 * whole, step by step: hence the length.
 */

#include "bench/watch/trend.h"

#include <assert.h>
#include <math.h>
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

#define AT(member) offsetof(struct memory_sample, member)

const struct row_field memory_sample_fields[] = {
	FIELD("time_s", SECONDS, AT(time_s),
	      "since the watch began, `CLOCK_MONOTONIC`"),
	FIELD("rss_bytes", BYTES, AT(memory.rss_bytes),
	      "resident memory, `VmRSS`: the next three together"),
	FIELD("anon_bytes", BYTES, AT(memory.anon_bytes),
	      "anonymous: heap, stacks (`RssAnon`)"),
	FIELD("file_bytes", BYTES, AT(memory.file_bytes),
	      "pages of mapped files, which the kernel can drop (`RssFile`)"),
	FIELD("shmem_bytes", BYTES, AT(memory.shmem_bytes),
	      "shared memory (`RssShmem`)"),
	FIELD("swap_bytes", BYTES, AT(memory.swap_bytes),
	      "anonymous memory that is swapped out (`VmSwap`)"),
	FIELD("page_table_bytes", BYTES, AT(memory.page_table_bytes),
	      "page tables (`VmPTE`)"),
	FIELD("vm_bytes", BYTES, AT(memory.vm_bytes),
	      "address space (`VmSize`)"),
	FIELD("oom_score", NUMBER, AT(oom_score),
	      "as the kernel prints it: about 666 without memory or "
	      "adjustment, one step is 1.5 thousandths of RAM and swap"),
	FIELD("oom_score_adj", NUMBER, AT(oom_score_adj), "-1000 to 1000"),
	FIELD("cgroup_usage_bytes", BYTES, AT(group.usage_bytes),
	      "what the group is charged, page cache too. The group is the one "
	      "with the least room, from the process's own upwards; without "
	      "limits its own. Empty: none that tells"),
	FIELD("cgroup_cache_bytes", BYTES, AT(group.cache_bytes),
	      "of it, page cache not used lately (`inactive_file`): dropped "
	      "before anybody is killed"),
	FIELD("cgroup_limit_bytes", BYTES, AT(group.limit_bytes),
	      "the limit of that group which is met first (`memory.max`, "
	      "`memory.high`; version 1: `memory.limit_in_bytes`, "
	      "`memory.memsw.limit_in_bytes`, whose usage is then told); "
	      "empty: none"),
	FIELD("available_bytes", BYTES, AT(machine.available_bytes),
	      "of the machine, `MemAvailable`"),
	FIELD("swap_free_bytes", BYTES, AT(machine.swap_free_bytes),
	      "of the machine, `SwapFree`"),
	FIELD("committed_bytes", BYTES, AT(machine.committed_bytes),
	      "of the machine, `Committed_AS`"),
	FIELD("commit_limit_bytes", BYTES, AT(machine.commit_limit_bytes),
	      "of the machine, `CommitLimit`; binds in overcommit mode 2"),
	FIELD("date_utc", DATE, AT(date), "when the reading was taken"),
	FIELD("hugetlb_bytes", BYTES, AT(memory.hugetlb_bytes),
	      "pages of hugetlbfs (`HugetlbPages`), which are not in the RSS "
	      "and come out of a pool of their own"),
	{ 0 },
};

const struct row_type memory_sample_row =
	ROW_TYPE("watch", memory_sample_fields);

void trend_add(struct trend_series *series, double time_s, double bytes,
	       double file_bytes)
{
	if (!series->stride)
		series->stride = 1;
	if (series->seen++ % series->stride)
		return;
	if (series->count == TREND_POINTS_MAX) {
		for (size_t i = 0; i < TREND_POINTS_MAX / 2; i++) {
			series->time_s[i] = series->time_s[2 * i];
			series->bytes[i] = series->bytes[2 * i];
			series->file_bytes[i] = series->file_bytes[2 * i];
		}
		series->count = TREND_POINTS_MAX / 2;
		series->stride *= 2;
	}
	series->time_s[series->count] = time_s;
	series->bytes[series->count] = bytes;
	series->file_bytes[series->count++] = file_bytes;
}

/* A stretch of a series. */
struct stretch {
	const double *time_s, *bytes, *file_bytes;
	size_t count;
	double low, high;
};

/* The lowest points between two falls. */
struct troughs {
	double time_s[TREND_POINTS_MAX], bytes[TREND_POINTS_MAX];
	size_t first, last; /* in the stretch */
	size_t count;
	size_t falls;
};

static struct stretch stretch_of(const struct trend_series *series, size_t from,
				 size_t count)
{
	struct stretch stretch = {
		.time_s = series->time_s + from,
		.bytes = series->bytes + from,
		.file_bytes = series->file_bytes + from,
		.count = count,
		.low = INFINITY,
	};

	for (size_t i = 0; i < count; i++) {
		stretch.low = fmin(stretch.low, stretch.bytes[i]);
		stretch.high = fmax(stretch.high, stretch.bytes[i]);
	}
	return stretch;
}

static double range_of(const struct stretch *stretch)
{
	return stretch->high - stretch->low;
}

static double median_of(const double *values, size_t count)
{
	double sorted[TREND_POINTS_MAX];

	memcpy(sorted, values, sizeof *values * count);
	return stats_median_of(sorted, count);
}

static void add_trough(struct troughs *troughs, const struct stretch *stretch,
		       size_t at)
{
	if (!troughs->count)
		troughs->first = at;
	troughs->last = at;
	troughs->time_s[troughs->count] = stretch->time_s[at];
	troughs->bytes[troughs->count++] = stretch->bytes[at];
}

/* Follow the series from turn to turn; a turn counts when it has gone back by
 * FALL of the range. */
static void find_troughs(const struct stretch *stretch, struct troughs *troughs)
{
	const double *bytes = stretch->bytes;
	const double enough = FALL * range_of(stretch);
	bool falling = false;
	size_t turn = 0;

	troughs->count = troughs->falls = 0;
	for (size_t i = 1; i < stretch->count && enough > 0; i++) {
		const double back = falling ? bytes[i] - bytes[turn]
					    : bytes[turn] - bytes[i];

		if (back < 0) {
			turn = i;
		} else if (back >= enough) {
			if (falling)
				add_trough(troughs, stretch, turn);
			else
				troughs->falls++;
			falling = !falling;
			turn = i;
		}
	}
}

static void set_growth(struct trend *trend, double bytes_per_s,
		       const struct stretch *stretch, size_t first, size_t last)
{
	const double rise = stretch->bytes[last] - stretch->bytes[first];
	const double file_rise =
		stretch->file_bytes[last] - stretch->file_bytes[first];

	trend->verdict = TREND_GROWING;
	trend->bytes_per_hour = (uint64_t)(bytes_per_s * 3600);
	trend->file_share = rise > 0 ? fmin(fmax(file_rise / rise, 0), 1) : 0;
}

/* Cut the values into parts of one size. If the medians of the parts rise, each
 * step by at least STEADY of the whole rise, as it is or scaled to the mean
 * time of a step (a busy machine takes readings late): that rise; else 0. */
static double steady_rise(const double *values, const double *time_s,
			  size_t count, size_t parts)
{
	double value[TAIL_PARTS] = { 0 }, middle[TAIL_PARTS] = { 0 };
	double least = INFINITY, slowest = INFINITY, rise;

	for (size_t i = 0; i < parts; i++) {
		const size_t from = i * count / parts;
		const size_t size = (i + 1) * count / parts - from;

		value[i] = median_of(values + from, size);
		middle[i] = time_s ? stats_median(time_s + from, size) : i;
		if (!i)
			continue;
		rise = value[i] - value[i - 1];
		least = fmin(least, rise);
		slowest = fmin(slowest, rise / (middle[i] - middle[i - 1]));
	}
	rise = value[parts - 1] - value[0];
	slowest *= (middle[parts - 1] - middle[0]) / (double)(parts - 1);
	return fmax(least, slowest) >= STEADY * rise ? rise : 0;
}

/* Step 2 of the rule. */
static int judge_steady(const struct stretch *head, const struct stretch *tail,
			struct trend *trend)
{
	double slope;
	int error;

	if (steady_rise(tail->bytes, tail->time_s, tail->count, TAIL_PARTS) <
		    RISE * range_of(tail) ||
	    median_of(tail->bytes, tail->count) < head->high)
		return 0;
	error = stats_theil_sen(tail->time_s, tail->bytes, tail->count, &slope);
	if (!error && slope > 0)
		set_growth(trend, slope, tail, 0, tail->count - 1);
	return error;
}

/* Step 3. */
static int judge_troughs(const struct stretch *head, const struct stretch *tail,
			 const struct troughs *troughs, struct trend *trend)
{
	const double *time_s = tail->time_s;
	double score, slope;
	int error;

	if (troughs->count < TROUGHS_MIN || tail->high <= head->high)
		return 0;
	error = stats_mann_kendall(troughs->bytes, troughs->count, &score);
	if (!error)
		error = stats_theil_sen(troughs->time_s, troughs->bytes,
					troughs->count, &slope);
	if (error)
		return error;
	if (score > CLIMB_SCORE &&
	    steady_rise(troughs->bytes, NULL, troughs->count, TROUGH_PARTS) >
		    0 &&
	    slope * (time_s[troughs->last] - time_s[troughs->first]) >=
		    CLIMB * range_of(tail))
		set_growth(trend, slope, tail, troughs->first, troughs->last);
	return 0;
}

/* Steps 4 and 5, when it does not grow. */
static enum trend_verdict judge_rest(const struct stretch *whole,
				     const struct stretch *tail, size_t falls,
				     size_t whole_falls)
{
	const double first = whole->bytes[0];
	double y[TREND_POINTS_MAX], median, quiet;

	memcpy(y, tail->bytes, sizeof *y * tail->count);
	stats_sort(y, tail->count);
	median = stats_median(y, tail->count);
	quiet = QUIET * median;
	if (stats_quantile(y, tail->count, 0.95) -
		    stats_quantile(y, tail->count, 0.05) >
	    quiet) {
		if (falls >= 2 || whole_falls >= 2)
			return TREND_SAWTOOTH;
		if (tail->bytes[0] - tail->bytes[tail->count - 1] >=
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

int trend_judge(const struct trend_series *series, struct trend *trend)
{
	const size_t half = series->count / 2;
	struct stretch whole, head, tail;
	struct troughs troughs;
	size_t whole_falls;
	int error = 0;

	*trend = (struct trend){ TREND_TOO_SHORT, BYTES_UNKNOWN, NAN };
	if (series->count < TREND_POINTS_MIN)
		return 0;
	trend->bytes_per_hour = 0;
	trend->file_share = 0;
	whole = stretch_of(series, 0, series->count);
	head = stretch_of(series, 0, half);
	tail = stretch_of(series, half, series->count - half);
	find_troughs(&whole, &troughs);
	whole_falls = troughs.falls;
	find_troughs(&tail, &troughs);
	if (range_of(&tail) >= STILL * whole.high && range_of(&tail) > 0) {
		error = judge_steady(&head, &tail, trend);
		if (!error && trend->verdict != TREND_GROWING)
			error = judge_troughs(&head, &tail, &troughs, trend);
	}
	if (!error && trend->verdict != TREND_GROWING)
		trend->verdict =
			judge_rest(&whole, &tail, troughs.falls, whole_falls);
	return error;
}

bool trend_is_mapped(const struct trend *trend)
{
	return trend->file_share > 0.5;
}

double trend_seconds_until(const struct trend *trend, double bytes)
{
	const double rate =
		(double)trend->bytes_per_hour * (1 - trend->file_share);

	return rate > 0 && !trend_is_mapped(trend) ? bytes / rate * 3600
						   : INFINITY;
}

const char *trend_advice(const struct trend *trend, bool ended)
{
	static const char *const advices[][2] = {
		[TREND_TOO_SHORT] = { "It takes 24 readings: watch longer, or "
				      "with a shorter --interval.",
				      "It takes 24 readings: next time, take a "
				      "shorter --interval." },
		[TREND_GROWING] = { "Only hours under load prove a leak: watch "
				    "on.",
				    "Only hours under load prove a leak." },
		[TREND_SAWTOOTH] = { "Watch on to see whether its lowest "
				     "points rise." },
		[TREND_UNCLEAR] = { "Watch longer, under a steady load.",
				    "It takes longer, under a steady load, to "
				    "tell." },
	};

	static_assert(TREND_POINTS_MIN == 24, "as the advice says");
	if (trend_is_mapped(trend))
		return "Most of it is pages of mapped files, which the kernel "
		       "can drop: no leak.";
	return advices[trend->verdict][ended];
}
