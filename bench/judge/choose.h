/* SPDX-License-Identifier: MIT */
/*
 * Which strategy should this program use? An answer from measured cells, with
 * its reasons.
 *
 * A strategy that is predicted or was seen to fail is never chosen, nor one
 * that was not measured: an answer that breaks in production is worse than
 * none.
 */
#ifndef JUDGE_CHOOSE_H
#define JUDGE_CHOOSE_H

#include <stddef.h>

#include "bench/files/run.h"

enum choice_policy {
	CHOICE_SAFE, /* fewest demands on the caller, then the lowest p95 */
	CHOICE_FAST, /* the lowest time, undisturbed */
};

struct choice_query {
	uint64_t heap_bytes;
	int overcommit; /* 0, 1, 2 */
	enum choice_policy policy;
};

/* A strategy that may be chosen. The caller knows strategies, this does not. */
struct choice_candidate {
	const char *name;
	unsigned traits;
	int predicted; /* for the query: 0, errno or OUTCOME_UNKNOWN */
};

#define CHOICE_REASON_BYTES 160

struct choice {
	const char *name; /* of a candidate; NULL when none will do */
	/* Lines without LF: first the answer, "NAME: why", then what it rests
	 * on, then why each other candidate was left out or lost. Owned. */
	char (*reasons)[CHOICE_REASON_BYTES];
	size_t reason_count;
};

/* Choose by the reap rows of a run. Timings are those of the heap and mode
 * asked for. Without that heap those of the nearest measured heap above, else
 * of the largest below, serve; without that mode those of another (1 before 0
 * before 2): what a spawn costs does not depend on the mode, whether it works
 * does, so then only a prediction lets a strategy pass. Where a strategy has
 * several cells (backings, threads), its worst one counts. Equals go to the
 * earlier candidate. Candidates' strings must outlive the choice; after 0 the
 * caller owes choice_release(). 0, or -ENOMEM. */
int choose(const struct choice_query *query, const struct summary *rows,
	   size_t row_count, const struct choice_candidate *candidates,
	   size_t candidate_count, struct choice *choice);

void choice_release(struct choice *choice);

/* What a strategy asks of a program that uses it: copied page tables, commit
 * charge, an early open, the identity of that moment, no silent failure, no
 * thread safety; one each. */
int choice_demands(unsigned traits);

#endif
