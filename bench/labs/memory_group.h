/* SPDX-License-Identifier: MIT */
/*
 * A memory control group of our own, made for one experiment.
 *
 * The runner itself must stay outside. Whatever happens to it, the watchdog, a
 * small process outside the group, kills what is in the group and removes it
 * within a second of the runner's death (pidfd_open(2)). Groups of runners
 * whose watchdog was killed as well are removed by the next open; those whose
 * watchdog lives it leaves alone, in whatever pid namespace that is: the
 * watchdog holds a lock on the group's directory.
 *
 * Version 1 and 2 of control groups, cgroups(7). Names of fields are those of
 * the kernel: Documentation/admin-guide/cgroup-v2.rst and
 * cgroup-v1/memory.rst.
 */
#ifndef LABS_MEMORY_GROUP_H
#define LABS_MEMORY_GROUP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/coprocess.h"
#include "bench/rows/rows.h"

struct memory_group {
	int version;		  /* 1 or 2; 0: there is none */
	char directory[PATH_MAX]; /* .../spawnwise-PID-N */
	struct watchdog watchdog;
};

/* BYTES_UNKNOWN is what the kernel does not tell. */
struct memory_group_reading {
	uint64_t usage_bytes; /* charged now: pages, cache, page tables */
	/* How often, see memory_group_counters: */
	uint64_t failcnt; /* version 1 */
	uint64_t low;	  /* version 2, as the next three */
	uint64_t high;
	uint64_t max;
	uint64_t oom;
	uint64_t oom_kill;	 /* both; version 1 since Linux 4.13 */
	uint64_t oom_group_kill; /* version 2, 5.17 */
};

/* The counters of a reading, by the names of the kernel and of CSV columns;
 * help says what each has counted. */
extern const struct row_field memory_group_counters[];

/*
 * Make a group that may use limit_bytes, whole pages, and no swap beyond that.
 * Version 1: below our own group; version 2: below the nearest group from ours
 * upwards where a new one gets the memory controller, which is enabled there if
 * need be and then stays enabled.
 *
 * 0, or a negative errno and in why the reason and the cure as one phrase:
 * -EACCES, -EPERM: this user may not; -EROFS: read-only, a container; -ENOENT:
 * no memory controller; -EBUSY: version 2's rule that a group with processes
 * has no groups with controllers (cgroups(7)); or as watchdog_birth(). On an
 * error nothing is left to close.
 */
int memory_group_open(struct memory_group *group, uint64_t limit_bytes,
		      char *why, size_t why_size);

/* Parts of that: let a watchdog make the group, with the memory controller, at
 * or above our own; the reason and the cure for an error, where own has version
 * 0 if there is no memory controller at all. */
int memory_group_place(struct memory_group *group, const struct cgroup *own);
void memory_group_explain(int error, const struct cgroup *own, char *why,
			  size_t why_size);

/* Move the calling process into the group, best before it has touched memory:
 * what it was charged for before stays where it was charged. Allocates nothing,
 * so that a child may call it between fork and exec. */
int memory_group_enter(const struct memory_group *group);

/* Change the limit to so many whole pages. Below what is used: version 1
 * reclaims or says -EBUSY, version 2 kills. */
int memory_group_set_limit(const struct memory_group *group,
			   uint64_t limit_bytes);

/* Kill all of the group when one is to be killed (memory.oom.group, Linux
 * 4.19). -ENOTSUP: version 1 or an older kernel. */
int memory_group_set_oom_group(const struct memory_group *group);

/* Every field, as far as it exists. An error only if the group cannot be read
 * at all. */
int memory_group_read(const struct memory_group *group,
		      struct memory_group_reading *reading);

/* Kill whatever is left in the group, remove it, end the watchdog and reap it.
 * The caller reaps his own children. */
void memory_group_close(struct memory_group *group);

/* Counters in lines "name number": memory.events, memory.oom_control. Others
 * are left out; -EBADMSG if one is no number. */
int memory_group_parse_counters(FILE *stream,
				struct memory_group_reading *reading);

#endif
