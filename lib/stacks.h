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

struct sw_stacks {
	sw_slots slots;
	char *memory; /* for each slot a guard, then a stack */
};

/* Map the stacks; *state, a struct sw_stacks, is the caller's to close. Fit
 * to be hooks of a strategy. -ENOMEM. */
int sw_stacks_open(void **state);
void sw_stacks_close(void *state);

/* The lowest byte of a slot's stack of SW_STACK_BYTES. */
char *sw_stack(const struct sw_stacks *stacks, int slot);

#endif
