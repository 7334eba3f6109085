/* SPDX-License-Identifier: MIT */
/*
 * Steps that fail: the libc's posix_spawn(3) is the referee here too, as far
 * as it knows the step. Its answer, the strategy's and the one that we expect
 * must be the same.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define TOO_HIGH 5000000 /* above any RLIMIT_NOFILE of ours, see lower() */
#define LONG_NAME                                                              \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define VERY_LONG_NAME                                                         \
	LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME

static const struct {
	struct sw_action action;
	int error;
} bad_actions[] = {
	{ { SW_OPEN, 9, .path = "missing" }, -ENOENT },
	{ { SW_OPEN, 9, .path = "" }, -ENOENT },
	{ { SW_OPEN, 9, .path = "plain/x" }, -ENOTDIR },
	{ { SW_OPEN, 9, .path = "loop" }, -ELOOP },
	{ { SW_OPEN, 9, .path = VERY_LONG_NAME }, -ENAMETOOLONG },
	{ { SW_OPEN, 9, .path = ".", .flags = O_WRONLY }, -EISDIR },
	{ { SW_OPEN, 9, .path = "plain", .flags = O_CREAT | O_EXCL }, -EEXIST },
	{ { SW_OPEN, 9, .path = "pipe", .flags = O_WRONLY | O_NONBLOCK },
	  -ENXIO },
	{ { SW_OPEN, 9, .path = "busy", .flags = O_WRONLY }, -ETXTBSY },
	{ { SW_OPEN, -1, .path = "plain" }, -EBADF },
	{ { SW_OPEN, TOO_HIGH, .path = "plain" }, -EBADF },
	{ { SW_CLOSE, .fd = -1 }, -EBADF },
	{ { SW_CLOSE, .fd = TOO_HIGH }, -EBADF },
	{ { SW_DUP2, 9, .from = 900 }, -EBADF },
	{ { SW_DUP2, 900, .from = 900 }, -EBADF },
	{ { SW_DUP2, -1, .from = 0 }, -EBADF },
	{ { SW_DUP2, 9, .from = -1 }, -EBADF },
	{ { SW_DUP2, TOO_HIGH, .from = 0 }, -EBADF },
	{ { SW_CHDIR, .path = "missing" }, -ENOENT },
	{ { SW_CHDIR, .path = "plain" }, -ENOTDIR },
	{ { SW_FCHDIR, .fd = 900 }, -EBADF },
	{ { SW_FCHDIR, .fd = -1 }, -EBADF },
	{ { SW_CLOSEFROM, .fd = -1 }, -EBADF },
	{ { SW_FOREGROUND, .fd = 900 }, -EBADF },
	{ { SW_FOREGROUND, .fd = -1 }, -EBADF },
};

static int add_action(posix_spawn_file_actions_t *actions,
		      const struct sw_action *action)
{
	switch (action->kind) {
	case SW_OPEN:
		return posix_spawn_file_actions_addopen(
			actions, action->fd, action->path, action->flags,
			action->mode);
	case SW_CLOSE:
		return posix_spawn_file_actions_addclose(actions, action->fd);
	case SW_DUP2:
		return posix_spawn_file_actions_adddup2(actions, action->from,
							action->fd);
	case SW_CLOSEFROM:
		return posix_spawn_file_actions_addclosefrom_np(actions,
								action->fd);
	case SW_CHDIR:
		return posix_spawn_file_actions_addchdir_np(actions,
							    action->path);
	case SW_FCHDIR:
		return posix_spawn_file_actions_addfchdir_np(actions,
							     action->fd);
	case SW_FOREGROUND:
		return posix_spawn_file_actions_addtcsetpgrp_np(actions,
								action->fd);
	}
	return EINVAL;
}

/* Only the fields that the cases below have. */
static void set_attributes(posix_spawnattr_t *attributes,
			   const struct sw_request *request)
{
	const struct sched_param parameter = { request->sched_priority };
	short flags = 0;

	if (request->fields & SW_SESSION)
		flags |= POSIX_SPAWN_SETSID;
	if (request->fields & SW_PGROUP)
		flags |= POSIX_SPAWN_SETPGROUP;
	if (request->fields & SW_SCHED)
		flags |= POSIX_SPAWN_SETSCHEDULER;
	posix_spawnattr_setpgroup(attributes, request->pgroup);
	posix_spawnattr_setschedpolicy(attributes, request->sched_policy);
	posix_spawnattr_setschedparam(attributes, &parameter);
	posix_spawnattr_setflags(attributes, flags);
}

/* What the libc answers, as a negative errno. */
static int referee(const struct sw_request *request)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = 0;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	set_attributes(&attributes, request);
	for (size_t i = 0; i < request->action_count && !error; i++)
		error = add_action(&actions, &request->actions[i]);
	if (!error) {
		error = posix_spawn(&pid, request->path, &actions, &attributes,
				    request->argv, environ);
		if (!error)
			waitpid(pid, NULL, 0);
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static void make_obstacles(struct scene *scene)
{
	scene_write(scene, "plain", "", 0644);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
}

static void actions_fail_as_in_libc(void **state)
{
	struct scene *scene = *state;
	const struct sw_request holder = {
		.path = "./busy",
		.argv = ARGV("busy", "60"),
	};
	struct sw_child busy;

	make_obstacles(scene);
	assert_int_equal(scene_shell(scene, "cp /bin/sleep busy"), 0);
	assert_int_equal(scene_try(scene, &holder, &busy), 0);
	scene->held = busy.pid;
	for (size_t i = 0; i < COUNT(bad_actions); i++) {
		const struct sw_action actions[] = {
			{ SW_DUP2, 8, .from = 0 },
			{ SW_CLOSE, .fd = 8 },
			bad_actions[i].action,
			{ SW_CLOSE, .fd = 8 },
		};
		const struct sw_request request = {
			.path = "/bin/true",
			.argv = ARGV("true"),
			.fields = SW_FDACTIONS,
			.actions = actions,
			.action_count = COUNT(actions),
		};

		assert_int_equal(referee(&request), bad_actions[i].error);
		scene_refuses(scene, &request, bad_actions[i].error,
			      SW_FDACTIONS, 2);
	}
	scene_drop(scene);
}

static void groups_fail_as_in_libc(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_PGROUP,
		.pgroup = 1, /* of another session, or there is none */
	};

	assert_int_equal(referee(&request), -EPERM);
	scene_refuses(scene, &request, -EPERM, SW_PGROUP, 0);
	request.pgroup = 0;
	if (!(scene->strategy->honours & SW_SESSION))
		return;
	request.fields |= SW_SESSION; /* whose leader cannot change groups */
	assert_int_equal(referee(&request), -EPERM);
	scene_refuses(scene, &request, -EPERM, SW_PGROUP, 0);
}

static void policies_fail_as_in_libc(void **state)
{
	struct scene *scene = *state;
	const struct sw_request requests[] = {
		{ .sched_policy = SCHED_OTHER, .sched_priority = 1 },
		{ .sched_policy = SCHED_FIFO, .sched_priority = 0 },
	};

	for (size_t i = 0; i < COUNT(requests); i++) {
		struct sw_request request = requests[i];

		request.path = "/bin/true";
		request.argv = ARGV("true");
		request.fields = SW_SCHED;
		assert_int_equal(referee(&request), -EINVAL);
		scene_refuses(scene, &request, -EINVAL, SW_SCHED, 0);
	}
}

const struct check referee_checks[] = {
	{ .name = "actions fail as in the libc",
	  .run = actions_fail_as_in_libc,
	  .honours = SW_FDACTIONS },
	{ .name = "process groups fail as in the libc",
	  .run = groups_fail_as_in_libc,
	  .honours = SW_PGROUP },
	{ .name = "scheduling policies fail as in the libc",
	  .run = policies_fail_as_in_libc,
	  .honours = SW_SCHED },
	{ .name = NULL },
};
