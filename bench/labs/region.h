/* SPDX-License-Identifier: MIT */
/*
 * A heap that grows to any size and is never touched: addresses are reserved
 * first, and made writable in steps.
 *
 * Steps that follow each other become one VMA (mprotect(2); vma_merge() in
 * mm/vma.c), so that a heap can be larger than any single request that the
 * kernel grants. At either end of a VMA a page stays closed: no neighbour
 * merges.
 */
#ifndef LABS_REGION_H
#define LABS_REGION_H

#include <stdint.h>

#include "bench/judge/predict.h"
#include "bench/machine/units.h"

#define REGION_VMAS_MAX 2

struct region {
	char *start; /* of the first VMA */
	unsigned vmas;
	int flags;
	uint64_t room_bytes; /* of each: reserved, not charged */
	uint64_t used_bytes[REGION_VMAS_MAX]; /* of each from its start on,
					       * writable */
};

/* Reserve bytes, cut to whole pages, for a heap of so many VMAs of equal size.
 * flags are MAP_PRIVATE or MAP_SHARED, with MAP_NORESERVE or not (mmap(2));
 * what is shared is charged now. 0, or -ENOMEM with nothing to release. All of
 * it needs no more than one place. VMAs that are reserved one by one may not
 * fit where one as large as all does: Linux 6.7 and later aligns what could be
 * huge pages, and leaves a gap of up to 2 MiB (__get_unmapped_area() in
 * mm/mmap.c). */
int region_reserve(struct region *region, unsigned vmas, uint64_t bytes,
		   int flags);

/* The most that can be reserved at one place now, but at most limit_bytes. */
uint64_t region_largest(uint64_t limit_bytes);

/* Make bytes of it writable in all, in steps of at most step_bytes, and give
 * back the others: they are reserved again. 0, or a negative errno, -ENOMEM of
 * the room too, with what was granted before the refusal. */
int region_resize(struct region *region, uint64_t bytes, uint64_t step_bytes);

/* How many bytes of it are writable in all. */
uint64_t region_used(const struct region *region);

/* The largest heap for which there are addresses, and what ends it, as a word
 * of the column stopped_by. */
struct room {
	uint64_t bytes;
	const char *ends;
};

/* It ends after so many bytes, if nothing ends it before. */
void room_end(struct room *room, uint64_t bytes, const char *word);

/* The same for RLIMIT_AS, which spare_bytes besides the heap count for, and
 * RLIMIT_DATA. */
void room_limit(struct room *room, const struct predict_facts *facts,
		uint64_t spare_bytes);

/* The size of a page, and a size cut to whole pages. */
uint64_t page_bytes(void);
uint64_t whole_pages(uint64_t bytes);

#endif
