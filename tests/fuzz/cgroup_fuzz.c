/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as /proc/PID/cgroup and /proc/self/mountinfo, as a number of a
 * group, and as a name: the group that is found is at or below its mount, the
 * walk upwards ends, and no name is raw in what we write.
 *
 * For libFuzzer: make fuzz.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Text that is not empty; the membership is the text itself or a usual one. */
static void check_group(char *text, const char *membership)
{
	FILE *lines = fmemopen((void *)(uintptr_t)membership,
			       strlen(membership), "r");
	FILE *mounts = fmemopen(text, strlen(text), "r");
	struct cgroup group;

	if (!lines || !mounts)
		abort();
	if (!cgroup_find("memory", lines, mounts, &group)) {
		if (strncmp(group.directory, group.mount,
			    strlen(group.mount)) != 0)
			abort();
		while (cgroup_up(&group))
			;
	}
	rewind(mounts);
	cgroup_second_mounted(mounts);
	fclose(lines);
	fclose(mounts);
}

static void check_name(const char *text)
{
	char *escaped = text_escaped(text, "");
	char *again;

	if (!escaped)
		abort();
	for (const char *c = escaped; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			abort();
	again = text_escaped(escaped, "");
	if (!again || strcmp(again, escaped) != 0)
		abort();
	free(again);
	free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *text = strndup((const char *)data, bytes);
	uint64_t value;

	if (!text)
		abort();
	if (*text) {
		check_group(text, text);
		check_group(text, "4:memory:/a/b\n0::/a\n");
	}
	cgroup_number_parse(text, &value);
	check_name(text);
	free(text);
	return 0;
}
