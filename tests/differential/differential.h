/* SPDX-License-Identifier: MIT */
/*
 * Random requests, by every strategy and by a fork that takes the documented
 * steps on its own (spawnwise.h): what the program finds, told by tests/dump.c,
 * and what is answered for a failure must be the same.
 */
#ifndef TESTS_DIFFERENTIAL_H
#define TESTS_DIFFERENTIAL_H

#include "lib/spawnwise.h"

#define ACTIONS_MAX 8
#define LIMITS_MAX 3
#define WORDS_MAX 40
#define SEEN_BYTES (64 * 1024)

/* Descriptors that every program of the test starts with, all on FILES: even
 * numbers are inherited, odd ones closed at exec, and the rest of the range is
 * closed. Nobody else uses these numbers. */
#define FIXED_FIRST 200
#define FIXED_LAST 219
#define FIXED_END 230

/* A random request, and the memory for all that it points to. */
struct plan {
	struct sw_request request;
	struct sw_action actions[ACTIONS_MAX];
	struct sw_rlimit limits[LIMITS_MAX];
	struct sw_ids ids;
	gid_t groups[4];
	sigset_t sigdefault, sigmask;
	unsigned long cpu_mask[2];
	char path[64];
	char *argv[WORDS_MAX], *envp[WORDS_MAX];
	sigset_t caller_mask;
};

/* How it went: an error with its step, or a status and what was seen. */
struct outcome {
	int error;
	unsigned stage;
	int action;
	int status;
	char seen[SEEN_BYTES];
};

extern const char *folder; /* absolute, and the working folder */

/* The folder with its files, the descriptors and the signals. */
void fixture_make(void);
void fixture_remove(void);

/* Fill plan from this number, for a strategy that honours these fields. */
void plan_make(struct plan *plan, uint64_t number, unsigned honours);
void plan_print(const struct plan *plan);

/* Start the request by fork and the documented steps; child as of sw_confirm().
 * 0 or a negative errno. */
int reference_spawn(const struct sw_request *request, struct sw_child *child);

#endif
