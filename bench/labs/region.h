/* SPDX-License-Identifier: MIT */
/*
 * A heap that grows to any size and is never touched: addresses are reserved
 * first, and made writable in steps.
 *
 * Steps that follow each other become one VMA (mprotect(2); vma_merge() in
 * mm/vma.c), so that a heap can be larger than any single request that the
 * kernel grants. At either end a page stays closed: no neighbour merges.
 */
#ifndef LABS_REGION_H
#define LABS_REGION_H

#include <stdint.h>

struct region {
	char *start;
	uint64_t room_bytes; /* reserved: not charged */
	uint64_t used_bytes; /* from start on, writable */
	int flags;
};

/* Reserve room_bytes, whole pages. flags are MAP_PRIVATE or MAP_SHARED, with
 * MAP_NORESERVE or not (mmap(2)); what is shared is charged now. 0, or -ENOMEM
 * with nothing to release. */
int region_reserve(struct region *region, uint64_t room_bytes, int flags);

/* The same for several of equal size, beside each other: together they need no
 * more than one place. Two that are reserved one by one may not fit where one
 * as large as both does: Linux 6.7 and later aligns what could be huge pages,
 * and leaves a gap of up to 2 MiB (__get_unmapped_area() in mm/mmap.c). */
int region_reserve_parts(struct region *parts, unsigned count,
			 uint64_t room_bytes, int flags);

/* The most that can be reserved at one place now, but at most limit_bytes. */
uint64_t region_largest(uint64_t limit_bytes);

/* Make bytes of it writable in all, in steps of at most step_bytes. 0, or
 * -ENOMEM, of the room too, with what was granted before the refusal. */
int region_grow(struct region *region, uint64_t bytes, uint64_t step_bytes);

/* Give back all but bytes: they are reserved again. 0 or a negative errno. */
int region_shrink(struct region *region, uint64_t bytes);

void region_release(struct region *region);

/* The size of a page, and a size cut to whole pages. */
uint64_t page_bytes(void);
uint64_t whole_pages(uint64_t bytes);

#endif
