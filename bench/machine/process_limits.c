/* SPDX-License-Identifier: MIT */
/* How many processes there may be; see process_limits.h. */

#include "bench/machine/process_limits.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/text.h"

#define FEW 16
#define EXEMPT (1ull << CAP_SYS_RESOURCE | 1ull << CAP_SYS_ADMIN)

static uint64_t left(const struct process_limit *limit)
{
	return limit->limit > limit->used ? limit->limit - limit->used : 0;
}

static void take(struct process_limit *nearest,
		 const struct process_limit *limit)
{
	if (!nearest->name || left(limit) < left(nearest))
		*nearest = *limit;
}

/* The threads of all processes that this real user has and that we see: the
 * kernel counts those of other pid namespaces too. */
static uint64_t count_threads(uint64_t uid)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	uint64_t count = 0;

	while (processes && (entry = readdir(processes))) {
		const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		uint64_t owner, threads;

		if (pid > 0 && !status_number(pid, "Uid", 10, &owner) &&
		    owner == uid &&
		    !status_number(pid, "Threads", 10, &threads))
			count += threads;
	}
	if (processes)
		closedir(processes);
	return count;
}

/* As copy_process() of kernel/fork.c judges. */
static void take_user(pid_t pid, struct process_limit *nearest)
{
	struct process_limit limit = { .name = "RLIMIT_NPROC" };
	uint64_t uid, effective;

	if (status_limit(pid, "Max processes", &limit.limit) ||
	    limit.limit == UINT64_MAX || status_number(pid, "Uid", 10, &uid) ||
	    status_number(pid, "CapEff", 16, &effective) || !uid ||
	    effective & EXEMPT)
		return;
	limit.used = count_threads(uid);
	take(nearest, &limit);
}

/* pids.max is a number or "max"; the root group of version 2 has none. */
static void take_groups(pid_t pid, struct process_limit *nearest)
{
	struct process_limit limit = { .name = "pids.max" };
	struct cgroup group;

	if (cgroup_of(pid, "pids", &group))
		return;
	memcpy(limit.directory, group.directory, sizeof limit.directory);
	do {
		if (!cgroup_number_read(limit.directory, "pids.max",
					&limit.limit) &&
		    limit.limit != UINT64_MAX &&
		    !cgroup_number_read(limit.directory, "pids.current",
					&limit.used))
			take(nearest, &limit);
	} while (cgroup_up(&group, limit.directory));
}

/* /proc/loadavg counts all threads of the machine: "0.1 0.2 0.3 2/345 6789". */
static void take_machine(struct process_limit *nearest)
{
	static const char *const names[] = { "kernel.pid_max",
					     "kernel.threads-max" };
	uint64_t used;
	char text[128];

	if (text_read("/proc/loadavg", text, sizeof text) ||
	    sscanf(text, "%*s %*s %*s %*u/%" SCNu64, &used) != 1)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct process_limit limit = { .name = names[i], .used = used };

		if (!text_read_at(text, sizeof text, "/proc/sys/kernel/%s",
				  names[i] + strlen("kernel.")) &&
		    sscanf(text, "%" SCNu64, &limit.limit) == 1)
			take(nearest, &limit);
	}
}

bool process_limit_nearest(pid_t pid, struct process_limit *nearest)
{
	*nearest = (struct process_limit){ 0 };
	take_user(pid, nearest);
	take_groups(pid, nearest);
	take_machine(nearest);
	return nearest->name;
}

bool process_limit_is_near(const struct process_limit *limit)
{
	return left(limit) < FEW || left(limit) < limit->limit / 10;
}
