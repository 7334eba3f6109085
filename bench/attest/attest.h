/* SPDX-License-Identifier: MIT */
/*
 * Is a strategy what its name says? Seen from outside, in one spawn.
 *
 * A trial process (trial.h) opens the strategy and spawns once, watched through
 * a seccomp listener. The child is held when it asks for exec:
 * then we look whether it has its caller's memory, and whether the call that
 * spawned it has returned.
 */
#ifndef ATTEST_ATTEST_H
#define ATTEST_ATTEST_H

#include <jansson.h>
#include <stdio.h>

#include "bench/rows/rows.h"

struct sw_strategy;

#define ATTEST_BYTES 256

/* What was seen, and in words. */
struct attestation {
	int refused; /* 0, or the errno: the strategy is not available here */
	int unseen;  /* 0, or the errno that kept us from looking */
	const char *step; /* that was refused, as trial_run() says it */

	/* NULL, or how the traits contradict what was seen: a clause about
	 * "it". NULL where nothing could be seen. */
	const char *contradiction;
	/* The system call that created the child, as strace(1) shows it,
	 * without pointers: "vfork()", "clone3(CLONE_VM|CLONE_VFORK|SIGCHLD)";
	 * "" when there is none. */
	char call[ATTEST_BYTES];
	const char *by; /* "caller", "helper"; NULL without a call */
	int shares_memory, suspends_caller; /* 0, 1; -1: no child executed */
	/* All of it: "vfork() by the caller; shares memory; suspends the
	 * caller", "creates nothing", "not attested: REASON"; "" when refused.
	 */
	char text[ATTEST_BYTES];
};

/* Try strategy once; takes some milliseconds and at most ten seconds, and
 * leaves no process. EOWNERDEAD in refused: the process that tried was killed
 * (a filter can do that); ETIMEDOUT in both: it got stuck. */
void attest(const struct sw_strategy *strategy, struct attestation *seen);

/* The JSON object of it that data/README.md describes. */
extern const struct row_type attest_row;

/* Those of some strategies, by name: the key `attested` of host.json. */
json_t *attest_json(const struct sw_strategy *const *strategies,
		    const struct attestation *seen, size_t count);

/* Say which strategies are not available, not attested, or not what they
 * declare; a line each, nothing when all is well. */
void attest_report(FILE *stream, const struct sw_strategy *const *strategies,
		   const struct attestation *seen, size_t count);

#endif
