/* SPDX-License-Identifier: MIT */
/* The memory control group of a lab; see group.h. */

#include "bench/labs/group.h"

#include <errno.h>
#include <string.h>

#include "bench/machine/memory.h"
#include "bench/show/units.h"

int lab_group_ceiling(struct lab_context *context, uint64_t least_bytes,
		      uint64_t *bytes)
{
	char reason[MEMORY_WHY_BYTES + 32];
	const int error = memory_group_ceiling(bytes, reason, sizeof reason);

	if (error)
		return lab_fail(context, error, "Mount /proc.",
				"see how much memory a lab may take: %s",
				reason);
	if (*bytes < least_bytes)
		return lab_fail(context, -ERANGE,
				"Free some memory, or raise the limit.",
				"take the %s that this lab needs: it may have "
				"%s",
				size_human(least_bytes).text, reason);
	return 0;
}

int lab_group_open(struct lab_context *context, struct memory_group *group,
		   uint64_t wanted_bytes, uint64_t least_bytes)
{
	char reason[MEMORY_WHY_BYTES + 256];
	uint64_t ceiling;
	int error = lab_group_ceiling(context, least_bytes, &ceiling);

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
