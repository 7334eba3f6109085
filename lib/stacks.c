/* SPDX-License-Identifier: MIT */
/* Stacks for children that run in our memory; see stacks.h. */

#include "lib/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/raw.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13, madvise(2) */
#endif

/* Neither call touches what is mapped beyond the guard. Where both are refused
 * (as many mappings as vm.max_map_count, or no memory for their bookkeeping)
 * the stack is used without: the guard is there for our mistakes only. */
static void guard(struct sw_stacks *stacks, char *stack, uint64_t bit)
{
	char *memory = stack - SW_STACK_GUARD_BYTES;

	if (raw3(SYS_madvise, memory, SW_STACK_GUARD_BYTES, MADV_GUARD_INSTALL))
		raw3(SYS_mprotect, memory, SW_STACK_GUARD_BYTES, PROT_NONE);
	atomic_fetch_or(&stacks->guarded, bit);
}

char *sw_stack(struct sw_stacks *stacks, int slot)
{
	char *stack = stacks->memory +
		      (size_t)slot * (SW_STACK_GUARD_BYTES + SW_STACK_BYTES) +
		      SW_STACK_GUARD_BYTES;
	const uint64_t bit = (uint64_t)1 << slot;

	if (!(atomic_load_explicit(&stacks->guarded, memory_order_relaxed) &
	      bit))
		guard(stacks, stack, bit);
	return stack;
}

int sw_stacks_map(struct sw_stacks *stacks)
{
	stacks->memory = mmap(NULL, SW_STACKS_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stacks->memory == MAP_FAILED)
		return -ENOMEM;
	/* A huge page would be zeroed for a few KiB. EINVAL: there are none. */
	madvise(stacks->memory, SW_STACKS_BYTES, MADV_NOHUGEPAGE);
	return 0;
}

void sw_stacks_unmap(const struct sw_stacks *stacks)
{
	munmap(stacks->memory, SW_STACKS_BYTES);
}

/* The program's own forks need not copy the stacks: there the handle answers
 * -ECHILD. */
int sw_stacks_open(void **state)
{
	struct sw_stacks *stacks = calloc(1, sizeof *stacks);

	if (!stacks || sw_stacks_map(stacks)) {
		free(stacks);
		return -ENOMEM;
	}
	madvise(stacks->memory, SW_STACKS_BYTES, MADV_DONTFORK);
	*state = stacks;
	return 0;
}

void sw_stacks_close(void *state)
{
	sw_stacks_unmap(state);
	free(state);
}
