/* SPDX-License-Identifier: MIT */
/*
 * What a run is worth, from the run itself: how far its equal cells are apart,
 * how wide its intervals are, and how steady the reference was.
 */
#ifndef JUDGE_QUALITY_H
#define JUDGE_QUALITY_H

#include "bench/files/samples.h"

struct quality {
	double reference_ns;	   /* of a block that was not disturbed */
	double reference_spread;   /* p5 to p95 of the blocks' ref_ns, over
				      their median */
	double undisturbed;	   /* share of the blocks */
	double equal_apart;	   /* of cells that cost the same */
	double told, told_copying; /* smallest differences that can be told */
	int unsure;		   /* cells whose intervals are not known */
	char verdict[256];	   /* one sentence */
};

/* quality as keys of host.json. */
extern const struct row_type quality_row;

/* Judge a run by all times of its cells: what concerns these alone. 0, or
 * -ENOMEM. */
int quality_of_rows(struct quality *quality, const struct summary *rows,
		    size_t count);

/* A run summed and judged: the same at its end and for `summarise`. */
struct result {
	struct summary *rows; /* TIME_COUNT a cell, as in cells.csv */
	size_t count;
	struct quality quality; /* what cannot be known is NAN */
};

/* Sum and judge samples by their cells. After 0 the caller owes
 * free(result->rows). 0, or -ENOMEM. */
int result_sum(struct result *result, const struct samples *samples);

#endif
