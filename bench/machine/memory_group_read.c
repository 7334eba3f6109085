/* SPDX-License-Identifier: MIT */
/*
 * The counters of a memory control group, of both versions.
 *
 * What is a file of its own in one version is a line among others in the
 * other: so one table of files, and one parser for lines of any file.
 */
#include "bench/machine/memory_group.h"

#include <errno.h>
#include <string.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/text.h"

int memory_group_parse_counters(FILE *stream,
				struct memory_group_reading *reading)
{
	const struct {
		const char *name;
		uint64_t *value;
	} fields[] = {
		{ "low", &reading->low },
		{ "high", &reading->high },
		{ "max", &reading->max },
		{ "oom", &reading->oom },
		{ "oom_kill", &reading->oom_kill },
		{ "oom_group_kill", &reading->oom_group_kill },
		{ "oom_kill_disable", &reading->oom_kill_disable },
		{ "under_oom", &reading->under_oom },
		{ "swap", &reading->swap_bytes },
	};
	char line[128];

	while (fgets(line, sizeof(line), stream)) {
		char *space = strchr(line, ' ');
		int error = 0;

		if (!space)
			continue;
		*space = '\0';
		for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
			if (strcmp(line, fields[i].name) == 0)
				error = cgroup_number_parse(space + 1,
							    fields[i].value);
		if (error)
			return error;
	}
	return ferror(stream) ? -EIO : 0;
}

static int read_value(const struct memory_group *group, const char *name,
		      uint64_t *value)
{
	return cgroup_number_read(group->directory, name, value);
}

static int read_counters(const struct memory_group *group, const char *name,
			 struct memory_group_reading *reading)
{
	TEXT_STREAM stream = text_open("%s/%s", group->directory, name);

	return stream ? memory_group_parse_counters(stream, reading) : -errno;
}

static int read_first(const struct memory_group *group,
		      struct memory_group_reading *reading)
{
	int error = read_value(group, "memory.usage_in_bytes",
			       &reading->usage_bytes);

	read_value(group, "memory.max_usage_in_bytes", &reading->peak_bytes);
	read_value(group, "memory.limit_in_bytes", &reading->limit_bytes);
	read_value(group, "memory.failcnt", &reading->failcnt);
	read_value(group, "memory.memsw.failcnt", &reading->memsw_failcnt);
	read_counters(group, "memory.oom_control", reading);
	read_counters(group, "memory.stat", reading);
	return error;
}

static int read_second(const struct memory_group *group,
		       struct memory_group_reading *reading)
{
	int error = read_value(group, "memory.current", &reading->usage_bytes);

	read_value(group, "memory.peak", &reading->peak_bytes);
	read_value(group, "memory.max", &reading->limit_bytes);
	read_value(group, "memory.swap.current", &reading->swap_bytes);
	/* Ours has no groups below it: where the group's own events have no
	 * file of theirs (before Linux 5.2) the sums are the same. */
	if (read_counters(group, "memory.events.local", reading))
		read_counters(group, "memory.events", reading);
	return error;
}

int memory_group_read(const struct memory_group *group,
		      struct memory_group_reading *reading)
{
	/* All ones: every field is absent. */
	memset(reading, 0xff, sizeof(*reading));
	if (!group->version)
		return -ENOENT;
	return group->version == 1 ? read_first(group, reading)
				   : read_second(group, reading);
}
