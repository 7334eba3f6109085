/* SPDX-License-Identifier: MIT */
/*
 * The limits of the control groups that this process lives in.
 *
 * Version 1 and 2, cgroups(7). A limit of any group between ours and the
 * mount point binds us: the tightest one counts.
 */
#ifndef MACHINE_CGROUP_H
#define MACHINE_CGROUP_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>

/* Where one controller keeps us. */
struct cgroup {
	int version;
	char mount[PATH_MAX];	  /* the walk upwards ends here */
	char directory[PATH_MAX]; /* our own group */
};

struct cgroup_limit {
	uint64_t value;
	char directory[PATH_MAX]; /* of the group that sets it */
};

/* Find our group of a controller ("memory", "cpu") in the texts of
 * /proc/self/cgroup and /proc/self/mountinfo. -ENOENT: there is none. */
int cgroup_find(const char *controller, FILE *membership, FILE *mounts,
		struct cgroup *group);

/* The same for the calling process. */
int cgroup_find_own(const char *controller, struct cgroup *group);

/* The tightest memory limit, in bytes, from this group upwards.
 * -ENOENT: no limit. */
int cgroup_walk_memory(const struct cgroup *group, struct cgroup_limit *limit);

/* The least that one of these groups may still take, in bytes: its limit less
 * what it uses, page cache included. -ENOENT: no limit. */
int cgroup_walk_memory_room(const struct cgroup *group,
			    struct cgroup_limit *limit);

/* The tightest CPU bandwidth in thousandths of a CPU. -ENOENT: no limit. */
int cgroup_walk_cpu(const struct cgroup *group, struct cgroup_limit *limit);

/* The tightest limits for the calling process. */
int cgroup_memory_limit(struct cgroup_limit *limit);
int cgroup_cpu_limit(struct cgroup_limit *limit);

#endif
