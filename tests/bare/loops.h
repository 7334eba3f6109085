/* SPDX-License-Identifier: MIT */
/*
 * Spawns written by hand: what a strategy's work costs at least.
 *
 * Each does what the strategy of its name does for one request (a program,
 * its arguments, a descriptor to become stdout) and knows nothing else: no
 * contract, no handle, no choice of path.
 */
#ifndef BARE_LOOPS_H
#define BARE_LOOPS_H

#include <sys/types.h>

#include "lib/spawnwise.h"

struct work {
	const char *program;
	char **argv;
	int stdout_fd;
};

struct loop {
	const char *name; /* of the strategy it is compared with */
	const char *row;  /* what the table calls it; NULL: its name */

	/* What a strategy does until its spawn call returns, and the child's
	 * pid. 0 or -1. */
	int (*begin)(const struct work *work, pid_t *pid);

	/* What is left until the outcome is known. NULL: nothing. */
	int (*finish)(void);

	/* Add to the request what begin() does besides. NULL: nothing. */
	void (*ask)(struct sw_request *request);

	double limit; /* of the strategy's times over the loop's */
};

#define LOOPS_MAX 16

/* Ended by one without a name. */
extern const struct loop loops[];

/* vfork without any care for signals, to be seen beside the careful one. */
extern const struct loop naive_loop;

#endif
