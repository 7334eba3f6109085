/* SPDX-License-Identifier: MIT */
/* Who the child is: ids and groups, its descriptor, its cgroup. */

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <mntent.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define NOBODY 65534

/* The line of /proc/PID/status that begins so. */
static void assert_status(pid_t pid, const char *expected)
{
	static char text[16 * 1024];
	const size_t length = proc_read(pid, "status", text, sizeof text);

	text[length] = '\0';
	if (!strstr(text, expected))
		fail_msg("no line %s in %s", expected + 1, text);
}

static void ids_are_set(void **state)
{
	struct scene *scene = *state;
	const gid_t groups[] = { 100, 200 }, no_group = (gid_t)-1;
	struct sw_ids ids = { NOBODY, NOBODY, groups, COUNT(groups), false };
	struct sw_request request = { .fields = SW_IDS, .ids = &ids };
	pid_t pid = scene_hold_shell(scene, &request);

	assert_status(pid, "\nUid:\t65534\t65534\t65534\t65534\n");
	assert_status(pid, "\nGid:\t65534\t65534\t65534\t65534\n");
	assert_status(pid, "\nGroups:\t100 200 \n");
	scene_drop(scene);
	ids.group_count = 0;
	pid = scene_hold_shell(scene, &request);
	assert_status(pid, "\nGroups:\t \n");
	scene_drop(scene);
	ids.groups = &no_group;
	ids.group_count = 1;
	scene_refuses(scene, &request, -EINVAL, SW_IDS, 0);
	assert_int_equal(geteuid(), 0);
}

static void groups_need_root(void **state)
{
	struct scene *scene = *state;
	struct sw_ids ids = { getuid(), getgid(), .keep_groups = true };
	struct sw_request request = { .fields = SW_IDS, .ids = &ids };
	const pid_t pid = scene_hold_shell(scene, &request);

	assert_int_equal(status_field(pid, "Uid", 10), getuid());
	scene_drop(scene);
	if (!geteuid())
		return;
	ids.keep_groups = false;
	scene_refuses(scene, &request, -EPERM, SW_IDS, 0);
}

/* The caller has taken on another's effective ids for a while; a helper has to
 * hear of that. */
static void ids_are_reset(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .fields = SW_RESETIDS };
	pid_t pid;

	assert_int_equal(setegid(NOBODY), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(sw_refresh(scene->handle), 0);
	pid = scene_hold_shell(scene, &request);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	prctl(PR_SET_DUMPABLE, 1); /* else /proc/self is not ours */
	assert_status(pid, "\nUid:\t0\t0\t0\t0\n");
	assert_status(pid, "\nGid:\t0\t0\t0\t0\n");
	scene_drop(scene);
}

/* As an unprivileged user, but for one capability. */
static bool be_nobody_with(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct sets[2] = { { 0 } };

	sets[0].permitted = sets[0].effective = 1u << capability;
	return !prctl(PR_SET_KEEPCAPS, 1) && !setgid(NOBODY) &&
	       !setuid(NOBODY) && !syscall(SYS_capset, &header, sets) &&
	       !prctl(PR_SET_DUMPABLE, 1);
}

static const char *change_in_turns(struct scene *scene)
{
	const struct sw_ids ids = { NOBODY, 12345, .keep_groups = true };
	struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.ids = &ids,
		.oom_score_adj = 1000,
	};
	struct sw_child child;

	COMPLAIN_UNLESS(be_nobody_with(CAP_SETGID));
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	for (int i = 0; i < 10; i++) {
		request.fields = i % 2 ? SW_IDS : SW_OOMADJ;
		COMPLAIN_UNLESS(!scene_try(scene, &request, &child));
		waitpid(child.pid, NULL, 0);
	}
	return NULL;
}

/* Who has changed its ids leaves files in /proc that only root may write. */
static void ids_leave_no_trace(void **state)
{
	scene_in_copy(*state, change_in_turns);
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };

	return poll(&entry, 1, timeout_ms) == 1 && entry.revents & POLLIN;
}

static void pidfd_is_given(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = scene_quick(scene);
	struct sw_child child;
	siginfo_t info;
	int gate[2];

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	request.path = "/bin/cat";
	request.argv = ARGV("cat");
	request.stdin_fd = gate[0];
	request.fields = SW_PIDFD;
	assert_int_equal(scene_try(scene, &request, &child), 0);
	assert_true(child.pidfd >= 0);
	assert_int_equal(fcntl(child.pidfd, F_GETFD), FD_CLOEXEC);
	assert_false(is_readable(child.pidfd, 0));
	close(gate[1]);
	assert_true(is_readable(child.pidfd, -1));
	assert_int_equal(
		waitid((idtype_t)P_PIDFD, (id_t)child.pidfd, &info, WEXITED),
		0);
	assert_int_equal(info.si_pid, child.pid);
	assert_int_equal(info.si_status, 0);
	close(child.pidfd);
	close(gate[0]);
	request.path = "./missing";
	request.stdin_fd = 0;
	scene_refuses(scene, &request, -ENOENT, SW_EXEC, 0);
	request.fields = 0;
	request.path = "/bin/true";
	assert_int_equal(scene_try(scene, &request, &child), 0);
	assert_int_equal(child.pidfd, -1);
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
}

/* No descriptor is free: the program has not run. */
static void pidfd_is_refused_early(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, none;
	struct sw_child child;
	struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", "echo >ran"),
		.fields = SW_PIDFD,
	};
	int error;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 3, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	error = scene_try(scene, &request, &child);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(error, -EMFILE);
	assert_int_equal(child.pidfd, -1);
	assert_int_equal(access("ran", F_OK), -1);
}

static const char *no_refusal_of_cgroups(void)
{
	if (syscall(SYS_clone3, NULL, 0) == 0 || errno != EINVAL)
		return "clone3 is refused";
	return access("/proc/self/cgroup", F_OK) ? "there are no cgroups"
						 : NULL;
}

/* The kernel writes the number of a pidfd before it looks for the cgroup. */
static void failed_birth_gives_no_pidfd(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = scene_quick(scene);

	request.fields = SW_PIDFD | SW_CGROUP;
	request.cgroup_fd = scene->null_fd; /* no cgroup at all */
	scene_refuses(scene, &request, -EBADF, SW_BIRTH, 0);
}

/* Where cgroup v2 is mounted, or NULL. */
static const char *cgroup_mount(void)
{
	static char path[256];
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;

	path[0] = '\0';
	while (mounts && !path[0] && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2"))
			snprintf(path, sizeof path, "%s", entry->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return path[0] ? path : NULL;
}

static const char *no_cgroup(void)
{
	const char *mount = cgroup_mount();

	if (!mount)
		return "cgroup v2 is not mounted";
	return access(mount, W_OK) ? "cgroup v2 is not writable" : NULL;
}

/* The whole line of the second hierarchy: "0::/NAME". */
static void assert_cgroup(pid_t pid, const char *name)
{
	char text[8192], expected[64];
	const size_t length = proc_read(pid, "cgroup", text, sizeof text);

	text[length] = '\0';
	snprintf(expected, sizeof expected, "/%s\n", name);
	assert_non_null(strstr(text, "0::/"));
	assert_non_null(strstr(strstr(text, "0::/"), expected));
}

static void cgroup_is_entered(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held"),
				      .fields = SW_CGROUP };
	char name[32], path[320];

	snprintf(name, sizeof name, "spawnwise-test.%d", (int)getpid());
	snprintf(path, sizeof path, "%s/%s", cgroup_mount(), name);
	assert_int_equal(mkdir(path, 0755), 0);
	request.cgroup_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(request.cgroup_fd >= 0);
	assert_cgroup(scene_hold(scene, &request), name);
	scene_drop(scene);
	close(request.cgroup_fd);
	assert_int_equal(rmdir(path), 0);
	request.cgroup_fd = scene->null_fd; /* no cgroup at all */
	scene_refuses(scene, &request, -EBADF, SW_BIRTH, 0);
}

const struct check identity_checks[] = {
	{ .name = "ids and groups are set",
	  .run = ids_are_set,
	  .honours = SW_IDS,
	  .obstacle = not_root },
	{ .name = "groups are kept, or need root",
	  .run = groups_need_root,
	  .honours = SW_IDS },
	{ .name = "effective ids become the real ones",
	  .run = ids_are_reset,
	  .honours = SW_RESETIDS,
	  .obstacle = not_root },
	{ .name = "changed ids are no obstacle to an oom_score_adj",
	  .run = ids_leave_no_trace,
	  .honours = SW_IDS | SW_OOMADJ,
	  .obstacle = not_root },
	{ .name = "a pidfd is given, pollable and waitable",
	  .run = pidfd_is_given,
	  .honours = SW_PIDFD },
	{ .name = "a pidfd that cannot be given is refused before birth",
	  .run = pidfd_is_refused_early,
	  .honours = SW_PIDFD },
	{ .name = "a failed birth gives no pidfd",
	  .run = failed_birth_gives_no_pidfd,
	  .honours = SW_PIDFD | SW_CGROUP,
	  .obstacle = no_refusal_of_cgroups },
	{ .name = "a cgroup is entered",
	  .run = cgroup_is_entered,
	  .honours = SW_CGROUP,
	  .obstacle = no_cgroup },
	{ .name = NULL },
};
