/* SPDX-License-Identifier: MIT */
/* A process of known size for the lab `oom`: a worker (worker.h) that holds
 * memory, and grows when it is told to. */
#ifndef LABS_OOM_PROCESS_H
#define LABS_OOM_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/judge/badness.h"
#include "bench/labs/worker.h"
#include "bench/machine/memory_group.h"

#define OOM_NOBODY 65534 /* the user without rights */

/* In memory of worker_share(). */
struct oom_process {
	const struct memory_group *group; /* to live in; NULL: where we are */
	uint64_t bytes;			  /* to hold from the begin */
	uint64_t child_bytes;		  /* held by a child of its; 0: none */
	int oom_score_adj;
	int nice;
	bool nobody; /* it gives up being root */

	/* After worker_go(): it writes to more memory until it holds so much,
	 * beyond bytes. */
	_Atomic uint64_t goal_bytes;
	_Atomic uint64_t grown_bytes;

	int error; /* of its preparation */
};

/* Start it; the caller owes worker_end(). -EPERM, -EACCES: this user may not
 * make such a process. After an error there is nothing to end. */
int oom_process_start(struct worker *worker, struct oom_process *process);

/* What its badness counts, as /proc tells it. -ENOENT, -ENODATA: it is dead. */
int oom_process_read(pid_t pid, int oom_score_adj,
		     struct badness_process *process);

#endif
