/* SPDX-License-Identifier: MIT */
/* Trying out, in a worker, whether its strategy can spawn now. */
#ifndef LABS_SPAWNER_H
#define LABS_SPAWNER_H

#include <limits.h>

#include "bench/labs/part.h"

/* Of this worker. */
struct spawner {
	struct sw_handle *handle;
	char program[PATH_MAX]; /* that spawner_try() starts */
	int null_fd;
};
extern struct spawner spawner;

/* A hook of struct lab_part: open the strategy of the trial, spawn once, and
 * make sure that this process can go on when it gets no memory any more: while
 * it is small. 0 or a negative errno; where the strategy is not available the
 * trial is skipped. */
int spawner_open(void *row);

/* Spawn once and reap: 0; the positive errno of sw_run(); ECANCELED when the
 * program did not end well. EAGAIN says nothing of memory. */
int spawner_try(void);

/* Close it, which ends its helper: that of a process that is merely killed
 * lives on until it sees it. */
void spawner_close(void);

/* Skip the trial, since the strategy answered with this positive errno where
 * memory plays no part. */
void spawner_skip(struct trial *trial, int error);

#endif
