/* SPDX-License-Identifier: MIT */
/* 64 slots that threads take and give back without a lock. */
#ifndef LIB_SLOTS_H
#define LIB_SLOTS_H

#include <stdatomic.h>
#include <stdint.h>

#define SW_SLOT_COUNT 64

typedef _Atomic uint64_t sw_slots; /* bit N: slot N is taken; 0 at first */

/* Take the lowest free slot; -1 when all are taken. */
static inline int sw_slot_take(sw_slots *slots)
{
	uint64_t taken = atomic_load_explicit(slots, memory_order_relaxed);

	while (~taken) {
		const int slot = __builtin_ctzll(~taken);

		if (atomic_compare_exchange_weak_explicit(
			    slots, &taken, taken | 1ull << slot,
			    memory_order_acquire, memory_order_relaxed))
			return slot;
	}
	return -1;
}

static inline void sw_slot_give(sw_slots *slots, int slot)
{
	atomic_fetch_and_explicit(slots, ~(1ull << slot), memory_order_release);
}

#endif
