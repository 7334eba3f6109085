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
#include "bench/judge/blocks.h"
#include "bench/judge/stats.h"
#include "bench/rows/errname.h"

/* MAX_ERRNO of include/linux/err.h, and 0. */
#define ERRNO_COUNT 4096

/* What a parent pays for a spawn when nothing disturbs it. */
struct quiet {
	int parent;
	double ns;
};

/* Where one cell's numbers are put together; each array has room for all of
 * its samples. */
struct scratch {
	struct blocks blocks; /* of the run */
	double *values;	      /* of all parents */
	double *parent;	      /* of the parent at hand */
	double *medians;      /* one a parent */
	double *ratios;	      /* one a parent that has a reference */
	struct quiet *quiet;  /* one a parent that was not disturbed */
	struct quiet *base; /* the same, of the cell that it is compared with */
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

static struct stats_interval median_interval(double *values, size_t count)
{
	stats_sort(values, count);
	return stats_median_interval(values, count);
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
		scratch->medians[medians++] = median;
		reference =
			reference_median(group, first, end, scratch->parent);
		if (!isnan(reference))
			scratch->ratios[ratios++] = median / reference;
	}
	interval = median_interval(scratch->medians, medians);
	row->p50_ns = stats_median(scratch->medians, medians);
	row->p50_lo_ns = interval.lo;
	row->p50_hi_ns = interval.hi;
	row->ref_ratio = stats_median_of(scratch->ratios, ratios);
}

/* The parents whose block was not disturbed, or with all also the others. */
static size_t gather_quiet(const struct group *group, enum sample_time time,
			   bool all, struct scratch *scratch,
			   struct quiet *quiet)
{
	size_t parents = 0;

	for (size_t first = 0, end; first < group->count; first = end) {
		size_t count;

		end = parent_end(group, first);
		if (!all &&
		    blocks_disturbed(&scratch->blocks, group->samples[first]))
			continue;
		count = gather(group, first, end, time, scratch->parent);
		if (!count)
			continue;
		stats_sort(scratch->parent, count);
		quiet[parents++] = (struct quiet){
			.parent = group->samples[first]->parent,
			.ns = stats_quantile(scratch->parent, count,
					     QUIET_QUANTILE),
		};
	}
	return parents;
}

/* The same without those that were themselves much slower than the quietest:
 * what disturbs a spawn may leave the reference alone, as work in memory does,
 * or a process that takes its turn beside parent and child. */
static size_t quiet_parents(const struct group *group, enum sample_time time,
			    struct scratch *scratch, struct quiet *quiet)
{
	size_t parents = gather_quiet(group, time, false, scratch, quiet);
	size_t kept = 0;
	double limit_ns;

	if (!parents)
		parents = gather_quiet(group, time, true, scratch, quiet);
	for (size_t i = 0; i < parents; i++)
		scratch->values[i] = quiet[i].ns;
	stats_sort(scratch->values, parents);
	limit_ns = QUIET_FACTOR *
		   stats_quantile(scratch->values, parents, QUIET_QUANTILE);
	for (size_t i = 0; i < parents; i++)
		if (quiet[i].ns <= limit_ns)
			quiet[kept++] = quiet[i];
	return kept;
}

static void weigh_quiet(const struct group *group, struct scratch *scratch,
			struct summary *row)
{
	const size_t parents =
		quiet_parents(group, row->time, scratch, scratch->quiet);
	struct stats_interval interval;

	for (size_t i = 0; i < parents; i++)
		scratch->values[i] = scratch->quiet[i].ns;
	interval = median_interval(scratch->values, parents);
	row->quiet_ns = stats_median(scratch->values, parents);
	row->quiet_lo_ns = interval.lo;
	row->quiet_hi_ns = interval.hi;
	row->quiet_share = row->parents ? (double)parents / row->parents : NAN;
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

/* A cell over another one inside the parents that have both undisturbed: what
 * one of them has from its memory, and from its time, is in both. */
static struct paired pair_cells(const struct group *group,
				const struct group *base,
				struct scratch *scratch)
{
	const size_t own =
		quiet_parents(group, TIME_REAP, scratch, scratch->quiet);
	const size_t others =
		quiet_parents(base, TIME_REAP, scratch, scratch->base);
	struct stats_interval interval;
	size_t ratios = 0;

	for (size_t i = 0, k = 0; i < own && k < others;) {
		const struct quiet *a = &scratch->quiet[i];
		const struct quiet *b = &scratch->base[k];

		if (a->parent == b->parent)
			scratch->ratios[ratios++] = a->ns / b->ns;
		i += a->parent <= b->parent;
		k += b->parent <= a->parent;
	}
	interval = median_interval(scratch->ratios, ratios);
	return (struct paired){ stats_median(scratch->ratios, ratios),
				interval.lo, interval.hi };
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
		weigh_quiet(group, scratch, &rows[time]);
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

static void scratch_release(struct scratch *scratch)
{
	free(scratch->blocks.list);
	free(scratch->values);
	free(scratch->quiet);
}

static int scratch_make(struct scratch *scratch, const struct sample *samples,
			size_t sample_count)
{
	/* calloc(0) may answer NULL, which would look like no memory. */
	const size_t room = sample_count + 1;
	const int error = blocks_find(&scratch->blocks, samples, sample_count);

	if (error)
		return error;
	scratch->values = calloc(room, 4 * sizeof *scratch->values);
	scratch->quiet = calloc(room, 2 * sizeof *scratch->quiet);
	if (!scratch->values || !scratch->quiet) {
		scratch_release(scratch);
		return -ENOMEM;
	}
	scratch->parent = scratch->values + room;
	scratch->medians = scratch->values + 2 * room;
	scratch->ratios = scratch->values + 3 * room;
	scratch->base = scratch->quiet + room;
	return 0;
}

/* All samples, those of a cell together, and of a parent in it. NULL: no
 * memory.
 */
static const struct sample **sort_samples(const struct sample *samples,
					  size_t count)
{
	const struct sample **sorted = calloc(count + 1, sizeof *sorted);

	for (size_t i = 0; sorted && i < count; i++)
		sorted[i] = &samples[i];
	if (sorted)
		qsort(sorted, count, sizeof *sorted, compare_samples);
	return sorted;
}

int summarise(const struct summary *planned, size_t cell_count,
	      const struct sample *samples, size_t sample_count,
	      struct summary *rows)
{
	const size_t row_count = cell_count * TIME_COUNT;
	const struct sample **all = sort_samples(samples, sample_count);
	struct scratch scratch;
	const int error =
		all ? scratch_make(&scratch, samples, sample_count) : -ENOMEM;

	for (size_t i = 0; !error && i < cell_count; i++) {
		const struct group group =
			find_group(all, sample_count, planned[i].cell.id);

		summarise_cell(&planned[i], &group, &scratch,
			       &rows[i * TIME_COUNT]);
	}
	for (size_t i = TIME_REAP; !error && i < row_count; i += TIME_COUNT) {
		const size_t best = find_best(rows, row_count, i);
		const struct group own =
			find_group(all, sample_count, rows[i].cell.id);
		const struct group others =
			find_group(all, sample_count, rows[best].cell.id);

		struct paired rank;

		if (rows[i].cell.creates_nothing)
			continue;
		rank = pair_cells(&own, &others, &scratch);
		rows[i].over_best = rank.ratio;
		rows[i].over_best_lo = rank.lo;
		rows[i].over_best_hi = rank.hi;
	}
	if (!error)
		scratch_release(&scratch);
	free(all);
	return error;
}

int summary_pair(const struct sample *samples, size_t sample_count, int a,
		 int b, struct paired *paired)
{
	const struct sample **all = sort_samples(samples, sample_count);
	struct scratch scratch;
	const int error =
		all ? scratch_make(&scratch, samples, sample_count) : -ENOMEM;

	if (!error) {
		const struct group base = find_group(all, sample_count, a);
		const struct group group = find_group(all, sample_count, b);

		*paired = pair_cells(&group, &base, &scratch);
		scratch_release(&scratch);
	}
	free(all);
	return error;
}

double summary_precision(const struct summary *row)
{
	const double half = (row->quiet_hi_ns - row->quiet_lo_ns) / 2;

	return isnan(half) ? INFINITY : half / row->quiet_ns;
}
