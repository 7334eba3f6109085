/* SPDX-License-Identifier: MIT */
/*
 * Is a strategy what its name says? Seen from outside, in one spawn.
 *
 * A trial process (trial.h) opens the strategy and spawns once, watched through
 * a seccomp listener (listener.h). The child is held when it asks for exec:
 * then we look whether it has its caller's memory, and whether the call that
 * spawned it has returned.
 */
#ifndef ATTEST_ATTEST_H
#define ATTEST_ATTEST_H

#include <stdbool.h>
#include <stdint.h>

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

#endif
