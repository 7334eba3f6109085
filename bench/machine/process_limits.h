/* SPDX-License-Identifier: MIT */
/*
 * How many processes there may be: the limits behind an EAGAIN of fork(2) and
 * clone(2). Threads count too.
 */
#ifndef MACHINE_PROCESS_LIMITS_H
#define MACHINE_PROCESS_LIMITS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_limit {
	const char *name;	  /* "RLIMIT_NPROC", "pids.max", ... */
	char directory[PATH_MAX]; /* of the control group that sets it, or "" */
	uint64_t used, limit;
};

/* The limit that leaves a process (0: the calling one) the fewest others: its
 * RLIMIT_NPROC, which binds neither root nor CAP_SYS_RESOURCE (getrlimit(2)),
 * pids.max of its control group and of those around it, kernel.pid_max and
 * kernel.threads-max. False: none could be read. */
bool process_limit_nearest(pid_t pid, struct process_limit *nearest);

/* Whether so few are left that a spawn may soon be refused. */
bool process_limit_is_near(const struct process_limit *limit);

#endif
