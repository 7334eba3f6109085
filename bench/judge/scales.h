/* SPDX-License-Identifier: MIT */
/*
 * What cells are weighed with: their samples, parent by parent, and what a
 * parent pays for a spawn when nothing disturbs it.
 */
#ifndef JUDGE_SCALES_H
#define JUDGE_SCALES_H

#include "bench/files/run.h"
#include "bench/judge/stats.h"

/* What takes so much longer than the 10 % quantile of its like was disturbed:
 * what disturbs a machine comes in phases, and only ever adds time.
 * docs/method.md has the evidence for both numbers. */
#define QUIET_QUANTILE 0.1
#define QUIET_FACTOR 1.1

/* One time of a cell in one parent. */
struct weight {
	int parent;
	bool disturbed; /* by the references before and after its block */
	double median_ns;
	double quiet_ns; /* when nothing disturbs it: the 10 % quantile */
	double ref_ns;	 /* the median of its reference, or NAN */
};

/* A block of a parent, as the reference saw the machine just before it. */
struct block {
	int parent, block;
	double ref_ns;
};

/* The samples of a run, sorted, its blocks, and room for the numbers of a cell:
 * each array holds as many as there are samples. */
struct scales {
	const struct sample **sorted; /* by cell and parent */
	size_t count;
	struct block *blocks; /* with a reference, in the order they ran */
	size_t block_count;
	double ref_spread;   /* p5 to p95 of their ref_ns over the median, or
				NAN */
	double ref_limit_ns; /* of a reference that was not disturbed, or NAN */
	double ref_quiet;    /* the share of those that were not, or NAN */
	double *values;
	struct weight *weights;
	struct weight *base; /* of the cell that another one is compared with */
};

/* The samples of one cell, those of a parent together. */
struct group {
	const struct sample *const *samples;
	size_t count;
};

/* Sort the samples, which must outlive the scales, and find their blocks,
 * warm-ups and failures included: the reference ran there too. After 0 the
 * caller owes scales_release(). 0, or -ENOMEM. */
int scales_make(struct scales *scales, const struct sample *samples,
		size_t count);
void scales_release(struct scales *scales);

/* The samples of a cell. */
struct group scales_find(const struct scales *scales, int cell_id);

/* Neither failed nor a warm-up. */
bool is_good(const struct sample *sample);

/* Gather one time of the good samples; how many there were. */
size_t gather(const struct group *group, enum sample_time time, double *values);

/* Weigh the parents of a cell that have the time, by their numbers; how many
 * there are. */
size_t weigh_parents(const struct group *group, enum sample_time time,
		     struct scales *scales, struct weight *weights);

/* Keep the weights of parents that were not disturbed: neither by their block's
 * reference, nor themselves much slower than the quietest. What disturbs a
 * spawn may leave the reference alone, as work in memory does, or a process
 * that takes its turn beside parent and child. */
size_t keep_quiet(struct weight *weights, size_t count, struct scales *scales);

/* Both of a cell, by its reap. */
size_t quiet_parents(int cell_id, struct scales *scales,
		     struct weight *weights);

/* The reap of a cell over that of another one inside the parents that measured
 * both undisturbed; NAN where there are none, or fewer than six. */
struct stats_interval pair_cells(int cell_id, int base_id,
				 struct scales *scales);

#endif
