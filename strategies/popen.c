/* SPDX-License-Identifier: MIT */
/*
 * popen: the libc's popen(3), as most programs call it.
 *
 * It returns when the shell has started; whether the command did is told by
 * pclose(3) only, as status 126 or 127. One of the command's standard
 * descriptors is the pipe: 0, or 1 if the request says what 0 shall be. A
 * request for both is refused. Not thread_safe: see lib/shell.h.
 */

#include <errno.h>
#include <spawn.h>
#include <stdio.h>

#include "lib/libc.h"
#include "lib/shell.h"

/* glibc says ENOMEM whatever its posix_spawn(3) said (libio/iopopen.c), as that
 * a filter refuses clone3. A folder is no program: nothing runs. */
static int error_of_birth(int error)
{
	char *const none[] = { NULL };
	pid_t pid;
	int reason;

	if (error != ENOMEM)
		return -error;
	reason = posix_spawn(&pid, "/", NULL, NULL, none, none);
	return reason == EACCES ? -error : -reason;
}

static int popen_spawn(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	const int saved_errno = errno;
	struct sw_shell shell;
	FILE *pipe;
	int error;

	(void)state;
	if (request->stdin_fd > 0 && request->stdout_fd)
		return -ENOTSUP;
	error = sw_shell_begin(&shell, request);
	if (!error) {
		pipe = popen(shell.line, request->stdin_fd > 0 ? "re" : "we");
		if (!pipe)
			error = error_of_birth(errno);
		child->slot = (uintptr_t)pipe;
		sw_shell_end(&shell);
	}
	errno = saved_errno;
	return error;
}

static int popen_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)child;
	(void)timeout_ms;
	return 0;
}

static int popen_reap(void *state, struct sw_child *child, int *status)
{
	FILE *pipe = (FILE *)child->slot; // NOLINT(performance-no-int-to-ptr)
	const int saved_errno = errno;
	int error = 0;

	(void)state;
	if (!pipe) /* the spawn failed */
		return -EINVAL;
	*status = pclose(pipe);
	if (*status < 0)
		error = -errno;
	errno = saved_errno;
	return error;
}

extern const struct sw_strategy strategy_popen;

const struct sw_strategy strategy_popen = {
	.abi = SW_ABI,
	.name = "popen",
	.summary = "the libc's popen: through /bin/sh, with a pipe",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_BASELINE |
		  SW_LIBC_SPAWN_TRAITS,
	.spawn = popen_spawn,
	.confirm = popen_confirm,
	.reap = popen_reap,
};
