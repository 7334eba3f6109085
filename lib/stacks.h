/* SPDX-License-Identifier: MIT */
/*
 * Stacks for children that run in our memory, mapped beforehand: strict
 * overcommit can refuse an mmap at every spawn, and it costs.
 */
#ifndef LIB_STACKS_H
#define LIB_STACKS_H

#include <stddef.h>

#include "lib/slots.h"

#define SW_STACK_BYTES ((size_t)32 * 1024)
#define SW_STACK_GUARD_BYTES                                                   \
	((size_t)64 * 1024) /* a multiple of every page size we meet */

#define SW_STACKS_BYTES                                                        \
	(SW_SLOT_COUNT * (SW_STACK_GUARD_BYTES + SW_STACK_BYTES))

struct sw_stacks {
	sw_slots slots;
	char *memory; /* SW_STACKS_BYTES: for each slot a guard, then a stack */
};

/* Map the memory, or unmap it; -ENOMEM. */
int sw_stacks_map(struct sw_stacks *stacks);
void sw_stacks_unmap(const struct sw_stacks *stacks);

/* The same as hooks of a strategy; *state is a struct sw_stacks. */
int sw_stacks_open(void **state);
void sw_stacks_close(void *state);

/* The lowest byte of a slot's stack of SW_STACK_BYTES. */
char *sw_stack(const struct sw_stacks *stacks, int slot);

#endif
