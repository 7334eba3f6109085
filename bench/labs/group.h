/* SPDX-License-Identifier: MIT */
/* The memory control group of a lab. */
#ifndef LABS_GROUP_H
#define LABS_GROUP_H

#include "bench/labs/labs.h"
#include "bench/machine/memory_group.h"

/* Make a group of wanted_bytes, or of what this machine lets an experiment
 * have, but of least_bytes. 0, or -errno told by lab_fail(): nothing dangerous
 * is done without a group. memory_group_close() ends it. */
int lab_group_open(struct lab_context *context, struct memory_group *group,
		   uint64_t wanted_bytes, uint64_t least_bytes);

#endif
