/* SPDX-License-Identifier: MIT */
/* The memory that a caller and its helper share; see arena.h. */

#include "strategies/broker/arena.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "lib/raw.h"

static_assert(sizeof(((struct sw_arena *)0)->slots[0]) == SW_SLOT_BYTES,
	      "a slot and its block leave no gap");
static_assert(offsetof(struct sw_arena, large) % SW_PAGE_BYTES == 0 &&
		      offsetof(struct sw_arena, end) % SW_PAGE_BYTES == 0,
	      "areas begin with a page");

/* What docs/broker-protocol.md says. */
static_assert(sizeof(struct sw_request) == 184 &&
		      offsetof(struct sw_slot, order.thread) == 224 &&
		      offsetof(struct sw_slot, order.cpus) == 344 &&
		      offsetof(struct sw_slot, child) == 1368 &&
		      offsetof(struct sw_slot, failure) == 1432 &&
		      offsetof(struct sw_slot, note) == 1448 &&
		      sizeof(struct sw_slot) == 1456,
	      "the slots are as documented");
static_assert(offsetof(struct sw_arena, large) == 2097152 &&
		      offsetof(struct sw_arena, owned) == 18939904 &&
		      offsetof(struct sw_arena, answers) == 18939944 &&
		      offsetof(struct sw_arena, submitted) == 18940968 &&
		      offsetof(struct sw_arena, bell) == 18941008,
	      "the areas are as documented");

/* Untouched pages cost nothing but their promise. Without it (MAP_NORESERVE in
 * mmap(2)) a first touch is SIGBUS when strict overcommit was switched on later
 * and nothing is left (shmem_acct_blocks() in mm/shmem.c). */
int sw_arena_open(struct sw_arena **out)
{
	struct sw_arena *arena =
		mmap(NULL, sizeof *arena, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (arena == MAP_FAILED)
		return -ENOMEM;
	if (mmap(arena->end, sizeof arena->end, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED) {
		munmap(arena, sizeof *arena);
		return -ENOMEM;
	}
	*out = arena;
	return 0;
}

void sw_arena_close(struct sw_arena *arena)
{
	munmap(arena, sizeof *arena);
}

/* The end of a large one that overlaps bytes at start, or 0. */
static size_t end_of_overlap(const struct sw_larges *larges, size_t start,
			     size_t bytes)
{
	for (int slot = 0; slot < SW_SLOT_COUNT; slot++) {
		const struct sw_large *large = &larges->of_slot[slot];

		if (large->bytes && start < large->start + large->bytes &&
		    large->start < start + bytes)
			return large->start + large->bytes;
	}
	return 0;
}

/* First fit. Each is one of whole pages, because giving back is. */
char *sw_large_take(struct sw_larges *larges, struct sw_arena *arena, int slot,
		    size_t bytes)
{
	size_t start = 0, end;

	if (bytes > SW_LARGE_BYTES)
		return NULL;
	bytes = (bytes + SW_PAGE_BYTES - 1) & ~(SW_PAGE_BYTES - 1);
	pthread_mutex_lock(&larges->lock);
	while ((end = end_of_overlap(larges, start, bytes)))
		start = end;
	if (start + bytes <= SW_LARGE_BYTES)
		larges->of_slot[slot] = (struct sw_large){ start, bytes };
	pthread_mutex_unlock(&larges->lock);
	return start + bytes <= SW_LARGE_BYTES ? arena->large + start : NULL;
}

void sw_large_give(struct sw_larges *larges, struct sw_arena *arena, int slot)
{
	struct sw_large *large = &larges->of_slot[slot];

	if (!large->bytes)
		return;
	raw3(SYS_madvise, arena->large + large->start, large->bytes,
	     MADV_REMOVE);
	pthread_mutex_lock(&larges->lock);
	large->bytes = 0;
	pthread_mutex_unlock(&larges->lock);
}
