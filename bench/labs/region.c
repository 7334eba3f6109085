/* SPDX-License-Identifier: MIT */
/* A heap that is never touched; see region.h. */

#include "bench/labs/region.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t whole_pages(uint64_t bytes)
{
	return bytes - bytes % page_bytes();
}

void room_end(struct room *room, uint64_t bytes, const char *word)
{
	if (bytes < room->bytes)
		*room = (struct room){ bytes, word };
}

void room_limit(struct room *room, const struct predict_facts *facts,
		uint64_t spare_bytes)
{
	if (facts->address_limit_bytes)
		room_end(room,
			 minus(facts->address_limit_bytes,
			       facts->total_vm_bytes + spare_bytes),
			 "rlimit_as");
	if (facts->data_limit_bytes)
		room_end(room,
			 minus(facts->data_limit_bytes, facts->data_bytes),
			 "rlimit_data");
}

int region_reserve(struct region *regions, unsigned count, uint64_t room_bytes,
		   int flags)
{
	const uint64_t part_bytes = room_bytes + 2 * page_bytes();
	char *all = mmap(NULL, count * part_bytes, PROT_NONE,
			 flags | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED)
		return -ENOMEM; /* the limit of mappings has this name too */
	for (unsigned i = 0; i < count; i++)
		regions[i] = (struct region){
			.start = all + i * part_bytes + page_bytes(),
			.room_bytes = room_bytes,
			.flags = flags,
		};
	return 0;
}

uint64_t region_largest(uint64_t limit_bytes)
{
	uint64_t granted = 0;
	uint64_t refused = whole_pages(limit_bytes) + page_bytes();

	while (refused - granted > page_bytes()) {
		const uint64_t bytes =
			whole_pages(granted + (refused - granted) / 2);
		struct region region;

		if (region_reserve(&region, 1, bytes, MAP_PRIVATE)) {
			refused = bytes;
		} else {
			munmap(region.start - page_bytes(),
			       bytes + 2 * page_bytes());
			granted = bytes;
		}
	}
	return granted;
}

int region_grow(struct region *region, uint64_t bytes, uint64_t step_bytes)
{
	if (bytes > region->room_bytes)
		return -ENOMEM;
	while (region->used_bytes < bytes) {
		const uint64_t step =
			smaller(step_bytes, bytes - region->used_bytes);

		if (mprotect(region->start + region->used_bytes, step,
			     PROT_READ | PROT_WRITE))
			return -errno;
		region->used_bytes += step;
	}
	return 0;
}

/* Only a new mapping is free of the charge: one that mprotect(2) closes keeps
 * it (mm/mprotect.c, before Linux 6.6). */
int region_shrink(struct region *region, uint64_t bytes)
{
	if (region->used_bytes <= bytes)
		return 0;
	if (mmap(region->start + bytes, region->used_bytes - bytes, PROT_NONE,
		 region->flags | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return -errno;
	region->used_bytes = bytes;
	return 0;
}
