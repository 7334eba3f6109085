/* SPDX-License-Identifier: MIT */
/*
 * What cells are weighed with: their samples, parent by parent, and what a
 * parent pays for a spawn when nothing disturbs it.
 */
#ifndef JUDGE_SCALES_H
#define JUDGE_SCALES_H

#include "bench/judge/blocks.h"
#include "bench/judge/stats.h"

/* What a parent pays for a spawn when nothing disturbs it. */
struct quiet {
	int parent;
	double ns;
};

/* The samples of a run, sorted, and room for the numbers of a cell: each array
 * holds as many as there are samples. */
struct scales {
	const struct sample **sorted; /* by cell and parent */
	size_t count;
	struct blocks blocks;
	double *values;	     /* of all parents */
	double *parent;	     /* of the parent at hand */
	double *medians;     /* one a parent */
	double *ratios;	     /* one a parent that has a reference */
	struct quiet *quiet; /* one a parent that was not disturbed */
	struct quiet *base; /* the same, of the cell that it is compared with */
};

/* The samples of one cell, those of a parent together. */
struct group {
	const struct sample *const *samples;
	size_t count;
};

/* Sort the samples, which must outlive the scales; after 0 the caller owes
 * scales_release(). 0, or -ENOMEM. */
int scales_make(struct scales *scales, const struct sample *samples,
		size_t count);
void scales_release(struct scales *scales);

/* The samples of a cell. */
struct group scales_find(const struct scales *scales, int cell_id);

/* Neither failed nor a warm-up. */
bool is_good(const struct sample *sample);

/* One past the last sample of the same parent as group->samples[first]. */
size_t parent_end(const struct group *group, size_t first);

/* Gather one time of the good samples first..end; how many there were. */
size_t gather(const struct group *group, size_t first, size_t end,
	      enum sample_time time, double *values);

/* The interval of the median; sorts the values. */
struct stats_interval median_interval(double *values, size_t count);

/* Find the parents that were not disturbed, by their numbers in quiet, and how
 * many there are: neither by their block's reference, nor themselves much
 * slower than the quietest. What disturbs a spawn may leave the reference
 * alone, as work in memory does, or a process that takes its turn beside parent
 * and child. */
size_t quiet_parents(const struct group *group, enum sample_time time,
		     struct scales *scales, struct quiet *quiet);

/* The reap of a cell over that of another one inside the parents that measured
 * both undisturbed: the median, and its interval as that of p50_ns. NAN where
 * there are none, or fewer than six. */
struct paired {
	double ratio, lo, hi;
};
struct paired pair_cells(const struct group *group, const struct group *base,
			 struct scales *scales);

#endif
