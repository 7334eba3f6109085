/* SPDX-License-Identifier: MIT */
/* Whom the OOM killer would choose; see oom.h. */

#include "bench/machine/oom.h"

#include <errno.h>
#include <string.h>

#include "bench/machine/owned.h"
#include "bench/machine/text.h"

static int read_number(pid_t pid, const char *name, int *number)
{
	char path[64];
	int64_t value;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	int error = text_read_number(path, &value);
	if (!error)
		*number = (int)value;
	return error;
}

int oom_score_read(pid_t pid, int *score, int *adj)
{
	int error = read_number(pid, "oom_score", score);

	return error ? error : read_number(pid, "oom_score_adj", adj);
}

static bool is_below(pid_t pid, const struct cgroup *group)
{
	const size_t length = strlen(group->directory);
	struct cgroup other;

	return cgroup_of(pid, "memory", &other) == 0 &&
	       strncmp(other.directory, group->directory, length) == 0 &&
	       strchr("/", other.directory[length]);
}

static bool is_candidate(pid_t pid, const struct cgroup *group,
			 struct oom_rival *rival)
{
	struct process_stat stat;

	if (process_stat_read(pid, &stat) || stat.kernel_thread ||
	    strchr("ZX", stat.state) || (group && !is_below(pid, group)))
		return false;
	memcpy(rival->name, stat.name, sizeof(rival->name));
	return true;
}

int oom_rival_find(pid_t except, const struct cgroup *group,
		   struct oom_rival *rival)
{
	OWNED_DIR processes = opendir("/proc");
	int score;
	pid_t pid;

	rival->pid = 0;
	if (!processes)
		return -errno;
	while ((pid = process_next(processes))) {
		if (pid == except || read_number(pid, "oom_score", &score) ||
		    (rival->pid && score <= rival->score) ||
		    !is_candidate(pid, group, rival))
			continue;
		rival->pid = pid;
		rival->score = score;
	}
	return rival->pid ? 0 : -ESRCH;
}

int oom_kills_parse(FILE *stream, uint64_t *count)
{
	const struct field field = { "oom_kill", count, 1, true };

	return fields_parse(stream, &field, 1, NULL);
}

int oom_kills_read(uint64_t *count)
{
	TEXT_STREAM stream = text_open("/proc/vmstat");

	return stream ? oom_kills_parse(stream, count) : -errno;
}
