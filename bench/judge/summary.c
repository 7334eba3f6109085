/* SPDX-License-Identifier: MIT */
/*
 * Samples become cells: grouped by cell and parent, then weighed. Longer than
 * other files, because ranking weighs the same groups.
 */

#include "bench/judge/summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/axes.h"
#include "bench/judge/stats.h"
#include "bench/rows/errname.h"

/* MAX_ERRNO of include/linux/err.h, and 0. */
#define ERRNO_COUNT 4096

/* Where one cell's numbers are put together; each array has room for all of
 * its samples. */
struct scratch {
	double *values;	 /* of all parents */
	double *parent;	 /* of the parent at hand */
	double *medians; /* one a parent */
	double *quiet;	 /* the same, of their lowest tenths */
	double *ratios;	 /* one a parent that has a reference */
};

/* The samples of one cell, those of a parent together. */
struct group {
	const struct sample *const *samples;
	size_t count;
};

static int compare_samples(const void *left, const void *right)
{
	const struct sample *a = *(const struct sample *const *)left;
	const struct sample *b = *(const struct sample *const *)right;

	if (a->cell_id != b->cell_id)
		return a->cell_id < b->cell_id ? -1 : 1;
	return (a->parent > b->parent) - (a->parent < b->parent);
}

static bool is_good(const struct sample *sample)
{
	return !sample->error && !sample->warmup;
}

/* One past the last sample of the same parent as group->samples[first]. */
static size_t parent_end(const struct group *group, size_t first)
{
	size_t end = first;

	while (end < group->count &&
	       group->samples[end]->parent == group->samples[first]->parent)
		end++;
	return end;
}

/* Gather one time of the good samples first..end; how many there were. */
static size_t gather(const struct group *group, size_t first, size_t end,
		     enum sample_time time, double *values)
{
	size_t count = 0;

	for (size_t i = first; i < end; i++)
		if (is_good(group->samples[i]) &&
		    group->samples[i]->ns[time] != TIME_UNKNOWN)
			values[count++] = (double)group->samples[i]->ns[time];
	return count;
}

static double reference_median(const struct group *group, size_t first,
			       size_t end, double *values)
{
	size_t count = 0;

	for (size_t i = first; i < end; i++)
		if (is_good(group->samples[i]) && group->samples[i]->ref_ns > 0)
			values[count++] = (double)group->samples[i]->ref_ns;
	return stats_median_of(values, count);
}

/* What disturbs a machine comes in phases and only ever adds time: low
 * quantiles are of samples, and of parents, that it spared; a minimum would
 * fall with their number. docs/method.md has the evidence. */
#define QUIET_WITHIN 0.1
#define QUIET_OVER 0.25

static struct stats_interval interval_of(double *values, size_t count, double p)
{
	stats_sort(values, count);
	return stats_quantile_interval(values, count, p);
}

static void weigh_parents(const struct group *group, struct scratch *scratch,
			  struct summary *row)
{
	struct stats_interval interval;
	size_t medians = 0, ratios = 0;

	for (size_t first = 0, end; first < group->count; first = end) {
		double median, reference;
		size_t count;

		end = parent_end(group, first);
		count = gather(group, first, end, row->time, scratch->parent);
		if (!count)
			continue;
		median = stats_median_of(scratch->parent, count);
		scratch->quiet[medians] =
			stats_quantile(scratch->parent, count, QUIET_WITHIN);
		scratch->medians[medians++] = median;
		reference =
			reference_median(group, first, end, scratch->parent);
		if (!isnan(reference))
			scratch->ratios[ratios++] = median / reference;
	}
	interval = interval_of(scratch->medians, medians, 0.5);
	row->p50_ns = stats_median(scratch->medians, medians);
	row->p50_lo_ns = interval.lo;
	row->p50_hi_ns = interval.hi;
	interval = interval_of(scratch->quiet, medians, QUIET_OVER);
	row->quiet_ns = stats_quantile(scratch->quiet, medians, QUIET_OVER);
	row->quiet_lo_ns = interval.lo;
	row->quiet_hi_ns = interval.hi;
	row->ref_ratio = stats_median_of(scratch->ratios, ratios);
}

static void weigh_samples(const struct group *group, double *values,
			  struct summary *row)
{
	size_t count = gather(group, 0, group->count, row->time, values);

	stats_sort(values, count);
	row->min_ns = stats_quantile(values, count, 0);
	row->p5_ns = stats_quantile(values, count, 0.05);
	row->p95_ns = stats_quantile(values, count, 0.95);
	row->p99_ns = count < SUMMARY_P99_MIN
			      ? NAN
			      : stats_quantile(values, count, 0.99);
	row->p999_ns = count < SUMMARY_P999_MIN
			       ? NAN
			       : stats_quantile(values, count, 0.999);
	row->max_ns = stats_quantile(values, count, 1);
	row->mean_ns = stats_mean(values, count);
}

/* "ENOMEM:3;EAGAIN:1", by count, then by number, from counts by number, which
 * are used up; what does not fit is left out, never cut. */
static void name_errors(int counts[ERRNO_COUNT], struct summary *row)
{
	size_t used = 0;

	for (int most;; counts[most] = 0) {
		const size_t room = sizeof row->errnos - used;
		int length;

		most = 0;
		for (int error = 1; error < ERRNO_COUNT; error++)
			if (counts[error] > counts[most])
				most = error;
		if (!most)
			return;
		length = snprintf(row->errnos + used, room, "%s%s:%d",
				  used ? ";" : "", errname(most), counts[most]);
		if ((size_t)length >= room) {
			row->errnos[used] = '\0';
			return;
		}
		if (!used)
			row->error = most;
		used += (size_t)length;
	}
}

static void count_outcomes(const struct group *group, struct summary *row)
{
	int errors[ERRNO_COUNT] = { 0 };
	int last_parent = -1;

	for (size_t i = 0; i < group->count; i++) {
		const struct sample *sample = group->samples[i];

		row->failed += sample->error != 0;
		if (sample->error > 0 && sample->error < ERRNO_COUNT)
			errors[sample->error]++;
		if (!is_good(sample))
			continue;
		row->ok++;
		row->parents += sample->parent != last_parent;
		last_parent = sample->parent;
	}
	name_errors(errors, row);
	if (row->failed)
		row->observed = row->error;
	else if (row->ok)
		row->observed = 0;
}

/* What the parent of group->samples[*first] pays for a spawn when nothing
 * disturbs it, or NAN; *first goes on to the next parent. */
static double quiet_of_parent(const struct group *group, size_t *first,
			      double *values)
{
	const size_t end = parent_end(group, *first);
	const size_t count = gather(group, *first, end, TIME_REAP, values);

	*first = end;
	stats_sort(values, count);
	return stats_quantile(values, count, QUIET_WITHIN);
}

/* Rank a cell against the best inside the parents that have both: a phase of
 * the machine that made a whole parent slow is in both. */
static void rank_cell(const struct group *group, const struct group *best,
		      struct scratch *scratch, struct summary *row)
{
	struct stats_interval interval;
	size_t ratios = 0, i = 0, k = 0;

	while (i < group->count && k < best->count) {
		const int parent = group->samples[i]->parent;
		const int other = best->samples[k]->parent;
		double ratio = NAN;

		if (parent <= other)
			ratio = quiet_of_parent(group, &i, scratch->parent);
		if (other <= parent)
			ratio /= quiet_of_parent(best, &k, scratch->parent);
		if (parent == other && !isnan(ratio))
			scratch->ratios[ratios++] = ratio;
	}
	interval = interval_of(scratch->ratios, ratios, 0.5);
	row->over_best = stats_median(scratch->ratios, ratios);
	row->over_best_lo = interval.lo;
	row->over_best_hi = interval.hi;
}

/* The fastest cell in the place of this one: the number of its reap row. */
static size_t find_best(const struct summary *rows, size_t count, size_t row)
{
	size_t best = row;

	for (size_t i = TIME_REAP; i < count; i += TIME_COUNT)
		if (!rows[i].cell.creates_nothing &&
		    rows[i].quiet_ns < rows[best].quiet_ns &&
		    !axes_compare(&rows[i].cell, &rows[row].cell))
			best = i;
	return best;
}

static void summarise_cell(const struct summary *planned,
			   const struct group *group, struct scratch *scratch,
			   struct summary *rows)
{
	struct summary common = *planned;

	common.observed = OUTCOME_UNKNOWN;
	count_outcomes(group, &common);
	for (int time = 0; time < TIME_COUNT; time++) {
		rows[time] = common;
		rows[time].time = (enum sample_time)time;
		rows[time].over_best = NAN;
		rows[time].over_best_lo = rows[time].over_best_hi = NAN;
		weigh_parents(group, scratch, &rows[time]);
		weigh_samples(group, scratch->values, &rows[time]);
	}
}

/* The slice of all that belongs to the cell. */
static struct group find_group(const struct sample *const *all, size_t count,
			       int cell_id)
{
	size_t first = 0, end = count;
	struct group group;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (all[middle]->cell_id < cell_id)
			first = middle + 1;
		else
			end = middle;
	}
	group.samples = all + first;
	while (end < count && all[end]->cell_id == cell_id)
		end++;
	group.count = end - first;
	return group;
}

int summarise(const struct summary *planned, size_t cell_count,
	      const struct sample *samples, size_t sample_count,
	      struct summary *rows)
{
	/* calloc(0) may answer NULL, which would look like no memory. */
	size_t room = sample_count + 1;
	const struct sample **all = calloc(room, sizeof *all);
	double *doubles = calloc(room, 5 * sizeof *doubles);
	struct scratch scratch = { .values = doubles };
	int error = -ENOMEM;

	if (!all || !doubles)
		goto free_all;
	scratch.parent = doubles + room;
	scratch.medians = doubles + 2 * room;
	scratch.ratios = doubles + 3 * room;
	scratch.quiet = doubles + 4 * room;
	for (size_t i = 0; i < sample_count; i++)
		all[i] = &samples[i];
	qsort(all, sample_count, sizeof *all, compare_samples);
	for (size_t i = 0; i < cell_count; i++) {
		struct group group =
			find_group(all, sample_count, planned[i].cell.id);

		summarise_cell(&planned[i], &group, &scratch,
			       &rows[i * TIME_COUNT]);
	}
	for (size_t i = TIME_REAP; i < cell_count * TIME_COUNT;
	     i += TIME_COUNT) {
		const size_t best = find_best(rows, cell_count * TIME_COUNT, i);
		const struct group own =
			find_group(all, sample_count, rows[i].cell.id);
		const struct group others =
			find_group(all, sample_count, rows[best].cell.id);

		if (!rows[i].cell.creates_nothing)
			rank_cell(&own, &others, &scratch, &rows[i]);
	}
	error = 0;
free_all:
	free(all);
	free(doubles);
	return error;
}

double summary_precision(const struct summary *row)
{
	const double half = (row->quiet_hi_ns - row->quiet_lo_ns) / 2;

	return isnan(half) ? INFINITY : half / row->quiet_ns;
}
