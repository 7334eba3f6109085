/* SPDX-License-Identifier: MIT */
/*
 * clone_async: clone3(CLONE_VM) without CLONE_VFORK: the caller goes on while
 * the child is still in its memory.
 *
 * CLONE_CHILD_CLEARTID tells when the child has left, by exec or by death:
 * the kernel zeroes a word and wakes who waits for it (set_tid_address(2)).
 * Until then the stack and the request are the child's.
 *
 * The child has the thread-local storage of a thread that runs on: its half
 * touches none. What the kernel would apply to the caller as well while both
 * share memory is refused: oom_score_adj (fs/proc/base.c, __set_oom_adj) and
 * ids (the dumpable flag, kernel/cred.c).
 */

#include <errno.h>

#include "lib/caller.h"
#include "lib/clone.h"
#include "lib/probe.h"
#include "lib/stacks.h"
#include "lib/wait.h"

/* What the child needs until it has left: the upper end of its stack. */
struct birth {
	atomic_uint present; /* zeroed by the kernel when the child leaves */
	struct sw_request request;
	struct sw_image image;
	struct sw_failure failure;
} __attribute__((aligned(64)));

static struct birth *birth_of(struct sw_stacks *stacks, int slot)
{
	return (struct birth *)(sw_stack(stacks, slot) + SW_STACK_BYTES) - 1;
}

SW_CHILD_HALF static void run_child(void *data)
{
	struct birth *birth = data;

	sw_child_run(&birth->image, &birth->failure);
	sw_child_exit(127);
}

static int async_spawn(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	struct sw_stacks *stacks = state;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND,
		.stack_size = SW_STACK_BYTES - sizeof(struct birth),
	};
	const int slot = sw_slot_take(&stacks->slots);
	struct birth *birth;
	sw_sigset mask;
	long pid;

	if (slot < 0)
		return -EAGAIN;
	birth = birth_of(stacks, slot);
	args.stack = (uintptr_t)sw_stack(stacks, slot);
	args.child_tid = (uintptr_t)&birth->present;
	birth->request = *request;
	birth->failure = (struct sw_failure){ 0 };
	atomic_store(&birth->present, 1);
	mask = sw_signals_block();
	sw_image_init(&birth->image, &birth->request, mask);
	sw_clone_for(&args, &birth->image, child);
	pid = sw_clone(&args, run_child, birth);
	sw_signals_restore(mask);
	if (pid < 0) {
		sw_slot_give(&stacks->slots, slot);
		return sw_clone_failed(child, pid);
	}
	child->pid = (pid_t)pid;
	child->slot = (uintptr_t)slot;
	return 0;
}

static int async_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	struct sw_stacks *stacks = state;
	struct birth *birth = birth_of(stacks, (int)child->slot);
	const int64_t deadline = sw_deadline(timeout_ms);
	struct sw_failure failure;
	unsigned present;

	while ((present = atomic_load(&birth->present)))
		if (!sw_wait(&birth->present, present, deadline, -1))
			return -EAGAIN;
	failure = birth->failure;
	sw_slot_give(&stacks->slots, (int)child->slot);
	if (failure.error)
		return sw_child_failed(child, &failure);
	return sw_child_started_silent(child);
}

extern const struct sw_strategy strategy_clone_async;

const struct sw_strategy strategy_clone_async = {
	.abi = SW_ABI,
	.name = "clone_async",
	.summary = "clone3(CLONE_VM) that does not wait for exec",
	.traits = SW_ASYNCHRONOUS | SW_SHARES_MEMORY | SW_SILENT_FAILURE |
		  SW_THREAD_SAFE,
	.honours = (SW_CHILD_FIELDS | SW_CLONE_FIELDS) &
		   ~(unsigned)(SW_OOMADJ | SW_IDS | SW_RESETIDS),
	.supported = sw_clone_supported,
	.open = sw_stacks_open,
	.spawn = async_spawn,
	.confirm = async_confirm,
	.close = sw_stacks_close,
};
