/* SPDX-License-Identifier: MIT */
/*
 * The control groups of a process, and their limits; see cgroup.h.
 *
 * A controller belongs to either version; where both are mounted, a version
 * 1 hierarchy that names the controller owns it. Lines may be of any length.
 * Longer than other files: which group it is and what it may are found by one
 * walk over the same files.
 */

#include "bench/machine/cgroup.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/text.h"

bool cgroup_up(struct cgroup *group)
{
	char *slash = strrchr(group->directory, '/');

	if (!slash || strlen(group->directory) <= strlen(group->mount))
		return false;
	*slash = '\0';
	return true;
}

int cgroup_number_parse(const char *text, uint64_t *value)
{
	/* Version 1 writes "no limit" as the largest page-aligned number. */
	const uint64_t unlimited = (uint64_t)1 << 62;
	const bool none =
		strcmp(text, "max") == 0 || strcmp(text, "max\n") == 0;
	const int error = none ? 0 : text_number(text, 10, value);

	if (none || *value >= unlimited)
		*value = FIELD_ABSENT;
	return error;
}

int cgroup_number_read(const char *directory, const char *name, uint64_t *value)
{
	char text[64];
	int error = text_read_at(text, sizeof(text), "%s/%s", directory, name);

	return error ? error : cgroup_number_parse(text, value);
}

static int read_memory(const struct cgroup *group, uint64_t *value)
{
	int error = cgroup_number_read(
		group->directory,
		group->version == 1 ? "memory.limit_in_bytes" : "memory.max",
		value);

	return !error && *value == FIELD_ABSENT ? -ENOENT : error;
}

static int read_cpu(const struct cgroup *group, uint64_t *value)
{
	char quota[64], period[32] = "", text[128];
	long long quota_us, period_us;
	int error = text_read_at(
		quota, sizeof(quota), "%s/%s", group->directory,
		group->version == 2 ? "cpu.max" : "cpu.cfs_quota_us");

	if (!error && group->version == 1)
		error = text_read_at(period, sizeof(period),
				     "%s/cpu.cfs_period_us", group->directory);
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
	group->hidden = false;
	if (!mounts && errno == ENOENT &&
	    (membership || access("/proc/self", F_OK)))
		return -EXDEV;
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
	struct cgroup at = *group;
	int found = -ENOENT;

	do {
		uint64_t value;
		const int error = kind == CGROUP_CPU ? read_cpu(&at, &value)
						     : read_memory(&at, &value);

		if (!error && (found || value < limit->value)) {
			limit->value = value;
			memcpy(limit->directory, at.directory, PATH_MAX);
			found = 0;
		}
	} while (cgroup_up(&at));
	return found;
}

int cgroup_limit(enum cgroup_kind kind, struct cgroup_limit *limit)
{
	struct cgroup group;
	int error = cgroup_of(0, kind == CGROUP_CPU ? "cpu" : "memory", &group);

	return error ? error : cgroup_walk(&group, kind, limit);
}

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
	OWNED_TEXT line = NULL;
	size_t capacity = 0;

	group->version = 0;
	while (group->version != 1 &&
	       getline(&line, &capacity, membership) > 0) {
		char *rest = line;
		const char *number = strsep(&rest, ":");
		const char *names = strsep(&rest, ":");
		const char *where = strsep(&rest, "\n");

		if (!where)
			continue;
		bool first = listed(names, controller);
		bool second = !*names && strcmp(number, "0") == 0;
		if (!first && (!second || group->version))
			continue;
		group->version = first ? 1 : 2;
		snprintf(path, PATH_MAX, "%s", where);
	}
	return group->version ? 0 : -ENOENT;
}

/* One line of mountinfo, proc_pid_mountinfo(5), cut into its words. */
struct mount {
	char *root; /* the group that is visible at the mount point */
	char *point;
	const char *type;
	const char *options;
};

/* Blanks, newlines and backslashes of names are written as "\040": see
 * mangle() in fs/proc_namespace.c. In place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at; to++)
		if (*at == '\\' && strspn(at + 1, "01234567") >= 3) {
			*to = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 |
				     (at[3] - '0'));
			at += 4;
		} else {
			*to = *at++;
		}
	*to = '\0';
}

static bool read_mount(char *line, struct mount *mount)
{
	char *words = line, *tail = strstr(line, " - ");

	if (!tail)
		return false;
	*tail = '\0';
	tail += strlen(" - ");
	for (int i = 0; i < 3; i++) /* id, parent, device */
		strsep(&words, " ");
	mount->root = strsep(&words, " ");
	mount->point = strsep(&words, " ");
	mount->type = strsep(&tail, " ");
	strsep(&tail, " ");
	mount->options = strsep(&tail, "\n");
	if (!mount->point || !mount->options)
		return false;
	unescape(mount->root);
	unescape(mount->point);
	return true;
}

static bool is_hierarchy(const struct mount *mount, int version,
			 const char *controller)
{
	return version == 1 ? strcmp(mount->type, "cgroup") == 0 &&
				      listed(mount->options, controller)
			    : strcmp(mount->type, "cgroup2") == 0;
}

/* Where a group is below a mount's root: the rest of its path, "" for the root
 * itself. NULL: it is not there. A root around that of our cgroup namespace is
 * written as "/.." (cgroup_namespaces(7)); it contains our group, but the
 * folders between have no names here: *hidden. */
static const char *below(const char *path, const char *root, bool *hidden)
{
	const size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, length) == 0 &&
	    (!path[length] || path[length] == '/') &&
	    (length || strncmp(path, "/..", 3) != 0))
		return strcmp(path + length, "/") == 0 ? "" : path + length;
	*hidden = strspn(root, "/.") == length && length &&
		  strncmp(path, "/..", 3) != 0;
	return *hidden ? "" : NULL;
}

/* The mount of the hierarchy that shows our group and most of what is around
 * it, or any without a path. The last one at a place hides those before. */
static int find_mount(const char *controller, FILE *mounts, const char *path,
		      struct cgroup *group)
{
	size_t capacity = 0, shortest = SIZE_MAX;
	struct mount mount;
	OWNED_TEXT line = NULL;
	int error = -EXDEV;

	while (error != -ENAMETOOLONG &&
	       getline(&line, &capacity, mounts) > 0) {
		const char *rest;
		bool hidden = false;

		if (!read_mount(line, &mount))
			continue;
		if (!error && strcmp(mount.point, group->mount) == 0) {
			error = -EXDEV;
			shortest = SIZE_MAX;
		}
		if (!is_hierarchy(&mount, group->version, controller))
			continue;
		rest = path ? below(path, mount.root, &hidden) : "";
		if (!rest || strlen(mount.root) >= shortest)
			continue;
		shortest = strlen(mount.root);
		group->hidden = hidden;
		snprintf(group->mount, PATH_MAX, "%s", mount.point);
		error = snprintf(group->directory, PATH_MAX, "%s%s",
				 mount.point, rest) < PATH_MAX
				? 0
				: -ENAMETOOLONG;
	}
	return error;
}

const char *cgroup_error(int error)
{
	return error == -EXDEV ? "it is not mounted here" : strerror(-error);
}

bool cgroup_second_mounted(FILE *mounts)
{
	struct cgroup found = { .version = 2 };

	return find_mount("", mounts, NULL, &found) == 0;
}

int cgroup_find(const char *controller, FILE *membership, FILE *mounts,
		struct cgroup *group)
{
	char path[PATH_MAX];
	int error = find_path(controller, membership, group, path);

	return error ? error : find_mount(controller, mounts, path, group);
}
