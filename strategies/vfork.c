/* SPDX-License-Identifier: MIT */
/*
 * vfork: the libc's vfork(2), then exec.
 *
 * The child runs in the caller's memory and on the caller's stack while the
 * calling thread is suspended, so the outcome is a variable both see.
 */

#include <errno.h>
#include <unistd.h>

#include "lib/caller.h"
#include "lib/probe.h"
#include "lib/raw.h"

/* A vfork that is only a fork, as in qemu-user or under ThreadSanitizer, will
 * not do: the outcome would be lost. */
SW_CHILD_HALF static int vfork_birth(void)
{
	volatile bool shared = false;
	const pid_t pid = vfork();

	if (pid == 0) {
		shared = true;
		sw_child_exit(0);
	}
	if (pid < 0)
		return -errno;
	return shared ? 0 : -ENOSYS;
}

static int vfork_supported(void)
{
	return sw_probe(vfork_birth);
}

static int vfork_spawn(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	const int saved_errno = errno;
	struct sw_failure failure = { 0 };
	struct sw_image image;
	sw_sigset mask;
	pid_t pid;
	int error = sw_pidfd_reserve(request, child);

	(void)state;
	if (error)
		return error;
	sw_dumpable_lend(request);
	mask = sw_signals_block();
	sw_image_init(&image, request, mask);
	pid = vfork();
	if (pid == 0) {
		if (child->pidfd >= 0)
			raw1(SYS_close, child->pidfd);
		sw_child_run(&image, &failure);
		sw_child_exit(127);
	}
	if (pid < 0) {
		failure.error = -errno;
		child->stage = SW_BIRTH;
	}
	sw_signals_restore(mask);
	sw_dumpable_restore(request);
	errno = saved_errno;
	if (pid < 0) {
		sw_pidfd_release(child);
		return failure.error;
	}
	child->pid = pid;
	return failure.error ? sw_child_failed(child, &failure)
			     : sw_pidfd_open(child);
}

static int vfork_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)timeout_ms;
	return sw_child_started(child);
}

extern const struct sw_strategy strategy_vfork;

const struct sw_strategy strategy_vfork = {
	.abi = SW_ABI,
	.name = "vfork",
	.summary = "the libc's vfork, then exec: borrows memory and stack",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_THREAD_SAFE,
	.honours = SW_CHILD_FIELDS | SW_PIDFD,
	.supported = vfork_supported,
	.spawn = vfork_spawn,
	.confirm = vfork_confirm,
};
