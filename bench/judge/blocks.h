/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a run, as its reference saw them: which of them something else
 * disturbed.
 */
#ifndef JUDGE_BLOCKS_H
#define JUDGE_BLOCKS_H

#include "bench/files/run.h"

/* What takes so much longer than the 10 % quantile of its like was disturbed:
 * what disturbs a machine comes in phases, and only ever adds time.
 * docs/method.md has the evidence for both numbers. */
#define QUIET_QUANTILE 0.1
#define QUIET_FACTOR 1.1

struct blocks {
	struct block {
		int parent, block;
		double ref_ns;
	} * list; /* those with a reference, in the order they ran */
	size_t count;
	double spread;	 /* p5 to p95 of ref_ns over their median, or NAN */
	double limit_ns; /* of a reference that was not disturbed, or NAN */
};

/* Find the blocks of samples, warm-ups and failures included: the reference ran
 * there too. After 0 the caller owes free(blocks->list). 0, or -ENOMEM. */
int blocks_find(struct blocks *blocks, const struct sample *samples,
		size_t sample_count);

/* Whether the reference before the block of a sample, or before the next one of
 * its parent, says that it was disturbed. */
bool blocks_disturbed(const struct blocks *blocks, const struct sample *sample);

/* The share of blocks whose own reference was not disturbed, or NAN. */
double blocks_quiet_share(const struct blocks *blocks);

#endif
