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
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/rows/rows.h"

struct sw_strategy;

/* What was seen. */
struct attestation {
	int refused; /* 0, or the errno: the strategy is not available here */
	int unseen;  /* 0, or the errno that kept us from looking */

	const char *step; /* that was refused, as trial_run() says it */
	bool fails_held;  /* it fails only while the child is held */

	/* Known when neither is set: */
	int call;	 /* that created the child, SYS_...; 0: there is none */
	uint64_t flags;	 /* CLONE_..., clone(2); 0 for fork and vfork */
	int exit_signal; /* SIGCHLD, 0 and so on */
	bool by_helper;	 /* made by another thread than the caller's */
	bool executes;	 /* the child came to exec */
	bool shares_memory;
	bool suspends_caller;
};

/* Try strategy once; takes some milliseconds and at most ten seconds, and
 * leaves no process. EOWNERDEAD in refused: the process that tried was killed
 * (a filter can do that); ETIMEDOUT in both: it got stuck. */
void attest(const struct sw_strategy *strategy, struct attestation *seen);

/* NULL, or how the traits contradict what was seen: a clause about "it" in
 * static storage. NULL where nothing could be seen. */
const char *attest_fault(const struct sw_strategy *strategy,
			 const struct attestation *seen);

#define ATTEST_BYTES 256

/* What was seen, in words. */
struct attest_words {
	int refused, unseen; /* as in struct attestation */
	/* The system call as strace(1) shows it, without pointers: "vfork()",
	 * "clone3(CLONE_VM|CLONE_VFORK|SIGCHLD)"; "" when there is none. */
	char call[ATTEST_BYTES];
	const char *by; /* "caller", "helper"; NULL without a call */
	int shares_memory, suspends_caller; /* 0, 1; -1: no child executed */
	const char *contradiction;	    /* of attest_fault() */
	/* All of it: "vfork() by the caller; shares memory; suspends the
	 * caller", "creates nothing", "not attested: REASON"; "" when refused.
	 */
	char text[ATTEST_BYTES];
};

void attest_describe(const struct sw_strategy *strategy,
		     const struct attestation *seen,
		     struct attest_words *words);

/* The JSON object of struct attest_words that data/README.md describes. */
extern const struct row_type attest_row;

/* Those of some strategies, by name: the key `attested` of host.json. */
json_t *attest_json(const struct sw_strategy *const *strategies,
		    const struct attestation *seen, size_t count);

/* Say which strategies are not available, not attested, or not what they
 * declare; a line each, nothing when all is well. */
void attest_report(FILE *stream, const struct sw_strategy *const *strategies,
		   const struct attestation *seen, size_t count);

#endif
