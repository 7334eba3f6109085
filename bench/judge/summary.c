/* SPDX-License-Identifier: MIT */
/*
 * Samples become cells: grouped by cell and parent, then weighed; and what the
 * reference says about the machine meanwhile. Longer than other files, because
 * both weigh the same samples.
 */

#include "bench/judge/summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void weigh_parents(const struct group *group, struct scratch *scratch,
			  struct summary *row)
{
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
	row->p50_ns = stats_median_of(scratch->medians, medians);
	row->p50_lo_ns = stats_median_interval(scratch->medians, medians).lo;
	row->p50_hi_ns = stats_median_interval(scratch->medians, medians).hi;
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
	double *doubles = calloc(room, 4 * sizeof *doubles);
	struct scratch scratch = { doubles, NULL, NULL, NULL };
	int error = -ENOMEM;

	if (!all || !doubles)
		goto free_all;
	scratch.parent = doubles + room;
	scratch.medians = doubles + 2 * room;
	scratch.ratios = doubles + 3 * room;
	for (size_t i = 0; i < sample_count; i++)
		all[i] = &samples[i];
	qsort(all, sample_count, sizeof *all, compare_samples);
	for (size_t i = 0; i < cell_count; i++) {
		struct group group =
			find_group(all, sample_count, planned[i].cell.id);

		summarise_cell(&planned[i], &group, &scratch,
			       &rows[i * TIME_COUNT]);
	}
	error = 0;
free_all:
	free(all);
	free(doubles);
	return error;
}

static int compare_blocks(const void *left, const void *right)
{
	const struct sample *a = *(const struct sample *const *)left;
	const struct sample *b = *(const struct sample *const *)right;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return (a->block > b->block) - (a->block < b->block);
}

/* The reference of each distinct block of sorted samples; how many. */
static size_t gather_blocks(const struct sample *const *sorted, size_t count,
			    double *values)
{
	size_t blocks = 0;

	for (size_t i = 0; i < count; i++)
		if (!i || compare_blocks(&sorted[i - 1], &sorted[i]))
			values[blocks++] = (double)sorted[i]->ref_ns;
	return blocks;
}

int reference_quality(const struct sample *samples, size_t sample_count,
		      struct reference_quality *quality)
{
	const struct sample **sorted = calloc(sample_count + 1, sizeof *sorted);
	double *values = calloc(sample_count + 1, sizeof *values);
	size_t count = 0, blocks;
	int error = -ENOMEM;

	if (!sorted || !values)
		goto free_both;
	for (size_t i = 0; i < sample_count; i++)
		if (samples[i].ref_ns > 0)
			sorted[count++] = &samples[i];
	qsort(sorted, count, sizeof *sorted, compare_blocks);
	blocks = gather_blocks(sorted, count, values);
	stats_sort(values, blocks);
	*quality = (struct reference_quality){
		.blocks = (int)blocks,
		.median_ns = stats_median(values, blocks),
		.spread = stats_spread(values, blocks, 0.05),
	};
	error = 0;
free_both:
	free(sorted);
	free(values);
	return error;
}

enum reference_verdict
reference_verdict(const struct reference_quality *quality, char *text,
		  size_t text_bytes)
{
	double percent = 100 * quality->spread;

	if (quality->blocks < 2) {
		snprintf(text, text_bytes,
			 "The reference was not measured, so a slow machine "
			 "looks like a slow strategy: run again.");
		return REFERENCE_NONE;
	}
	if (quality->spread <= REFERENCE_GOOD_SPREAD) {
		snprintf(text, text_bytes,
			 "The reference spread by %.0f %%: good.", percent);
		return REFERENCE_GOOD;
	}
	if (quality->spread <= REFERENCE_FAIR_SPREAD) {
		snprintf(text, text_bytes,
			 "The reference spread by %.0f %%: fair; for smaller "
			 "differences compare ref_ratio, not times.",
			 percent);
		return REFERENCE_FAIR;
	}
	snprintf(text, text_bytes,
		 "The reference spread by %.0f %%: do not trust differences "
		 "below that; close other programs and run again.",
		 percent);
	return REFERENCE_POOR;
}

int result_sum(struct result *result, const struct summary *planned,
	       size_t cell_count, const struct sample *samples,
	       size_t sample_count)
{
	int error = -ENOMEM;

	*result = (struct result){ .count = cell_count * TIME_COUNT };
	result->rows = calloc(result->count, sizeof *result->rows);
	if (result->rows)
		error = summarise(planned, cell_count, samples, sample_count,
				  result->rows);
	if (!error)
		error = reference_quality(samples, sample_count,
					  &result->quality);
	if (error)
		free(result->rows);
	else
		reference_verdict(&result->quality, result->verdict,
				  sizeof result->verdict);
	return error;
}
