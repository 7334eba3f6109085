/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn: the libc's posix_spawn(3).
 *
 * Its child half is the libc's own: it can place descriptors, but not choose
 * the child's CPUs.
 */

#include <errno.h>
#include <spawn.h>
#include <unistd.h>

#include "lib/child.h"

static int add_descriptors(posix_spawn_file_actions_t *actions,
			   const struct sw_request *request)
{
	const int from[] = { request->stdin_fd, request->stdout_fd,
			     request->stderr_fd };
	int error = 0;

	for (int fd = 0; fd < 3 && !error; fd++)
		if (from[fd])
			error = posix_spawn_file_actions_adddup2(actions,
								 from[fd], fd);
	return error;
}

static int spawn_spawn(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	const int saved_errno = errno;
	char *const *envp = request->envp ? request->envp : environ;
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	(void)state;
	if (error)
		return -error;
	error = add_descriptors(&actions, request);
	if (!error)
		error = (request->search ? posix_spawnp : posix_spawn)(
			&child->pid, request->path, &actions, NULL,
			request->argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	errno = saved_errno;
	return -error;
}

static int spawn_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)timeout_ms;
	return sw_child_started(child);
}

extern const struct sw_strategy strategy_posix_spawn;

const struct sw_strategy strategy_posix_spawn = {
	.name = "posix_spawn",
	.summary = "the libc's posix_spawn: the standard call",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_THREAD_SAFE,
	.spawn = spawn_spawn,
	.confirm = spawn_confirm,
};
