/* SPDX-License-Identifier: MIT */
/* The memory control group of a lab; see group.h. */

#include "bench/labs/group.h"

#include "bench/labs/part.h"

#include <errno.h>
#include <string.h>

#include "bench/machine/memory.h"
#include "bench/show/units.h"

int lab_group_open(struct lab_context *context, struct memory_group *group,
		   uint64_t wanted_bytes, uint64_t least_bytes)
{
	char reason[MEMORY_WHY_BYTES + 256];
	uint64_t ceiling;
	int error = lab_ceiling(context, least_bytes, &ceiling);

	if (error)
		return error;
	error = memory_group_open(
		group, ceiling < wanted_bytes ? ceiling : wanted_bytes, reason,
		sizeof reason);
	if (error)
		return lab_fail(context, error,
				"Nothing was done: without a group of its own "
				"the kernel would choose among all processes.",
				"begin: %s", reason);
	return 0;
}
