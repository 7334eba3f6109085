/* SPDX-License-Identifier: MIT */
/* Stacks for children that run in our memory; see stacks.h. */

#include "lib/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define GUARD_BYTES (64 * 1024) /* a multiple of every page size we meet */
#define ROOM_BYTES (GUARD_BYTES + SW_STACK_BYTES)

char *sw_stack(const struct sw_stacks *stacks, int slot)
{
	return stacks->memory + (size_t)slot * ROOM_BYTES + GUARD_BYTES;
}

int sw_stacks_open(void **state)
{
	struct sw_stacks *stacks = calloc(1, sizeof *stacks);

	if (!stacks)
		return -ENOMEM;
	stacks->memory = mmap(NULL, SW_SLOT_COUNT * ROOM_BYTES, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stacks->memory == MAP_FAILED)
		goto free_stacks;
	for (int slot = 0; slot < SW_SLOT_COUNT; slot++)
		if (mprotect(sw_stack(stacks, slot), SW_STACK_BYTES,
			     PROT_READ | PROT_WRITE))
			goto unmap_memory;
	*state = stacks;
	return 0;
unmap_memory:
	munmap(stacks->memory, SW_SLOT_COUNT * ROOM_BYTES);
free_stacks:
	free(stacks);
	return -ENOMEM;
}

void sw_stacks_close(void *state)
{
	struct sw_stacks *stacks = state;

	munmap(stacks->memory, SW_SLOT_COUNT * ROOM_BYTES);
	free(stacks);
}
