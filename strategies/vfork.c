/* SPDX-License-Identifier: MIT */
/*
 * vfork: the libc's vfork(2), then exec.
 *
 * The child runs in the caller's memory and on the caller's stack while the
 * calling thread is suspended, so the outcome is a variable both see.
 */

#include <errno.h>
#include <unistd.h>

#include "lib/child.h"

static int vfork_spawn(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	const int saved_errno = errno;
	struct sw_image image;
	volatile int error = 0;
	pid_t pid;

	(void)state;
	sw_image_init(&image, request);
	image.mask = sw_signals_block();
	pid = vfork();
	if (pid == 0) {
		error = sw_child_exec(&image, false);
		sw_child_exit(127);
	}
	if (pid < 0)
		error = -errno;
	sw_signals_restore(image.mask);
	errno = saved_errno;
	if (pid < 0)
		return error;
	if (error)
		return sw_child_failed(pid, error);
	child->pid = pid;
	return 0;
}

static int vfork_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)timeout_ms;
	return sw_child_started(child);
}

extern const struct sw_strategy strategy_vfork;

const struct sw_strategy strategy_vfork = {
	.name = "vfork",
	.summary = "the libc's vfork, then exec: borrows memory and stack",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_THREAD_SAFE |
		  SW_AFFINITY,
	.spawn = vfork_spawn,
	.confirm = vfork_confirm,
};
