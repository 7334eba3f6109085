/* SPDX-License-Identifier: MIT */
/*
 * Whom the kernel's OOM killer would choose, as /proc tells it.
 *
 * The printed score is coarse: one step of it is 1.5 thousandths of RAM and
 * swap, and a process without memory has about 666 (proc_oom_score() in
 * fs/proc/base.c). Equal scores do not say who is first. 0 has who is never
 * chosen: the first process of the machine, and oom_score_adj -1000.
 */
#ifndef MACHINE_OOM_H
#define MACHINE_OOM_H

#include <stdint.h>
#include <stdio.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/process.h"

/* /proc/PID/oom_score and oom_score_adj, which everybody may read. */
int oom_score_read(pid_t pid, int *score, int *adj);

struct oom_rival {
	pid_t pid;
	int score;
	char name[PROCESS_NAME_BYTES];
};

/* The process with the highest score among all others that this user sees, or
 * with a group among those in it and below. -ESRCH: there is none. */
int oom_rival_find(pid_t except, const struct cgroup *group,
		   struct oom_rival *rival);

/* How many processes the OOM killer has killed since the machine started, in
 * whatever group (oom_kill of /proc/vmstat). -ENODATA: Linux before 4.13. */
int oom_kills_parse(FILE *stream, uint64_t *count);
int oom_kills_read(uint64_t *count);

#endif
