/* SPDX-License-Identifier: MIT */
/*
 * Finding the control group of a process, and the mount that shows it.
 *
 * A controller belongs to either version; where both are mounted, a version
 * 1 hierarchy that names the controller owns it. Lines may be of any length.
 */
#include "bench/machine/cgroup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	char *line = NULL;
	size_t capacity = 0;

	group->version = 0;
	while (group->version != 1 &&
	       getline(&line, &capacity, membership) > 0) {
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
	}
	free(line);
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
	char *line = NULL;
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
	free(line);
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
