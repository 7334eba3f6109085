/* SPDX-License-Identifier: MIT */
/*
 * Stacks for children that run in our memory, mapped beforehand: strict
 * overcommit can refuse an mmap at every spawn, and it costs. All are in one
 * mapping, and each has its guard from its first use, which splits the mapping
 * before Linux 6.13: fork(2) goes through all mappings, and a handle must not
 * slow the forks of its program.
 */
#ifndef LIB_STACKS_H
#define LIB_STACKS_H

#include <stddef.h>

#include "lib/slots.h"

#define SW_STACK_BYTES ((size_t)32 * 1024)
/* Whole pages of every size that the processor may have: of 4 KiB, or of up to
 * 64 KiB. Guards are promised too, as a part of the one mapping. */
#ifdef __x86_64__
#define SW_STACK_GUARD_BYTES ((size_t)16 * 1024)
#else
#define SW_STACK_GUARD_BYTES ((size_t)64 * 1024)
#endif

#define SW_STACKS_BYTES                                                        \
	(SW_SLOT_COUNT * (SW_STACK_GUARD_BYTES + SW_STACK_BYTES))

struct sw_stacks {
	sw_slots slots;
	_Atomic uint64_t guarded; /* bit N: the stack of slot N has its guard */
	char *memory; /* SW_STACKS_BYTES: for each slot a guard, then a stack */
};

/* Map the memory, or unmap it; -ENOMEM. */
int sw_stacks_map(struct sw_stacks *stacks);
void sw_stacks_unmap(const struct sw_stacks *stacks);

/* The same as hooks of a strategy; *state is a struct sw_stacks. */
int sw_stacks_open(void **state);
void sw_stacks_close(void *state);

/* The lowest byte of a slot's stack of SW_STACK_BYTES. The slot is the
 * caller's. No call of the libc, for the broker's helper. */
char *sw_stack(struct sw_stacks *stacks, int slot);

#endif
