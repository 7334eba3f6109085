/* SPDX-License-Identifier: MIT */
/*
 * The limits of the control groups that this process lives in.
 *
 * A controller belongs to either version; where both are mounted, a version
 * 1 hierarchy that names the controller owns it.
 */
#include "bench/machine/cgroup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/text.h"

/* Is word an element of a comma list? */
static bool listed(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, length) == 0 &&
		    (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* A line of /proc/self/cgroup: "4:memory:/path", version 2 is "0::/path". */
static int find_path(const char *controller, FILE *membership,
		     struct cgroup *group, char path[PATH_MAX])
{
	char line[PATH_MAX + 64];

	group->version = 0;
	while (fgets(line, sizeof(line), membership)) {
		char *names = strchr(line, ':');
		char *where = names ? strchr(names + 1, ':') : NULL;

		if (!where)
			continue;
		*names++ = '\0';
		*where++ = '\0';
		where[strcspn(where, "\n")] = '\0';
		bool first = listed(names, controller);
		bool second = !*names && strcmp(line, "0") == 0;
		if (!first && (!second || group->version))
			continue;
		group->version = first ? 1 : 2;
		snprintf(path, PATH_MAX, "%s", where);
		if (first)
			break;
	}
	return group->version ? 0 : -ENOENT;
}

/* The mount of the hierarchy, proc_pid_mountinfo(5); root is the group that
 * is visible at the mount point, inside a container often our own. */
static int find_mount(const char *controller, FILE *mounts,
		      struct cgroup *group, char root[PATH_MAX])
{
	char line[3 * PATH_MAX];

	while (fgets(line, sizeof(line), mounts)) {
		char type[16];
		char options[512] = "";
		const char *tail = strstr(line, " - ");

		if (!tail || sscanf(line, "%*s %*s %*s %4095s %4095s", root,
				    group->mount) != 2)
			continue;
		if (sscanf(tail, " - %15s %*s %511s", type, options) < 1)
			continue;
		if (group->version == 1 ? strcmp(type, "cgroup") == 0 &&
						  listed(options, controller)
					: strcmp(type, "cgroup2") == 0)
			return 0;
	}
	return -ENOENT;
}

bool cgroup_second_mounted(FILE *mounts)
{
	struct cgroup found = { .version = 2 };
	char root[PATH_MAX];

	return find_mount("", mounts, &found, root) == 0;
}

int cgroup_find(const char *controller, FILE *membership, FILE *mounts,
		struct cgroup *group)
{
	char path[PATH_MAX];
	char root[PATH_MAX];
	int error = find_path(controller, membership, group, path);

	if (!error)
		error = find_mount(controller, mounts, group, root);
	if (error)
		return error;

	/* A group outside what is mounted cannot be seen; what can be is the
	 * mount's own group, which contains or equals ours. */
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
	const char *below = path + length;
	if (strncmp(path, root, length) != 0 || (*below && *below != '/') ||
	    strstr(path, "/..") || strcmp(below, "/") == 0)
		below = "";
	if (snprintf(group->directory, PATH_MAX, "%s%s", group->mount, below) >=
	    PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

/* Reads one group's limit; -ENOENT if it sets none. */
typedef int limit_read(const struct cgroup *group, const char *directory,
		       uint64_t *value);

bool cgroup_up(const struct cgroup *group, char directory[PATH_MAX])
{
	char *slash = strrchr(directory, '/');

	if (!slash || strlen(directory) <= strlen(group->mount))
		return false;
	*slash = '\0';
	return true;
}

static int walk(const struct cgroup *group, limit_read *read_one,
		struct cgroup_limit *limit)
{
	char directory[PATH_MAX];
	int found = -ENOENT;

	memcpy(directory, group->directory, sizeof(directory));
	do {
		uint64_t value;

		if (read_one(group, directory, &value) == 0 &&
		    (found || value < limit->value)) {
			limit->value = value;
			memcpy(limit->directory, directory, sizeof(directory));
			found = 0;
		}
	} while (cgroup_up(group, directory));
	return found;
}

int cgroup_memory_limit_at(const struct cgroup *group, const char *directory,
			   uint64_t *bytes)
{
	/* Version 1 writes "no limit" as the largest page-aligned number. */
	const uint64_t unlimited = (uint64_t)1 << 62;
	char text[32];
	char *end;
	int error = text_read_at(text, sizeof(text), "%s/%s", directory,
				 group->version == 1 ? "memory.limit_in_bytes"
						     : "memory.max");

	if (error)
		return error;
	*bytes = strtoull(text, &end, 10);
	return end == text || *bytes >= unlimited ? -ENOENT : 0;
}

static int read_cpu(const struct cgroup *group, const char *directory,
		    uint64_t *value)
{
	char text[64];
	char rest[32];
	long long quota_us;
	long long period_us;
	int error;

	if (group->version == 2) {
		error = text_read_at(text, sizeof(text), "%s/cpu.max",
				     directory);
	} else {
		error = text_read_at(text, sizeof(text), "%s/cpu.cfs_quota_us",
				     directory);
		if (!error)
			error = text_read_at(rest, sizeof(rest),
					     "%s/cpu.cfs_period_us", directory);
		if (!error) {
			size_t length = strlen(text);

			snprintf(text + length, sizeof(text) - length, " %s",
				 rest);
		}
	}
	if (error)
		return error;
	/* No limit is the word "max" or a quota of -1. */
	if (sscanf(text, "%lld %lld", &quota_us, &period_us) != 2 ||
	    quota_us <= 0 || period_us <= 0)
		return -ENOENT;
	*value = (uint64_t)(quota_us * 1000 / period_us);
	return 0;
}

int cgroup_walk_memory(const struct cgroup *group, struct cgroup_limit *limit)
{
	return walk(group, cgroup_memory_limit_at, limit);
}

int cgroup_walk_cpu(const struct cgroup *group, struct cgroup_limit *limit)
{
	return walk(group, read_cpu, limit);
}

int cgroup_of(pid_t pid, const char *controller, struct cgroup *group)
{
	char path[64] = "/proc/self/cgroup";
	int error = -ENOENT; /* a kernel without cgroups has no such file */

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	FILE *membership = fopen(path, "re");
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	if (membership && mounts)
		error = cgroup_find(controller, membership, mounts, group);
	if (membership)
		fclose(membership);
	if (mounts)
		fclose(mounts);
	return error;
}

int cgroup_memory_limit(struct cgroup_limit *limit)
{
	struct cgroup group;
	int error = cgroup_of(0, "memory", &group);

	return error ? error : cgroup_walk_memory(&group, limit);
}

int cgroup_cpu_limit(struct cgroup_limit *limit)
{
	struct cgroup group;
	int error = cgroup_of(0, "cpu", &group);

	return error ? error : cgroup_walk_cpu(&group, limit);
}
