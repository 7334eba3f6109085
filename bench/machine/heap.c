/* SPDX-License-Identifier: MIT */
/*
 * Growing a heap that is what its label says.
 *
 * The mapping is one VMA. Populating by two threads halves the longest part
 * of a run; the kernel does it fastest itself (MADV_POPULATE_WRITE, Linux
 * 5.14, madvise(2)), an older one has each page touched.
 */

#include "bench/machine/heap.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/machine/failure.h"
#include "bench/machine/memory.h"
#include "bench/machine/units.h"

#define HUGE_PAGE_BYTES (UINT64_C(2) << 20)
#define STACK_BYTES (64 * 1024)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* fork_share: a THP entry stands for 512 base pages, an untouched heap has no
 * page tables; measured values are in data/reference. */
const char *const backing_names[] = { "base", "thp", "untouched", NULL };

static const struct backing backings[] = {
	{ "base", true, MADV_NOHUGEPAGE, 1.0 },
	{ "thp", true, MADV_HUGEPAGE, 0.02 },
	{ "untouched", false, MADV_NOHUGEPAGE, 0.0 },
	{ NULL, false, 0, 0 },
};

const struct backing *backing_find(const char *name)
{
	for (const struct backing *backing = backings; backing->name; backing++)
		if (!strcmp(backing->name, name))
			return backing;
	return NULL;
}

struct share {
	char *start;
	uint64_t bytes;
	int error;
};

static void *populate_share(void *data)
{
	struct share *share = data;
	const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!share->bytes ||
	    !madvise(share->start, share->bytes, MADV_POPULATE_WRITE))
		return NULL;
	if (errno != EINVAL) {
		share->error = -errno;
		return NULL;
	}
	for (uint64_t at = 0; at < share->bytes; at += page_bytes)
		((volatile char *)share->start)[at] = 1;
	return NULL;
}

static int populate(const struct heap *heap)
{
	const uint64_t half =
		heap->bytes / 2 / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
	struct share first = { .start = heap->start, .bytes = half };
	struct share second = { .start = first.start + half,
				.bytes = heap->bytes - half };
	pthread_attr_t attributes;
	pthread_t thread;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	/* The libc keeps the stack, and a copy of the process asks for it. */
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	error = pthread_create(&thread, &attributes, populate_share, &first);
	pthread_attr_destroy(&attributes);
	populate_share(&second);
	if (error)
		populate_share(&first);
	else
		pthread_join(thread, NULL);
	return first.error ? first.error : second.error;
}

/* Whether smaps agrees: at least 99 % where pages are promised, at most 1 %
 * where they are not; the rest is what khugepaged may be doing right now. */
static int verify(const struct heap *heap, const struct backing *backing,
		  int vmas, struct failure *why)
{
	const uint64_t most = heap->bytes - heap->bytes / 100;
	const uint64_t least = heap->bytes / 100;
	const bool huge = backing->advice == MADV_HUGEPAGE;
	struct smaps_facts range = { 0 };
	uint64_t spare;
	int error = smaps_range(heap->start, heap->bytes, &range);

	if (error)
		return fail(why, error, NULL, "%s", strerror(-error));
	/* The kernel may have merged a neighbour of ours into the mapping. */
	spare = range.outside_bytes;
	if (range.size_bytes == heap->bytes && range.vmas == (size_t)vmas &&
	    range.rss_bytes >= (backing->populate ? most : 0) &&
	    range.rss_bytes <=
		    (backing->populate ? heap->bytes : least) + spare &&
	    range.anon_huge_bytes >= (huge ? most : 0) &&
	    range.anon_huge_bytes <= (huge ? heap->bytes : least))
		return 0;
	if (range.vmas != (size_t)vmas)
		return fail(why, -ENOTSUP, NULL,
			    "the heap has %zu mappings instead of %d",
			    range.vmas, vmas);
	return fail(why, -ENOTSUP, NULL,
		    "the heap is not backed as %s: of %llu KiB, %llu KiB are "
		    "resident and %llu KiB in huge pages",
		    backing->name, (unsigned long long)heap->bytes >> 10,
		    (unsigned long long)range.rss_bytes >> 10,
		    (unsigned long long)range.anon_huge_bytes >> 10);
}

/* Huge pages want an aligned start: map more, give the edges back. */
static void *map_aligned(uint64_t bytes)
{
	uint64_t edge;
	char *start =
		mmap(NULL, bytes + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		return NULL;
	edge = -(uintptr_t)start % HUGE_PAGE_BYTES;
	if (edge)
		munmap(start, edge);
	munmap(start + edge + bytes, HUGE_PAGE_BYTES - edge);
	return start + edge;
}

/* Others may have taken memory since the size was chosen. Where this heap would
 * leave less than an eighth of what there is, somebody may be killed. */
static int check_room(uint64_t bytes, struct failure *why)
{
	char reason[MEMORY_WHY_BYTES];
	uint64_t room_bytes;
	int error = memory_room(&room_bytes, reason, sizeof reason);

	if (!error && bytes <= room_bytes - room_bytes / 8)
		return 0;
	return error ? fail(why, error, NULL, "%s", reason)
		     : fail(why, -ENOMEM, NULL, "there are only %s", reason);
}

int heap_grow(struct heap *heap, uint64_t bytes, const struct backing *backing,
	      struct failure *why)
{
	int error = 0;

	*heap = (struct heap){ .bytes = bytes };
	if (!bytes)
		return 0;
	if (backing->populate)
		error = check_room(bytes, why);
	if (error)
		return error;
	heap->start = map_aligned(bytes);
	if (!heap->start)
		return fail(why, -ENOMEM, NULL, "%s", strerror(ENOMEM));
	if (madvise(heap->start, bytes, backing->advice) &&
	    backing->advice == MADV_HUGEPAGE)
		return fail(why, -ENOTSUP, NULL,
			    "this kernel has no huge pages");
	if (backing->populate)
		error = populate(heap);
	return error ? fail(why, error, NULL, "%s", strerror(-error))
		     : verify(heap, backing, 1, why);
}

/* Neighbours are apart whose flags differ, and that one means nothing to a
 * fork: VM_DONTDUMP, madvise(2). */
int heap_split(const struct heap *heap, int vmas, const struct backing *backing,
	       struct failure *why)
{
	const uint64_t unit = backing->advice == MADV_HUGEPAGE
				      ? HUGE_PAGE_BYTES
				      : (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t units = heap->bytes / unit, parts = (uint64_t)vmas;

	if (parts == 1)
		return 0;
	if (parts > units)
		return fail(why, -EINVAL, NULL,
			    "a heap of %s has no %d mappings",
			    size_human(heap->bytes).text, vmas);
	for (uint64_t i = 1; i < parts; i += 2) {
		const uint64_t begin = units * i / parts * unit;
		const uint64_t end = i + 1 < parts
					     ? units * (i + 1) / parts * unit
					     : heap->bytes;

		if (madvise((char *)heap->start + begin, end - begin,
			    MADV_DONTDUMP))
			return fail(why, -errno, NULL, "%d mappings: %s", vmas,
				    strerror(errno));
	}
	return verify(heap, backing, vmas, why);
}
