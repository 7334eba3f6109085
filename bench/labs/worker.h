/* SPDX-License-Identifier: MIT */
/*
 * A process of its own, in which one step of an experiment is done.
 *
 *  1. worker_start() gives birth to it; it prepares itself in the user's
 *     overcommit mode, takes its memory for one thing.
 *  2. worker_act() opens a window in a foreign mode, lets it act, ends it,
 *     and closes the window. What it found out is in memory that both share.
 *     coprocess_end() ends one that shall not act.
 *
 * The window is made of short leases: when we are stopped it closes within two
 * seconds, and a worker that still acts dies with it. What it has said is not
 * trusted: the driver asks another one.
 *
 * It is the first to die when memory runs out (oom_score_adj 1000) and dies
 * with its parent.
 */
#ifndef LABS_WORKER_H
#define LABS_WORKER_H

#include <limits.h>
#include <stdint.h>

#include "bench/labs/part.h"
#include "bench/machine/coprocess.h"

struct guardian;

/* Start one that calls prepare (or not, if NULL) and then waits; worker is ours
 * alone, not in shared memory: it knows itself as pid 0. data is what both
 * functions get; what they leave there is seen if it is of coprocess_share().
 * guardian may be NULL: then it acts in the user's mode. 0; what prepare
 * returned; -ECHILD when it died there; else -errno. Then there is nothing to
 * end. */
int worker_start(struct coprocess *worker, struct guardian *guardian,
		 int (*prepare)(void *data), int (*act)(void *data),
		 void *data);

/*
 * Let it act, once, in the trial's mode if there is a guardian, and end it: how
 * is in the trial's status. 0 when it has acted, with what act returned in
 * *answer. -ETIMEDOUT: not within the part's
 * limit_ms, in which we were not stopped; -EINTR: we were, and the window
 * closed before; -ECHILD: it died; -ESTALE: somebody else changed the mode
 * meanwhile; -EPIPE: the guardian is lost, overcommit_repair() was tried. Each
 * millisecond meanwhile look is called, unless NULL; its error ends the wait.
 */
int worker_act(const struct coprocess *worker, struct trial *trial,
	       int (*look)(void *trial), int *answer);

/* In a worker: have another oom_score_adj than 1000. Back to what it was
 * before birth is allowed to everybody (proc(5)). 0, or -errno. */
int worker_set_oom_score_adj(int value);

/* In a worker: take so much memory, in base pages, and write to all of it. How
 * far it is stands in *written meanwhile, unless NULL. 0, or -errno. */
int worker_populate(uint64_t bytes, _Atomic uint64_t *written);

/* By which a worker tries out whether its strategy can spawn now. */
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
