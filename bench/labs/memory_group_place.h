/* SPDX-License-Identifier: MIT */
/*
 * Where a memory control group can be made, and what to do where it cannot.
 *
 * Private to memory_group.c.
 */
#ifndef LABS_MEMORY_GROUP_PLACE_H
#define LABS_MEMORY_GROUP_PLACE_H

#include "bench/labs/memory_group.h"
#include "bench/machine/cgroup.h"

/* Let the keeper make the group, with the memory controller, at or above our
 * own; fills in version and directory. Errors as memory_group_open(). */
int memory_group_place(struct memory_group *group, const struct cgroup *own);

/* Remove groups of dead runners below a directory, with what is in them. */
void memory_group_repair(const char *directory);

/* The reason and the cure for an error of making a group, as a phrase; own
 * has version 0 if there is no memory controller at all. */
void memory_group_explain(int error, const struct cgroup *own, char *why,
			  size_t why_size);

#endif
