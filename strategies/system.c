/* SPDX-License-Identifier: MIT */
/*
 * system: the libc's system(3), as most programs call it.
 *
 * The call returns when the command has ended, so that `return` is as late as
 * `reap`. A program that cannot be started is no error but status 126 or 127,
 * the shell's word for it. Until then SIGINT and SIGQUIT are ignored in the
 * whole process and SIGCHLD is blocked in the calling thread (system(3),
 * section DESCRIPTION). Not thread_safe: see lib/shell.h.
 */

#include <errno.h>
#include <stdlib.h>

#include "lib/libc.h"
#include "lib/shell.h"

/* What POSIX wants when the shell could not be started; glibc then says why in
 * errno (sysdeps/posix/system.c). */
#define NO_SHELL (127 << 8)

static int system_spawn(void *state, const struct sw_request *request,
			struct sw_child *child)
{
	const int saved_errno = errno;
	struct sw_shell shell;
	int error = sw_shell_begin(&shell, request);
	int status;

	(void)state;
	if (!error) {
		errno = 0;
		status = system(shell.line);
		if (status < 0 || (status == NO_SHELL && errno))
			error = -errno;
		child->slot = (uintptr_t)status;
		sw_shell_end(&shell);
	}
	errno = saved_errno;
	return error;
}

static int system_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)child;
	(void)timeout_ms;
	return 0;
}

static int system_reap(void *state, struct sw_child *child, int *status)
{
	(void)state;
	*status = (int)child->slot;
	return 0;
}

extern const struct sw_strategy strategy_system;

const struct sw_strategy strategy_system = {
	.abi = SW_ABI,
	.name = "system",
	.summary = "the libc's system: through /bin/sh, returns at the end",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_BASELINE |
		  SW_LIBC_SPAWN_TRAITS,
	.spawn = system_spawn,
	.confirm = system_confirm,
	.reap = system_reap,
};
