/* SPDX-License-Identifier: MIT */
/*
 * What the reference says about the machine during a run.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/judge/stats.h"
#include "bench/judge/summary.h"

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
