/* SPDX-License-Identifier: MIT */
/*
 * The plan of a run: axes become cells, cells become blocks of samples.
 *
 * Cells that share a parent state stand together: one process serves them
 * all, in every overcommit mode, because populating a heap is what takes
 * longest.
 */
#ifndef MEASURE_PLAN_H
#define MEASURE_PLAN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/files/axes.h"
#include "bench/machine/heap.h"
#include "lib/spawnwise.h"

#define PARENTS_LEAST 6	   /* their medians' range covers 96.9 % */
#define PARENTS_LARGE 9	   /* where a process takes seconds to grow */
#define COPYING_SAMPLES 60 /* least a cell, all parents, copying tables */
#define SHARING_SAMPLES 300
#define USEFUL_SAMPLES 1080 /* most a cell: p99 needs 1,000 */
#define REFERENCE_SPAWNS 25

/* What the user asked for. The matrix is the product of the lists; a list
 * without values has one, the default. With a filter only those cells stay
 * whose axes_name() it matches, or does not. */
struct axes {
	const struct sw_strategy *strategies[AXIS_VALUES_MAX];
	size_t strategy_count;
	struct value_list values[AXES_MAX]; /* as axis_at() counts */
	const regex_t *filter;		    /* for plan_build(), or NULL */
	bool unlike;			    /* those it does not match */
	bool one; /* of parents that differ from the first in two axes:
		     none; heaps do not count */
};

/* One parent state and the cells measured in it. */
struct state {
	struct cell cell; /* one of these */
	const struct backing *backing;
	size_t first_cell;
	size_t cell_count;
	int parents; /* processes, at least */
};

/* A cell's part in one parent. */
struct block_size {
	int samples;
	int warmups;
	double cost_ns; /* expected, of one spawn */
};

struct plan {
	/* What is asked for. */
	struct axes axes;
	int parents;  /* processes a state, at least, or PARENTS_LARGE */
	bool exactly; /* so many also where they take seconds to grow */
	bool least;   /* take as few samples as are allowed */
	uint64_t seed;
	double budget_s;  /* 0: any */
	double child_ns;  /* what a program other than ours takes; 0: ours */
	double precision; /* of a cell: more processes until it is reached, as a
			     share of the cell; 0: no more than parents */
	double limit_s;	  /* when no more are begun */
	int original_mode; /* of the machine */

	/* What comes of it, by plan_build(). */
	struct cell *cells;		       /* owned; ordered by state */
	const struct sw_strategy **strategies; /* owned; of each cell */
	struct block_size *blocks;	       /* owned; of each cell */
	size_t cell_count;
	struct state *states; /* owned */
	size_t state_count;
};

/*
 * Build the product of its axes; plan_release() frees it. With a budget the
 * samples are cut to fit, never below COPYING_SAMPLES and SHARING_SAMPLES a
 * cell. 0, -ENOMEM, -ENOENT when the filter leaves no cell, or -ETIME when even
 * the least does not fit: then plan_seconds() tells what it would take, and
 * plan_child_ns() how short a program would fit: 0 or less where none would.
 */
int plan_build(struct plan *plan);
double plan_child_ns(const struct plan *plan);
void plan_release(struct plan *plan);

/* The number of a cell's strategy among those of the axes. */
size_t plan_strategy(const struct plan *plan, size_t cell);

/* How many processes and samples there will be at least. */
size_t plan_processes(const struct plan *plan);
size_t plan_samples(const struct plan *plan);

/* How long the run will take, populating included; an estimate from the
 * orders of magnitude in docs/method.md. */
double plan_seconds(const struct plan *plan);

/* The same for one parent of a state with these of its cells, counted from its
 * first, and for one block. */
double plan_parent_seconds(const struct plan *plan, const struct state *state,
			   const size_t *order, size_t count);
double plan_block_seconds(const struct plan *plan, size_t cell);

/* How long a mode other than the original will be held in all, and by how
 * many windows. */
double plan_foreign_seconds(const struct plan *plan, size_t *windows);

/* The largest memory that one parent populates. */
uint64_t plan_peak_bytes(const struct plan *plan);

/* Shuffle numbers 0 to count - 1 into order; the same seed gives the same
 * order on every machine. *seed moves on. */
void plan_shuffle(uint64_t *seed, size_t *order, size_t count);

#endif
