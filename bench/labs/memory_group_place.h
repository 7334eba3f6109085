/* SPDX-License-Identifier: MIT */
/*
 * Where a memory control group can be made, and what to do where it cannot.
 *
 * For memory_group.c.
 */
#ifndef LABS_MEMORY_GROUP_PLACE_H
#define LABS_MEMORY_GROUP_PLACE_H

#include <limits.h>
#include <stdint.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/coprocess.h"

/* Its functions are those of memory_group.h. */
struct memory_group {
	int version;		  /* 1 or 2; 0: there is none */
	char directory[PATH_MAX]; /* .../spawnwise-PID-N */
	uint64_t limit_bytes;	  /* as read back, whole pages */
	uint64_t ceiling_bytes;	  /* no limit may be above it */
	struct watchdog watchdog;
};

/* Let the watchdog make the group, with the memory controller, at or above our
 * own; fills in version and directory. Errors as memory_group_open(). */
int memory_group_place(struct memory_group *group, const struct cgroup *own);

/* Remove groups of dead runners below a directory, with what is in them. */
void memory_group_repair(const char *directory);

/* The reason and the cure for an error of making a group, as a phrase; own
 * has version 0 if there is no memory controller at all. */
void memory_group_explain(int error, const struct cgroup *own, char *why,
			  size_t why_size);

#endif
