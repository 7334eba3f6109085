/* SPDX-License-Identifier: MIT */
/* The blocks of a run; see blocks.h. */

#include "bench/judge/blocks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/judge/stats.h"

static int compare(const void *left, const void *right)
{
	const struct block *a = left, *b = right;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return (a->block > b->block) - (a->block < b->block);
}

/* Sort them, each once. */
static void tidy(struct blocks *blocks)
{
	size_t kept = 0;

	qsort(blocks->list, blocks->count, sizeof *blocks->list, compare);
	for (size_t i = 0; i < blocks->count; i++)
		if (!kept || compare(&blocks->list[kept - 1], &blocks->list[i]))
			blocks->list[kept++] = blocks->list[i];
	blocks->count = kept;
}

static int judge(struct blocks *blocks)
{
	double *values = calloc(blocks->count + 1, sizeof *values);

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < blocks->count; i++)
		values[i] = blocks->list[i].ref_ns;
	stats_sort(values, blocks->count);
	blocks->spread = stats_spread(values, blocks->count, 0.05);
	blocks->limit_ns = QUIET_FACTOR * stats_quantile(values, blocks->count,
							 QUIET_QUANTILE);
	free(values);
	return 0;
}

int blocks_find(struct blocks *blocks, const struct sample *samples,
		size_t sample_count)
{
	int error;

	*blocks = (struct blocks){
		.list = calloc(sample_count + 1, sizeof *blocks->list),
	};
	if (!blocks->list)
		return -ENOMEM;
	for (size_t i = 0; i < sample_count; i++)
		if (samples[i].ref_ns > 0)
			blocks->list[blocks->count++] = (struct block){
				.parent = samples[i].parent,
				.block = samples[i].block,
				.ref_ns = (double)samples[i].ref_ns,
			};
	tidy(blocks);
	error = judge(blocks);
	if (error)
		free(blocks->list);
	return error;
}

bool blocks_disturbed(const struct blocks *blocks, const struct sample *sample)
{
	const struct block key = { sample->parent, sample->block, 0 };
	const struct block *end = blocks->list + blocks->count;
	const struct block *at =
		bsearch(&key, blocks->list, blocks->count, sizeof key, compare);

	if (!at)
		return false;
	return at->ref_ns > blocks->limit_ns ||
	       (at + 1 < end && at[1].parent == at->parent &&
		at[1].ref_ns > blocks->limit_ns);
}

double blocks_quiet_share(const struct blocks *blocks)
{
	size_t quiet = 0;

	for (size_t i = 0; i < blocks->count; i++)
		quiet += blocks->list[i].ref_ns <= blocks->limit_ns;
	return blocks->count ? (double)quiet / (double)blocks->count : NAN;
}
