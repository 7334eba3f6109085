/* SPDX-License-Identifier: MIT */
/*
 * What the memory of a process over time says about the process.
 *
 * Operators read a series like this: steady growth is perhaps a leak; a series
 * that rises and falls again and again is normal (a garbage collector, caches),
 * one that stays is normal, and so is one that jumped first and stays since
 * (start-up). Every other series is unclear.
 *
 * The rule. All thresholds are parts of the series itself, so that neither its
 * unit nor its time scale matters. The second half is judged; the first only
 * tells what was before. PEAK is the largest value of all, RANGE the largest
 * less the smallest of the second half. A fall is a decline by a quarter of
 * RANGE that is followed by a rise as large, or by the end; a trough is the
 * lowest point between the two.
 *
 *  1. Fewer than 24 points: too short to say.
 *  2. RANGE at least 0.1 % of PEAK, and the four quarters of the second half
 *     rise one above the other by their medians, each step, as it is or for
 *     its time, at least a quarter of the whole rise and this at least half of
 *     RANGE; half of the second half is above all of the first: growing.
 *  3. RANGE as before; six troughs or more that climb by the test of Mann and
 *     Kendall (one chance in a hundred), their line by at least a fifth of
 *     RANGE, the last third of them too; the peak is in the second half:
 *     growing.
 *  4. The middle nine tenths of the second half, by size, span at most 10 % of
 *     its median: it stays. The median lies by more than 10 % of itself above
 *     the first point: start-up; below: falling; else flat. A peak that has
 *     passed plays no part.
 *  5. Two falls in the second half, or in the whole series by its own range:
 *     saw-tooth. A net decline by three quarters of RANGE: falling. Else
 *     unclear: a step that has just been taken, growth that slows down.
 *
 * Tried on 500 made-up series of each kind, with 24 to 900 points: white noise,
 * autocorrelated noise and saw-teeth are called growing at most once in a
 * hundred times, a random walk twice.
 */
#ifndef WATCH_TREND_H
#define WATCH_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "bench/machine/memory.h"
#include "bench/machine/process.h"
#include "bench/rows/rows.h"

/* The memory of a process, of its control group and of the machine at one
 * moment; BYTES_UNKNOWN is what the kernel does not tell. */
struct memory_sample {
	double time_s; /* since the watch began */
	time_t date;
	struct process_memory memory;
	int oom_score;
	int oom_score_adj;
	struct cgroup_room group; /* with the least room; usage unknown: none */
	struct meminfo machine;
};

/* A row of what `watch` writes; data/README.md explains the columns. */
extern const struct row_type memory_sample_row;
extern const struct row_field memory_sample_fields[];

#define TREND_POINTS_MIN 24
#define TREND_POINTS_MAX 1024

/* A series of any length in bounded memory: when it is full, every second
 * point is dropped, and from then on every second one that comes. */
struct trend_series {
	double time_s[TREND_POINTS_MAX];
	double bytes[TREND_POINTS_MAX];
	double file_bytes[TREND_POINTS_MAX]; /* of it, of mapped files */
	size_t count;
	size_t stride; /* one of so many points is kept; 0 is 1 */
	size_t seen;
};

void trend_add(struct trend_series *series, double time_s, double bytes,
	       double file_bytes);

enum trend_verdict {
	TREND_TOO_SHORT,
	TREND_FLAT,
	TREND_GROWING,
	TREND_SAWTOOTH,
	TREND_STARTUP,
	TREND_FALLING,
	TREND_UNCLEAR,
};

struct trend {
	enum trend_verdict verdict;
	/* Growing: Theil-Sen slope; too short: BYTES_UNKNOWN; else 0. */
	uint64_t bytes_per_hour;
	/* Growing: the part of the growth that is pages of mapped files, 0 to
	 * 1. The kernel can drop those: they are no leak. Too short: NAN. */
	double file_share;
};

/* Judge what came so far. Times must ascend. 0 or -ENOMEM. */
int trend_judge(const struct trend_series *series, struct trend *trend);

/* A verdict as a word for machines ("growing"), and the reading of it as a
 * phrase for people ("steady growth: perhaps a leak"). */
extern const char *const trend_names[], *const trend_readings[];

/* What to do about it, while the process runs and when it has ended; NULL:
 * nothing. */
const char *trend_advice(const struct trend *trend, bool ended);

/* Whether most of the growth is pages of mapped files. */
bool trend_is_mapped(const struct trend *trend);

/* Seconds until so many bytes more are used, at the trend's rate without the
 * pages of mapped files, which the kernel drops before a limit is met. INFINITY
 * when the series does not grow, or by such pages mostly. */
double trend_seconds_until(const struct trend *trend, double bytes);

#endif
