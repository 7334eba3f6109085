/* SPDX-License-Identifier: MIT */
/* What cells are weighed with; see scales.h. */

#include "bench/judge/scales.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int compare_samples(const void *left, const void *right)
{
	const struct sample *a = *(const struct sample *const *)left;
	const struct sample *b = *(const struct sample *const *)right;

	if (a->cell_id != b->cell_id)
		return a->cell_id < b->cell_id ? -1 : 1;
	return (a->parent > b->parent) - (a->parent < b->parent);
}

static int compare_blocks(const void *left, const void *right)
{
	const struct block *a = left, *b = right;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return (a->block > b->block) - (a->block < b->block);
}

/* The blocks of the samples, each once. */
static void find_blocks(struct scales *scales, const struct sample *samples)
{
	struct block *blocks = scales->blocks;
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < scales->count; i++)
		if (samples[i].ref_ns > 0)
			blocks[count++] = (struct block){
				.parent = samples[i].parent,
				.block = samples[i].block,
				.ref_ns = (double)samples[i].ref_ns,
			};
	qsort(blocks, count, sizeof *blocks, compare_blocks);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare_blocks(&blocks[kept - 1], &blocks[i]))
			blocks[kept++] = blocks[i];
	scales->block_count = kept;
}

static void judge_blocks(struct scales *scales)
{
	const size_t count = scales->block_count;
	double *values = scales->values;
	size_t quiet = 0;

	for (size_t i = 0; i < count; i++)
		values[i] = scales->blocks[i].ref_ns;
	stats_sort(values, count);
	scales->ref_spread = stats_spread(values, count, 0.05);
	scales->ref_limit_ns =
		QUIET_FACTOR * stats_quantile(values, count, QUIET_QUANTILE);
	while (quiet < count && values[quiet] <= scales->ref_limit_ns)
		quiet++;
	scales->ref_quiet = count ? (double)quiet / (double)count : NAN;
}

void scales_release(struct scales *scales)
{
	free(scales->sorted);
	free(scales->blocks);
	free(scales->values);
	free(scales->weights);
}

int scales_make(struct scales *scales, const struct sample *samples,
		size_t count)
{
	/* calloc(0) may answer NULL, which would look like no memory. */
	const size_t room = count + 1;

	*scales = (struct scales){
		.sorted = calloc(room, sizeof *scales->sorted),
		.count = count,
		.blocks = calloc(room, sizeof *scales->blocks),
		.values = calloc(room, sizeof *scales->values),
		.weights = calloc(room, 2 * sizeof *scales->weights),
	};
	if (!scales->sorted || !scales->blocks || !scales->values ||
	    !scales->weights) {
		scales_release(scales);
		return -ENOMEM;
	}
	scales->base = scales->weights + room;
	for (size_t i = 0; i < count; i++)
		scales->sorted[i] = &samples[i];
	qsort(scales->sorted, count, sizeof *scales->sorted, compare_samples);
	find_blocks(scales, samples);
	judge_blocks(scales);
	return 0;
}

struct group scales_find(const struct scales *scales, int cell_id)
{
	size_t first = 0, end = scales->count;
	struct group group;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (scales->sorted[middle]->cell_id < cell_id)
			first = middle + 1;
		else
			end = middle;
	}
	group.samples = scales->sorted + first;
	while (end < scales->count && scales->sorted[end]->cell_id == cell_id)
		end++;
	group.count = end - first;
	return group;
}

bool is_good(const struct sample *sample)
{
	return !sample->error && !sample->warmup;
}

size_t gather(const struct group *group, enum sample_time time, double *values)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		if (is_good(group->samples[i]) &&
		    group->samples[i]->ns[time] != TIME_UNKNOWN)
			values[count++] = (double)group->samples[i]->ns[time];
	return count;
}

/* Whether the reference before the block of a sample, or before the next one of
 * its parent, says that it was disturbed. */
static bool is_disturbed(const struct scales *scales,
			 const struct sample *sample)
{
	const struct block key = { sample->parent, sample->block, 0 };
	const struct block *end = scales->blocks + scales->block_count;
	const struct block *at =
		bsearch(&key, scales->blocks, scales->block_count, sizeof key,
			compare_blocks);

	if (!at)
		return false;
	return at->ref_ns > scales->ref_limit_ns ||
	       (at + 1 < end && at[1].parent == at->parent &&
		at[1].ref_ns > scales->ref_limit_ns);
}

static double reference_of(const struct group *group, double *values)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		if (is_good(group->samples[i]) && group->samples[i]->ref_ns > 0)
			values[count++] = (double)group->samples[i]->ref_ns;
	return stats_median_of(values, count);
}

size_t weigh_parents(const struct group *group, enum sample_time time,
		     struct scales *scales, struct weight *weights)
{
	double *values = scales->values;
	struct group own;
	size_t used = 0;

	for (size_t first = 0; first < group->count; first += own.count) {
		const struct sample *sample = group->samples[first];
		struct weight weight = { .parent = sample->parent };
		size_t count;

		own = (struct group){ group->samples + first, 1 };
		while (first + own.count < group->count &&
		       own.samples[own.count]->parent == sample->parent)
			own.count++;
		count = gather(&own, time, values);
		if (!count)
			continue;
		stats_sort(values, count);
		weight.disturbed = is_disturbed(scales, sample);
		weight.median_ns = stats_median(values, count);
		weight.quiet_ns = stats_quantile(values, count, QUIET_QUANTILE);
		weight.ref_ns = reference_of(&own, values);
		weights[used++] = weight;
	}
	return used;
}

size_t keep_quiet(struct weight *weights, size_t count, struct scales *scales)
{
	size_t undisturbed = 0, kept = 0;
	double limit_ns;

	for (size_t i = 0; i < count; i++)
		if (!weights[i].disturbed)
			weights[undisturbed++] = weights[i];
	if (undisturbed)
		count = undisturbed;
	for (size_t i = 0; i < count; i++)
		scales->values[i] = weights[i].quiet_ns;
	stats_sort(scales->values, count);
	limit_ns = QUIET_FACTOR *
		   stats_quantile(scales->values, count, QUIET_QUANTILE);
	for (size_t i = 0; i < count; i++)
		if (weights[i].quiet_ns <= limit_ns)
			weights[kept++] = weights[i];
	return kept;
}

size_t quiet_parents(int cell_id, struct scales *scales, struct weight *weights)
{
	const struct group group = scales_find(scales, cell_id);
	const size_t count = weigh_parents(&group, TIME_REAP, scales, weights);

	return keep_quiet(weights, count, scales);
}

struct stats_interval pair_cells(int cell_id, int base_id,
				 struct scales *scales)
{
	const size_t own = quiet_parents(cell_id, scales, scales->weights);
	const size_t others = quiet_parents(base_id, scales, scales->base);
	size_t ratios = 0;

	for (size_t i = 0, k = 0; i < own && k < others;) {
		const struct weight *a = &scales->weights[i];
		const struct weight *b = &scales->base[k];

		if (a->parent == b->parent)
			scales->values[ratios++] = a->quiet_ns / b->quiet_ns;
		i += a->parent <= b->parent;
		k += b->parent <= a->parent;
	}
	return stats_median_interval(scales->values, ratios);
}
