/* SPDX-License-Identifier: MIT */
/* Pid namespaces: children that are born in another, and a caller in one that
 * /proc does not show. */

#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

static const char *no_namespaces(void)
{
	static int status = -1;

	if (status < 0) {
		const pid_t pid = fork();

		if (!pid)
			_exit(unshare(CLONE_NEWPID) ? 1 : 0);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			status = 1;
	}
	return status ? "a pid namespace cannot be made" : NULL;
}

/* As the init of a new namespace, which the handle's opening has left to it. */
static const char *open_before_init(struct scene *scene)
{
	const struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", "exit $((6 + $$))"),
	};
	struct sw_handle *handle;
	struct sw_child child;
	int status;

	COMPLAIN_UNLESS(!unshare(CLONE_NEWPID));
	COMPLAIN_UNLESS(!sw_open(scene->strategy, &handle));
	COMPLAIN_UNLESS(!sw_spawn(handle, &request, &child));
	COMPLAIN_UNLESS(!sw_confirm(handle, &child, -1));
	COMPLAIN_UNLESS(!sw_reap(handle, &child, &status));
	COMPLAIN_UNLESS(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	sw_close(handle);
	return NULL;
}

static void open_bears_no_init(void **state)
{
	scene_in_copy(*state, open_before_init);
}

const struct check namespace_checks[] = {
	{ .name = "open leaves a new pid namespace to the first child",
	  .run = open_bears_no_init,
	  .lacks = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_namespaces },
	{ .name = NULL },
};
