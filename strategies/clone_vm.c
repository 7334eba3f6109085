/* SPDX-License-Identifier: MIT */
/*
 * clone_vm: clone3(CLONE_VM | CLONE_VFORK) on a stack prepared beforehand.
 *
 * What the libc's posix_spawn does, without its mmap for every child (which
 * strict overcommit can refuse) and its 64 calls to reset handlers; with
 * exit_signal 0 a child that never reached exec raises no SIGCHLD.
 */

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/child.h"
#include "lib/clone.h"

#define STACK_COUNT 16
#define STACK_BYTES (32 * 1024)
#define GUARD_BYTES (64 * 1024) /* a multiple of every page size we meet */
#define SLOT_BYTES (STACK_BYTES + GUARD_BYTES)

struct stacks {
	atomic_uint in_use; /* bit N: stack N is taken */
	char *memory;	    /* each slot: a guard, then a stack */
};

struct birth {
	const struct sw_image *image;
	volatile int error;
};

static int stacks_open(void **state)
{
	struct stacks *stacks = calloc(1, sizeof *stacks);
	int error = -ENOMEM;

	if (!stacks)
		return error;
	stacks->memory = mmap(NULL, STACK_COUNT * SLOT_BYTES, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stacks->memory == MAP_FAILED)
		goto free_stacks;
	for (int i = 0; i < STACK_COUNT; i++)
		if (mprotect(stacks->memory + i * SLOT_BYTES + GUARD_BYTES,
			     STACK_BYTES, PROT_READ | PROT_WRITE))
			goto unmap_memory;
	*state = stacks;
	return 0;
unmap_memory:
	munmap(stacks->memory, STACK_COUNT * SLOT_BYTES);
free_stacks:
	free(stacks);
	return error;
}

static void stacks_close(void *state)
{
	struct stacks *stacks = state;

	munmap(stacks->memory, STACK_COUNT * SLOT_BYTES);
	free(stacks);
}

/* Take a free stack; -1 when all are in use. */
static int stacks_take(struct stacks *stacks)
{
	unsigned in_use = atomic_load(&stacks->in_use);

	for (;;) {
		int slot = __builtin_ctz(~in_use);

		if (slot >= STACK_COUNT)
			return -1;
		if (atomic_compare_exchange_weak(&stacks->in_use, &in_use,
						 in_use | 1u << slot))
			return slot;
	}
}

SW_CHILD_HALF static void run_child(void *data)
{
	struct birth *birth = data;

	birth->error = sw_child_exec(birth->image, true);
	sw_child_exit(127);
}

static int clone_spawn(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	struct stacks *stacks = state;
	struct sw_image image;
	struct birth birth = { .image = &image };
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND,
		.stack_size = STACK_BYTES,
	};
	int slot = stacks_take(stacks);
	long pid;

	if (slot < 0)
		return -EAGAIN;
	args.stack = (uintptr_t)stacks->memory + (size_t)slot * SLOT_BYTES +
		     GUARD_BYTES;
	sw_image_init(&image, request);
	image.mask = sw_signals_block();
	pid = sw_clone3(&args, run_child, &birth);
	sw_signals_restore(image.mask);
	atomic_fetch_and(&stacks->in_use, ~(1u << slot));
	if (pid < 0)
		return (int)pid;
	if (birth.error)
		return sw_child_failed((pid_t)pid, birth.error);
	child->pid = (pid_t)pid;
	return 0;
}

static int clone_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)timeout_ms;
	return sw_child_started_silent(child);
}

extern const struct sw_strategy strategy_clone_vm;

const struct sw_strategy strategy_clone_vm = {
	.name = "clone_vm",
	.summary = "clone3(CLONE_VM, CLONE_VFORK) on a stack of its own",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_SILENT_FAILURE |
		  SW_THREAD_SAFE | SW_AFFINITY,
	.supported = sw_clone3_supported,
	.open = stacks_open,
	.spawn = clone_spawn,
	.confirm = clone_confirm,
	.close = stacks_close,
};
