/* SPDX-License-Identifier: MIT */
/* The limits of the control groups of a process; see cgroup_find.c for which
 * groups these are. */
#include "bench/machine/cgroup.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/text.h"

bool cgroup_up(const struct cgroup *group, char directory[PATH_MAX])
{
	char *slash = strrchr(directory, '/');

	if (!slash || strlen(directory) <= strlen(group->mount))
		return false;
	*slash = '\0';
	return true;
}

int cgroup_number_parse(const char *text, uint64_t *value)
{
	/* Version 1 writes "no limit" as the largest page-aligned number. */
	const uint64_t unlimited = (uint64_t)1 << 62;
	char *end;

	text += strspn(text, " \t");
	*value = FIELD_ABSENT;
	if (strcmp(text, "max") == 0 || strcmp(text, "max\n") == 0)
		return 0;
	if (*text < '0' || *text > '9')
		return -EBADMSG;
	errno = 0;
	const unsigned long long number = strtoull(text, &end, 10);
	if (errno || (*end && *end != '\n'))
		return -EBADMSG;
	*value = number >= unlimited ? FIELD_ABSENT : number;
	return 0;
}

int cgroup_number_read(const char *directory, const char *name, uint64_t *value)
{
	char text[64];
	int error = text_read_at(text, sizeof(text), "%s/%s", directory, name);

	return error ? error : cgroup_number_parse(text, value);
}

static int read_memory(const struct cgroup *group, const char *directory,
		       uint64_t *value)
{
	int error = cgroup_number_read(
		directory,
		group->version == 1 ? "memory.limit_in_bytes" : "memory.max",
		value);

	return !error && *value == FIELD_ABSENT ? -ENOENT : error;
}

static int read_cpu(const struct cgroup *group, const char *directory,
		    uint64_t *value)
{
	char quota[64], period[32] = "", text[128];
	long long quota_us, period_us;
	int error = text_read_at(quota, sizeof(quota), "%s/%s", directory,
				 group->version == 2 ? "cpu.max"
						     : "cpu.cfs_quota_us");

	if (!error && group->version == 1)
		error = text_read_at(period, sizeof(period),
				     "%s/cpu.cfs_period_us", directory);
	if (error)
		return error;
	snprintf(text, sizeof(text), "%s %s", quota, period);
	/* No limit is the word "max" or a quota of -1. */
	if (sscanf(text, "%lld %lld", &quota_us, &period_us) != 2 ||
	    quota_us <= 0 || period_us <= 0)
		return -ENOENT;
	*value = (uint64_t)(quota_us * 1000 / period_us);
	return 0;
}

static bool has_member(const char *directory, pid_t pid)
{
	TEXT_STREAM members = text_open("%s/cgroup.procs", directory);
	int member = 0;

	while (members && member != pid && fscanf(members, "%d", &member) == 1)
		;
	return member == pid;
}

/* A process is a member of one group of a hierarchy. -EXDEV: of none there. */
static int find_member(struct cgroup *group, pid_t pid)
{
	char *const roots[] = { group->mount, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *at;
	int error = -EXDEV;

	while (tree && error == -EXDEV && (at = fts_read(tree)))
		if (at->fts_info == FTS_D && has_member(at->fts_path, pid))
			error = snprintf(group->directory, PATH_MAX, "%s",
					 at->fts_path) < PATH_MAX
					? 0
					: -ENAMETOOLONG;
	if (tree)
		fts_close(tree);
	return error;
}

int cgroup_of(pid_t pid, const char *controller, struct cgroup *group)
{
	TEXT_STREAM membership = text_open_of(pid, "cgroup");
	TEXT_STREAM mounts =
		membership ? text_open("/proc/self/mountinfo") : NULL;

	group->version = 0;
	/* A kernel without control groups has no such file. */
	int error = mounts ? cgroup_find(controller, membership, mounts, group)
			   : -errno;

	if (!error && group->hidden)
		error = find_member(group, pid ? pid : getpid());
	return error;
}

int cgroup_walk(const struct cgroup *group, enum cgroup_kind kind,
		struct cgroup_limit *limit)
{
	char directory[PATH_MAX];
	int found = -ENOENT;

	memcpy(directory, group->directory, sizeof(directory));
	do {
		uint64_t value;
		const int error =
			kind == CGROUP_CPU
				? read_cpu(group, directory, &value)
				: read_memory(group, directory, &value);

		if (!error && (found || value < limit->value)) {
			limit->value = value;
			memcpy(limit->directory, directory, sizeof(directory));
			found = 0;
		}
	} while (cgroup_up(group, directory));
	return found;
}

int cgroup_limit(enum cgroup_kind kind, struct cgroup_limit *limit)
{
	struct cgroup group;
	int error = cgroup_of(0, kind == CGROUP_CPU ? "cpu" : "memory", &group);

	return error ? error : cgroup_walk(&group, kind, limit);
}
