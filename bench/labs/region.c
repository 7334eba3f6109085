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

/* Of a VMA, and of the closed pages around it. */
static uint64_t place_bytes(const struct region *region)
{
	return region->room_bytes + 2 * page_bytes();
}

int region_reserve(struct region *region, unsigned vmas, uint64_t bytes,
		   int flags)
{
	char *all;

	*region = (struct region){ .vmas = vmas,
				   .flags = flags | MAP_ANONYMOUS,
				   .room_bytes = whole_pages(bytes / vmas) };
	all = mmap(NULL, vmas * place_bytes(region), PROT_NONE, region->flags,
		   -1, 0);
	if (all == MAP_FAILED)
		return -ENOMEM; /* the limit of mappings has this name too */
	region->start = all + page_bytes();
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
			       place_bytes(&region));
			granted = bytes;
		}
	}
	return granted;
}

/* Only a new mapping is free of the charge: one that mprotect(2) closes keeps
 * it (mm/mprotect.c, before Linux 6.6). */
static int resize_vma(char *start, uint64_t *used_bytes, uint64_t bytes,
		      uint64_t step_bytes, int flags)
{
	if (*used_bytes > bytes) {
		if (mmap(start + bytes, *used_bytes - bytes, PROT_NONE,
			 flags | MAP_FIXED, -1, 0) == MAP_FAILED)
			return -errno;
		*used_bytes = bytes;
	}
	while (*used_bytes < bytes) {
		const uint64_t step = smaller(step_bytes, bytes - *used_bytes);

		if (mprotect(start + *used_bytes, step, PROT_READ | PROT_WRITE))
			return -errno;
		*used_bytes += step;
	}
	return 0;
}

int region_resize(struct region *region, uint64_t bytes, uint64_t step_bytes)
{
	const uint64_t vma_bytes = whole_pages(bytes / region->vmas);
	int error = vma_bytes > region->room_bytes ? -ENOMEM : 0;

	for (unsigned i = 0; i < region->vmas && !error; i++)
		error = resize_vma(region->start + i * place_bytes(region),
				   &region->used_bytes[i], vma_bytes,
				   step_bytes, region->flags);
	return error;
}

uint64_t region_used(const struct region *region)
{
	return region->used_bytes[0] + region->used_bytes[1];
}
