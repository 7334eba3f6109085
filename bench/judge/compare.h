/* SPDX-License-Identifier: MIT */
/*
 * Are cells of two runs different? Or two strategies of one run?
 *
 * Three verdicts, because "no difference was found" is none: different, the
 * same, or not shown. The intervals hold for all cells together, or among
 * twenty equal cells one would look different.
 */
#ifndef JUDGE_COMPARE_H
#define JUDGE_COMPARE_H

#include "bench/files/cells.h"

enum compare_verdict {
	COMPARE_FASTER,	  /* B, by more than the horizon */
	COMPARE_SLOWER,	  /* the same */
	COMPARE_SAME,	  /* by no more than the horizon that was asked for */
	COMPARE_UNPROVEN, /* the interval allows more than one of these */
	COMPARE_REFUSED,  /* in B only */
	COMPARE_WORKS,	  /* in B only */
	COMPARE_VERDICTS,
};
extern const char *const compare_verdicts[];

/* Cell B over cell A, by the quiet estimates of reap. */
struct comparison {
	struct cell cell;	/* B */
	const char *a_strategy; /* borrowed, as the strings of the cell */
	double a_ns, b_ns;	/* NAN: every spawn failed */
	double ratio, lo, hi;	/* NAN: not known */
	double error;		/* standard, of the logarithm of the ratio */
	double asked, horizon;	/* a smaller difference does not count */
	enum compare_verdict verdict;
};

/* A row of compare.csv, of struct comparison. */
extern const struct row_type compare_row;

struct comparisons {
	struct comparison *list;
	size_t count;
};

/*
 * Compare the cells that both runs have. horizon: a share, of cells that copy
 * no page tables and of those that do; where a run itself cannot tell so little
 * (bench/judge/quality.h), what it can tell must be exceeded, too. After 0 the
 * caller owes free(found->list). 0, or -ENOMEM.
 */
int compare_runs(const struct cells *a, const struct cells *b,
		 const double horizon[2], struct comparisons *found);

/* Compare two strategies of one run in the cells that have both, inside the
 * parents of its samples. The same otherwise. */
int compare_strategies(const struct cells *run, const struct sample *samples,
		       size_t sample_count, const char *a, const char *b,
		       double horizon, struct comparisons *found);

#endif
