/* SPDX-License-Identifier: MIT */
/* The order of a child's steps, as lib/spawnwise.h promises it. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

/* The program and what actions open are looked for in the new folder. */
static void folder_comes_first(void **state)
{
	struct scene *scene = *state;
	const struct sw_request request = {
		.path = "./tool",
		.argv = ARGV("tool"),
		.fields = SW_CWD | SW_FDACTIONS,
		.cwd = "deeper",
		ACTIONS({ SW_OPEN, 0, .path = "input", .flags = O_RDONLY }),
	};

	assert_int_equal(mkdir("deeper", 0755), 0);
	scene_write(scene, "deeper/tool", "#!/bin/sh\nread n; exit $n\n", 0755);
	scene_write(scene, "deeper/input", "7\n", 0644);
	assert_int_equal(WEXITSTATUS(scene_run(scene, &request)), 7);
}

static void umask_holds_for_actions(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_UMASK | SW_FDACTIONS,
		.umask = 0137,
		ACTIONS({ SW_OPEN, 9, .path = "new",
			  .flags = O_WRONLY | O_CREAT, .mode = 0666 }),
	};
	struct stat status;

	scene_hold(scene, &request);
	scene_drop(scene);
	assert_int_equal(stat("new", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
}

/* A limit holds for the program; the actions were under the caller's. */
static void limits_come_after_actions(void **state)
{
	const struct sw_rlimit limit = { RLIMIT_NOFILE, { 4, 4 } };
	const struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_RLIMITS | SW_FDACTIONS,
		.rlimits = &limit,
		.rlimit_count = 1,
		ACTIONS({ SW_OPEN, 30, .path = "/dev/null", .flags = O_RDWR }),
	};

	assert_int_equal(scene_run(*state, &request), 0);
}

/* What only root may open is opened before root is dropped. */
static void ids_come_after_actions(void **state)
{
	struct scene *scene = *state;
	const struct sw_ids nobody = { 65534, 65534, .keep_groups = false };
	struct sw_request request = {
		.fields = SW_IDS | SW_FDACTIONS | SW_NICE,
		.ids = &nobody,
		.nice = -1,
		ACTIONS({ SW_OPEN, 9, .path = "secret", .flags = O_RDONLY }),
	};
	int secret_fd;
	pid_t pid;

	scene_write(scene, "secret", "", 0600);
	pid = scene_hold_shell(scene, &request);
	secret_fd = open("secret", O_PATH | O_CLOEXEC);
	assert_true(same_file(pid, 9, secret_fd));
	close(secret_fd);
	assert_int_equal(status_field(pid, "Uid", 10), 65534);
	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)pid), -1);
	scene_drop(scene);
}

/* The first step in the list that fails is told, not a later one. */
static void first_failure_is_told(void **state)
{
	struct scene *scene = *state;
	const struct sw_action missing = { SW_CHDIR, .path = "missing" };
	struct sw_request request = {
		.path = "./missing",
		.argv = ARGV("missing"),
		.fields = SW_CWD | SW_FDACTIONS,
		.cwd = "nowhere",
		.actions = &missing,
		.action_count = 1,
	};

	scene_refuses(scene, &request, -ENOENT, SW_CWD, 0);
	request.fields = SW_FDACTIONS;
	scene_refuses(scene, &request, -ENOENT, SW_FDACTIONS, 0);
	request.stderr_fd = 900;
	scene_refuses(scene, &request, -EBADF, SW_STDIO, 2);
	request.stderr_fd = 0;
	request.fields = 0;
	scene_refuses(scene, &request, -ENOENT, SW_EXEC, 0);
}

/* What a caller without a stdin opens for the child is descriptor 0. */
static void zero_becomes_zero(void **state)
{
	struct scene *scene = *state;
	const int saved = fcntl(0, F_DUPFD_CLOEXEC, 3);
	struct sw_request request = {
		.argv = ARGV("held"),
		.stdout_fd = scene->null_fd,
	};
	bool given, left, none;
	pid_t pid;

	assert_int_equal(dup3(scene->null_fd, 0, O_CLOEXEC), 0);
	pid = scene_hold(scene, &request);
	given = same_file(pid, 0, scene->null_fd);
	scene_drop(scene);
	request.stdin_fd = SW_AS_IS;
	pid = scene_hold(scene, &request);
	left = descriptors_count(pid) == 2;
	scene_drop(scene);
	close(0);
	request.stdin_fd = 0;
	pid = scene_hold(scene, &request);
	none = descriptors_count(pid) == 2;
	scene_drop(scene);
	if (saved >= 0)
		dup2(saved, 0);
	close(saved);
	assert_true(given && left && none);
}

/* 0 for stdout inherits that, and the descriptor 0 takes an action. */
static void zero_becomes_one(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.stdin_fd = scene->null_fd,
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_DUP2, 1, .from = 0 }),
	};
	pid_t pid = scene_hold(scene, &request);

	assert_true(same_file(pid, 1, scene->null_fd));
	scene_drop(scene);
	request.fields = 0;
	request.stdout_fd = 0;
	pid = scene_hold(scene, &request);
	assert_true(same_file(pid, 1, 1));
	scene_drop(scene);
}

const struct check order_checks[] = {
	{ .name = "a stdin that is descriptor 0 arrives",
	  .run = zero_becomes_zero },
	{ .name = "descriptor 0 becomes 1 by an action",
	  .run = zero_becomes_one,
	  .honours = SW_FDACTIONS },
	{ .name = "the working folder comes before actions and program",
	  .run = folder_comes_first,
	  .honours = SW_CWD | SW_FDACTIONS },
	{ .name = "the umask comes before actions",
	  .run = umask_holds_for_actions,
	  .honours = SW_FDACTIONS | SW_UMASK },
	{ .name = "limits come after actions",
	  .run = limits_come_after_actions,
	  .honours = SW_FDACTIONS | SW_RLIMITS },
	{ .name = "ids come last",
	  .run = ids_come_after_actions,
	  .honours = SW_FDACTIONS | SW_IDS | SW_NICE,
	  .obstacle = not_root },
	{ .name = "the first step that fails is told",
	  .run = first_failure_is_told,
	  .honours = SW_CWD | SW_FDACTIONS },
	{ .name = NULL },
};
