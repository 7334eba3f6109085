/* SPDX-License-Identifier: MIT */
/* Stacks for children that run in our memory; see stacks.h. */

#include "lib/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

char *sw_stack(const struct sw_stacks *stacks, int slot)
{
	return stacks->memory +
	       (size_t)slot * (SW_STACK_GUARD_BYTES + SW_STACK_BYTES) +
	       SW_STACK_GUARD_BYTES;
}

int sw_stacks_map(struct sw_stacks *stacks)
{
	stacks->memory = mmap(NULL, SW_STACKS_BYTES, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stacks->memory == MAP_FAILED)
		return -ENOMEM;
	for (int slot = 0; slot < SW_SLOT_COUNT; slot++)
		if (mprotect(sw_stack(stacks, slot), SW_STACK_BYTES,
			     PROT_READ | PROT_WRITE)) {
			sw_stacks_unmap(stacks);
			return -ENOMEM;
		}
	return 0;
}

void sw_stacks_unmap(const struct sw_stacks *stacks)
{
	munmap(stacks->memory, SW_STACKS_BYTES);
}

int sw_stacks_open(void **state)
{
	struct sw_stacks *stacks = calloc(1, sizeof *stacks);

	if (!stacks || sw_stacks_map(stacks)) {
		free(stacks);
		return -ENOMEM;
	}
	*state = stacks;
	return 0;
}

void sw_stacks_close(void *state)
{
	sw_stacks_unmap(state);
	free(state);
}
