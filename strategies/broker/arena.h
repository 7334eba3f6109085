/* SPDX-License-Identifier: MIT */
/*
 * The memory that a caller and its helper share: 64 slots, each with a
 * request and its answer, and an area for requests that are too large for
 * their slot. It lies at the same address in both, so that a request is
 * stored with pointers. docs/broker-protocol.md tells the protocol.
 */
#ifndef BROKER_ARENA_H
#define BROKER_ARENA_H

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "lib/slots.h"
#include "strategies/broker/look.h"
#include "strategies/broker/order.h"

#define SW_SLOT_BYTES ((size_t)32 * 1024)
#define SW_PAGE_BYTES ((size_t)64 * 1024)
#define SW_LARGE_BYTES ((size_t)16 * 1024 * 1024)

/*
 * A word that the kernel changes when the helper dies, by exit or by exec of
 * anything: while the helper owns it, it is the helper's pid and
 * FUTEX_WAITERS, and it becomes FUTEX_OWNER_DIED (set_robust_list(2)).
 */
struct sw_owned {
	atomic_uint word;
	uint32_t unused;
	struct robust_list entry;
};

/* One request. The caller writes it while its word in answers is 0, the helper
 * and the child while that is the helper's. */
struct sw_slot {
	struct sw_order order;

	/* The answer. The kernel writes child.pid at birth, before the child
	 * runs (CLONE_PARENT_SETTID), and child.pidfd (CLONE_PIDFD). */
	struct sw_child child;
	struct sw_failure failure;

	/* The number of the request; 0: its answer is fetched. */
	_Atomic uint64_t note;
};

/* The two ends of a pipe; see bell.h. */
struct sw_bell {
	struct sw_held reader;
	struct sw_held writer;
};

#define SW_BLOCK_BYTES (SW_SLOT_BYTES - sizeof(struct sw_slot))

/* Areas are of whole pages, the largest that we meet being 64 KiB. */
struct sw_arena {
	struct {
		struct sw_slot slot;
		char block[SW_BLOCK_BYTES];
	} slots[SW_SLOT_COUNT];
	char large[SW_LARGE_BYTES];

	/* Never written and not shared: whatever text begins above ends here
	 * at the latest. */
	char end[SW_PAGE_BYTES];

	struct robust_list_head owned; /* life, then every answer */
	struct sw_owned life;
	struct sw_owned answers[SW_SLOT_COUNT]; /* 0: answered */
	_Atomic uint64_t submitted; /* bit N: slot N is to be served */
	_Atomic uint64_t told;	    /* bit N: its answer is told by the bell */
	atomic_uint asleep;	    /* 1: the helper waits for a request */
	atomic_uint ready;   /* 1: the helper has settled in; or -errno */
	atomic_uint stale;   /* 1: it saw the caller change */
	atomic_uint leave;   /* 1: it is to end */
	atomic_uint telling; /* 1: answers are told by the bell */
	struct sw_bell bell;
};

/* Map an arena; -ENOMEM. */
int sw_arena_open(struct sw_arena **arena);
void sw_arena_close(struct sw_arena *arena);

/* What is in use of the large area; in the caller. */
struct sw_larges {
	pthread_mutex_t lock;
	struct sw_large {
		size_t start; /* in arena->large */
		size_t bytes; /* 0: none */
	} of_slot[SW_SLOT_COUNT];
};

/* Room for bytes in the large area, the slot's until sw_large_give(). NULL
 * when there is none. */
char *sw_large_take(struct sw_larges *larges, struct sw_arena *arena, int slot,
		    size_t bytes);

/* Give it back, its memory to the system; does nothing when there is none. */
void sw_large_give(struct sw_larges *larges, struct sw_arena *arena, int slot);

#endif
