/* SPDX-License-Identifier: MIT */
/*
 * Where a seccomp filter refuses the system call of a birth, as containers
 * do, a strategy works by another call of the same meaning or says that it is
 * not available: sw_open() fails. It does not fail at every spawn.
 *
 * This program runs itself under the filter, because what a kernel refuses is
 * asked once in a process.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"
#include "tests/conformance/supervise.h"
#include "tests/refusal.h"

static const char *no_seccomp(void)
{
	const pid_t pid = fork();
	int status = 1;

	if (!pid)
		_exit(refuse(SYS_clone3, 0, ENOSYS) ? 1 : 0);
	waitpid(pid, &status, 0);
	return status ? "there is no seccomp" : NULL;
}

/* Run that check of the scene's strategy under the filter. Its output is for
 * us: the stream of results knows only our own. */
static int run_filtered(const struct scene *scene, const char *check,
			int number, int error)
{
	char pattern[128];
	int status, fd;
	pid_t pid;

	snprintf(pattern, sizeof pattern, "%s: %s", scene->strategy->name,
		 check);
	fd = open("output", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	pid = fork();
	if (!pid) {
		dup2(fd, 1);
		dup2(fd, 2);
		setenv(SUPERVISE_WITHIN, "1", 1);
		if (!refuse(number, 0, error))
			execl("/proc/self/exe", "conformance", pattern, NULL);
		_exit(1);
	}
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_good_under(const struct scene *scene, int number)
{
	static const char *const checks[] = {
		"polling confirm ends",
		"handlers are reset and kept",
		"a pidfd is given, or named as what is refused",
		"a cgroup that is none is refused, or named as what is",
	};
	static const int errors[] = { ENOSYS, EPERM };

	for (size_t i = 0; i < COUNT(checks); i++)
		for (size_t j = 0; j < COUNT(errors); j++)
			if (run_filtered(scene, checks[i], number, errors[j]))
				fail_msg("not so under %s: %s",
					 strerror(errors[j]), checks[i]);
}

static void clone3_may_be_refused(void **state)
{
	assert_good_under(*state, SYS_clone3);
}

/* Old container managers refuse it, and the libc looks into /proc then, for
 * which it needs a descriptor. */
static void close_range_may_be_refused(void **state)
{
	static const char *const checks[] = {
		"closefrom closes, up to the next action",
		"all descriptors but those of actions are closed",
		"closefrom needs no free descriptor",
	};
	static const int errors[] = { ENOSYS, EPERM };
	const struct scene *scene = *state;
	const size_t count =
		COUNT(checks) - !(scene->strategy->honours & SW_UMASK);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < COUNT(errors); j++)
			if (run_filtered(*state, checks[i], SYS_close_range,
					 errors[j]))
				fail_msg("not so under %s: %s",
					 strerror(errors[j]), checks[i]);
}

#ifdef SYS_vfork
static void vfork_may_be_refused(void **state)
{
	assert_good_under(*state, SYS_vfork);
}
#endif

/* As container managers do, for kcmp(2) tells of other processes. A helper has
 * another sign of its caller's exec then, and none of those that are wrong. */
static void kcmp_may_be_refused(void **state)
{
	static const char *const checks[] = {
		"a helper ends within a second of its caller's exec",
		"a helper dies within a second of its caller",
		"the first thread ends, and others spawn",
		"a caller that dropped root is refused until renewed",
	};

	for (size_t i = 0; i < COUNT(checks); i++)
		if (run_filtered(*state, checks[i], SYS_kcmp, EPERM))
			fail_msg("not so without kcmp: %s", checks[i]);
}

/* Where clone3(2) is refused, a strategy may have no other way. */
static void refused_pidfd_is_named(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = scene_quick(scene);
	struct sw_child child;
	int error;

	request.fields = SW_PIDFD;
	error = scene_try(scene, &request, &child);
	if (error) {
		assert_int_equal(error, -ENOTSUP);
		assert_int_equal(child.stage, SW_PIDFD);
		return;
	}
	close(child.pidfd);
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
}

/* Calls that are refused somewhere: systemd's SystemCallFilter=, container
 * managers, emulators. */
static const int refusable[] = {
	SYS_sched_setattr,
	SYS_sched_getattr,
	SYS_sched_setscheduler,
	SYS_setpriority,
	SYS_sched_setaffinity,
	SYS_prlimit64,
	SYS_set_robust_list,
	SYS_get_robust_list,
	SYS_waitid,
	SYS_statx,
	SYS_kcmp,
	SYS_close_range,
};

static int refused_call, refused_with;

/* Either open says so, or it works; a helper that is never good enough does
 * not. */
static const char *spawn_refused(struct scene *scene)
{
	int error;

	sw_close(scene->handle);
	scene->handle = NULL;
	COMPLAIN_UNLESS(!refuse(refused_call, 0, refused_with));
	error = sw_open(scene->strategy, &scene->handle);
	if (error) {
		scene->handle = NULL;
		COMPLAIN_UNLESS(error == -refused_with || error == -ENOSYS ||
				error == -EPERM);
		return NULL;
	}
	COMPLAIN_UNLESS(!scene_script(scene, "true", false));
	return NULL;
}

static void refusals_are_told_by_open(void **state)
{
	static const int errors[] = { EPERM, ENOSYS };

	for (size_t i = 0; i < COUNT(refusable); i++)
		for (size_t j = 0; j < COUNT(errors); j++) {
			refused_call = refusable[i];
			refused_with = errors[j];
			scene_in_copy(*state, spawn_refused);
		}
}

/* Another thread's filter and ids, with all the above. */
static void *spawn_in_thread(void *data)
{
	struct scene *scene = data;

	return scene_script(scene, "true", false) ? data : NULL;
}

static const char *spawn_without_prctl(struct scene *scene)
{
	void *bad = scene;
	pthread_t thread;

	sw_close(scene->handle);
	scene->handle = NULL;
	COMPLAIN_UNLESS(!refuse(SYS_prctl, 0, EPERM));
	COMPLAIN_UNLESS(!sw_open(scene->strategy, &scene->handle));
	COMPLAIN_UNLESS(!pthread_create(&thread, NULL, spawn_in_thread, scene));
	pthread_join(thread, &bad);
	COMPLAIN_UNLESS(!bad);
	return NULL;
}

static void prctl_may_be_refused(void **state)
{
	scene_in_copy(*state, spawn_without_prctl);
}

/* So is what only it can do; here it is not tried with a control group. */
static void refused_cgroup_is_named(void **state)
{
	struct scene *scene = *state;
	const bool is_refused = syscall(SYS_clone3, NULL, 0) && errno != EINVAL;
	struct sw_request request = scene_quick(scene);

	request.fields = SW_CGROUP;
	request.cgroup_fd = scene->null_fd;
	scene_refuses(scene, &request, is_refused ? -ENOTSUP : -EBADF,
		      is_refused ? SW_CGROUP : SW_BIRTH, 0);
}

const struct check filter_checks[] = {
	{ .name = "a cgroup that is none is refused, or named as what is",
	  .run = refused_cgroup_is_named,
	  .honours = SW_CGROUP },
	{ .name = "a pidfd is given, or named as what is refused",
	  .run = refused_pidfd_is_named,
	  .honours = SW_PIDFD },
	{ .name = "a refused clone3 is got over, or told by open",
	  .run = clone3_may_be_refused,
	  .obstacle = no_seccomp },
	{ .name = "a helper does not need kcmp to know of an exec",
	  .run = kcmp_may_be_refused,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_seccomp },
	{ .name = "a refused close_range is got over",
	  .run = close_range_may_be_refused,
	  .honours = SW_FDACTIONS,
	  .obstacle = no_seccomp },
#ifdef SYS_vfork
	{ .name = "a refused vfork is got over, or told by open",
	  .run = vfork_may_be_refused,
	  .obstacle = no_seccomp },
#endif
	{ .name = "what a filter refuses is told by open, or got over",
	  .run = refusals_are_told_by_open,
	  .obstacle = no_seccomp },
	{ .name = "a thread spawns where prctl is refused",
	  .run = prctl_may_be_refused,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_seccomp },
	{ .name = NULL },
};
