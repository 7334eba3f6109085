/* SPDX-License-Identifier: MIT */
/*
 * The measured cells a choice rests on.
 *
 * Only reap rows of cells that ran count: a skipped cell is no evidence.
 */
#ifndef JUDGE_EVIDENCE_H
#define JUDGE_EVIDENCE_H

#include <stddef.h>

#include "bench/files/run.h"

/* The heap and mode whose timings are used for all strategies alike; another
 * one for each would compare heaps, not strategies. */
struct evidence_basis {
	bool exists;
	uint64_t heap_bytes;
	int overcommit;
};

/* What the cells at the basis say of one strategy; with several (backings,
 * threads) the worst of each. */
struct evidence {
	int observed;	       /* OUTCOME_UNKNOWN when not measured there */
	int ok, failed;	       /* spawns of the cell that tells observed */
	double p50_ns, p95_ns; /* of reap; NAN without a good sample */
};

/* The cells nearest to what is asked for: the mode itself, else 1, 0 or 2, the
 * most permissive first because there all strategies have timings; the heap
 * itself, else the nearest above, else the largest below. */
struct evidence_basis evidence_find_basis(const struct summary *rows,
					  size_t row_count, uint64_t heap_bytes,
					  int overcommit);

struct evidence evidence_find(const struct summary *rows, size_t row_count,
			      const struct evidence_basis *basis,
			      const char *strategy);

#endif
