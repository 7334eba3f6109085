/* SPDX-License-Identifier: MIT */
/* Trying out, in a worker, whether strategies can spawn now. */
#ifndef LABS_ATTEMPT_H
#define LABS_ATTEMPT_H

#include <limits.h>
#include <stddef.h>

#include "lib/spawnwise.h"

#define ATTEMPT_STRATEGIES_MAX 32

/* Those that create something, in the registry's order, baselines too. */
struct attempt {
	const struct sw_strategy *strategies[ATTEMPT_STRATEGIES_MAX];
	size_t count;
	struct sw_handle *handles[ATTEMPT_STRATEGIES_MAX];
	int refusals[ATTEMPT_STRATEGIES_MAX]; /* -errno; 0: it can spawn */
	char program[PATH_MAX];		      /* that is started */
	int null_fd;
};

/* List the strategies; nothing is opened. */
void attempt_list(struct attempt *attempt);

/* Open them all, try each once, and make sure that this process can go on when
 * it gets no memory any more: while it is small. 0 or a negative errno; a
 * strategy that is not available here is no error. */
int attempt_open(struct attempt *attempt);

/* Spawn once with strategies[i] and reap: 0; the positive errno that sw_spawn()
 * or sw_confirm() gave; ECANCELED when the program did not end well. */
int attempt_spawn(const struct attempt *attempt, size_t i);

/* Close them all, which ends their helpers: those of a process that is merely
 * killed live on until they see it. */
void attempt_close(struct attempt *attempt);

/* Why a strategy cannot be asked, which answered with this positive errno
 * where memory plays no part: a sentence or two. */
void attempt_why(int error, char *text, size_t size);

#endif
