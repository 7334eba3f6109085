/* SPDX-License-Identifier: MIT */
/*
 * Finding a place for a memory control group.
 *
 * Version 1 takes groups below any group. In version 2 a group has the memory
 * controller only if its parent's cgroup.subtree_control says so, and that a
 * group with processes of its own, but the root, must not say: cgroups(7),
 * "no internal processes". So the search goes upwards.
 */
#include "bench/labs/memory_group_place.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/labs/group_watchdog.h"
#include "bench/machine/text.h"
#include "bench/verbs/mode.h"

#define NAMES 64       /* tried where earlier runs left some behind */
#define REPAIR_MS 1000 /* for one group of a dead runner */
#define ANSWER_MS 1000
#define DELEGATED "systemd-run --scope -p Delegate=yes spawnwise lab ..."
#define DELEGATED_TO_USER                                                      \
	"systemd-run --user --scope -p Delegate=yes spawnwise lab ..."

static int ask_make(struct memory_group *group, const char *parent)
{
	static int number;
	struct group_watchdog_request request = { .verb = WATCHDOG_MAKE };
	int error = -EEXIST;

	for (int i = 0; error == -EEXIST && i < NAMES; i++) {
		if (snprintf(request.directory, PATH_MAX, "%s/spawnwise-%d-%d",
			     parent, (int)getpid(), ++number) >= PATH_MAX)
			return -ENAMETOOLONG;
		error = watchdog_ask(&group->watchdog, &request,
				     sizeof(request), ANSWER_MS);
	}
	if (!error)
		memcpy(group->directory, request.directory, PATH_MAX);
	return error;
}

/* Let new groups below a group of version 2 have the memory controller. */
static int give_controller(const char *parent)
{
	char controllers[256];
	const int error = text_read_at(controllers, sizeof controllers,
				       "%s/cgroup.subtree_control", parent);

	return error || strstr(controllers, "memory")
		       ? error
		       : text_write_at("+memory", "%s/cgroup.subtree_control",
				       parent);
}

int memory_group_place(struct memory_group *group, const struct cgroup *own)
{
	struct cgroup parent = *own;
	int first = -ENOENT;

	group->version = own->version;
	do {
		int error = own->version == 2
				    ? give_controller(parent.directory)
				    : 0;

		memory_group_repair(parent.directory);
		if (!error)
			error = ask_make(group, parent.directory);
		if (!error || error == -EPIPE || own->version == 1)
			return error;
		/* "No controller" says the least of all reasons. */
		if (first == -ENOENT)
			first = error;
	} while (cgroup_up(&parent));
	return first;
}

/* A name like ours, and no runner of our pid namespace that is alive. */
static bool is_left(const char *name)
{
	int end = 0;
	int runner;

	return sscanf(name, "spawnwise-%d-%*d%n", &runner, &end) == 1 && end &&
	       !name[end] && runner > 0 && kill(runner, 0) && errno == ESRCH;
}

/* A runner of another namespace lives as long as its watchdog does, which holds
 * the lock. */
static void repair(const char *path)
{
	OWNED_FD lock_fd = group_watchdog_lock(path);
	bool killed = false;

	if (lock_fd >= 0)
		group_watchdog_sweep(path, true, REPAIR_MS, &killed);
}

void memory_group_repair(const char *directory)
{
	OWNED_DIR groups = opendir(directory);
	struct dirent *entry;
	char path[PATH_MAX];

	while (groups && (entry = readdir(groups)))
		if (is_left(entry->d_name) &&
		    snprintf(path, PATH_MAX, "%s/%s", directory,
			     entry->d_name) < PATH_MAX)
			repair(path);
}

void memory_group_explain(int error, const struct cgroup *own, char *why,
			  size_t why_size)
{
	/* sd_booted(3). */
	const bool has_systemd = !access("/run/systemd/system", F_OK);
	const bool is_root = !geteuid();

	switch (error) {
	case -ENOENT:
	case -ENODEV:
		snprintf(why, why_size,
			 "there is no memory controller among this machine's "
			 "control groups: %s",
			 has_systemd ? "run `" DELEGATED "`, or boot with "
				       "cgroup_enable=memory"
				     : "boot with cgroup_enable=memory, and "
				       "mount them");
		break;
	case -EACCES:
	case -EPERM:
		snprintf(why, why_size,
			 "this user may not make a memory control group: %s",
			 has_systemd && is_root ? "run `" DELEGATED "`"
			 : has_systemd ? "run `" DELEGATED_TO_USER "`, or as "
					 "root"
			 : is_root     ? "run it with CAP_SYS_ADMIN, outside "
					 "the container"
				       : "run it as root");
		break;
	case -EROFS:
		snprintf(why, why_size,
			 "%s is read-only, as in a container: give it a "
			 "writable one (docker run --privileged), or run it "
			 "outside",
			 own->mount);
		break;
	case -EBUSY:
		snprintf(why, why_size,
			 "our own control group %s holds processes: move them "
			 "below it first, `mkdir %s/shell && echo $$ > "
			 "%s/shell/cgroup.procs`",
			 own->directory, own->directory, own->directory);
		break;
	case -ENOLCK:
		snprintf(why, why_size, "flock(2) is refused");
		break;
	case -ENOTRECOVERABLE:
		snprintf(why, why_size, "%s", run_guardian_reason(error));
		break;
	case -ENOTSUP:
		snprintf(why, why_size,
			 "this kernel does not bound the swap of a group: boot "
			 "with swapaccount=1, or turn swap off");
		break;
	case -EXDEV:
		snprintf(why, why_size,
			 "the limits of our memory control group are hidden: "
			 "%s; mount it, or run outside of what hides it",
			 cgroup_error(error));
		break;
	default:
		snprintf(why, why_size,
			 "making a memory control group below %s failed: %s",
			 own->directory, strerror(-error));
	}
}
