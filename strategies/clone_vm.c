/* SPDX-License-Identifier: MIT */
/*
 * clone_vm: clone3(CLONE_VM | CLONE_VFORK) on a stack prepared beforehand.
 *
 * What the libc's posix_spawn does, without its mmap for every child (which
 * strict overcommit can refuse) and its 64 calls to reset handlers; with
 * exit_signal 0 a child that never reached exec raises no SIGCHLD.
 */

#include <errno.h>

#include "lib/caller.h"
#include "lib/clone.h"
#include "lib/probe.h"
#include "lib/stacks.h"

struct birth {
	struct sw_image image;
	struct sw_failure failure;
};

SW_CHILD_HALF static void run_child(void *data)
{
	struct birth *birth = data;

	sw_child_run(&birth->image, &birth->failure);
	sw_child_exit(127);
}

static int clone_spawn(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	struct sw_stacks *stacks = state;
	struct birth birth = { 0 };
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND,
		.stack_size = SW_STACK_BYTES,
	};
	const int slot = sw_slot_take(&stacks->slots);
	sw_sigset mask;
	long pid;

	if (slot < 0)
		return -EAGAIN;
	args.stack = (uintptr_t)sw_stack(stacks, slot);
	sw_dumpable_lend(request);
	mask = sw_signals_block();
	sw_image_init(&birth.image, request, mask);
	sw_clone_for(&args, &birth.image, child);
	pid = sw_clone(&args, run_child, &birth);
	sw_signals_restore(mask);
	sw_dumpable_restore(request);
	sw_slot_give(&stacks->slots, slot);
	if (pid < 0)
		return sw_clone_failed(child, pid);
	child->pid = (pid_t)pid;
	return birth.failure.error ? sw_child_failed(child, &birth.failure) : 0;
}

static int clone_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)timeout_ms;
	return sw_child_started_silent(child);
}

extern const struct sw_strategy strategy_clone_vm;

const struct sw_strategy strategy_clone_vm = {
	.abi = SW_ABI,
	.name = "clone_vm",
	.summary = "clone3(CLONE_VM, CLONE_VFORK) on a stack of its own",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_SILENT_FAILURE |
		  SW_THREAD_SAFE,
	.honours = SW_CHILD_FIELDS | SW_CLONE_FIELDS,
	.supported = sw_clone_supported,
	.open = sw_stacks_open,
	.spawn = clone_spawn,
	.confirm = clone_confirm,
	.close = sw_stacks_close,
};
