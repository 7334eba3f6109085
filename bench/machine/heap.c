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
const char *const backing_names[] = { "base",	   "thp",    "hugetlb",
				      "untouched", "shared", "dontfork",
				      NULL };

static const struct backing backings[] = {
	{ "base", PAGES_BASE, true, 0, MAP_PRIVATE, 1.0 },
	{ "thp", PAGES_THP, true, MADV_HUGEPAGE, MAP_PRIVATE, 0.02 },
	{ "hugetlb", PAGES_HUGETLB, true, 0, MAP_PRIVATE | MAP_HUGETLB, 0.02 },
	{ "untouched", PAGES_BASE, false, 0, MAP_PRIVATE, 0.0 },
	{ "shared", PAGES_BASE, true, 0, MAP_SHARED, 0.0 },
	{ "dontfork", PAGES_BASE, true, MADV_DONTFORK, MAP_PRIVATE, 0.0 },
	{ NULL, PAGES_BASE, false, 0, 0, 0 },
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
	const uint64_t least = heap->bytes / 100;
	struct smaps_facts range = { 0 };
	uint64_t others = 0;
	int error = smaps_range(heap->start, heap->bytes, &range);
	const uint64_t found[PAGES_KINDS] = { range.rss_bytes -
						      range.anon_huge_bytes,
					      range.anon_huge_bytes,
					      range.hugetlb_bytes };

	if (error)
		return fail(why, error, NULL, "%s", strerror(-error));
	for (enum heap_pages kind = 0; kind < PAGES_KINDS; kind++)
		if (kind != backing->pages || !backing->populate)
			others += found[kind];
	/* The kernel may have merged a neighbour of ours into the mapping. */
	if (range.size_bytes == heap->bytes && range.vmas == (size_t)vmas &&
	    others <= least + range.outside_bytes &&
	    (!backing->populate ||
	     found[backing->pages] >= heap->bytes - least))
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
		    (unsigned long long)(range.anon_huge_bytes +
					 range.hugetlb_bytes) >>
			    10);
}

/* Huge pages want an aligned start: map more, give the edges back. */
static void *map_aligned(uint64_t bytes, int flags)
{
	const uint64_t more = flags & MAP_HUGETLB ? 0 : HUGE_PAGE_BYTES;
	uint64_t edge;
	char *start = mmap(NULL, bytes + more, PROT_READ | PROT_WRITE,
			   flags | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		return NULL;
	if (!more)
		return start;
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
	if (backing->populate && backing->pages != PAGES_HUGETLB)
		error = check_room(bytes, why);
	if (error)
		return error;
	heap->start = map_aligned(bytes, backing->flags);
	if (!heap->start && backing->pages == PAGES_HUGETLB)
		return fail(why, -ENOTSUP, NULL,
			    "fewer than %llu huge pages of 2 MiB are set aside "
			    "and free: vm.nr_hugepages",
			    (unsigned long long)(bytes / HUGE_PAGE_BYTES));
	if (!heap->start)
		return fail(why, -ENOMEM, NULL, "%s", strerror(ENOMEM));
	/* A kernel without others may refuse. */
	if (backing->pages == PAGES_BASE)
		madvise(heap->start, bytes, MADV_NOHUGEPAGE);
	if (backing->advice && madvise(heap->start, bytes, backing->advice)) {
		error = -errno;
		return fail(why, -ENOTSUP, NULL,
			    backing->pages == PAGES_THP
				    ? "this kernel has no huge pages"
				    : "madvise(2): %s",
			    strerror(-error));
	}
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
	const uint64_t unit = backing->pages != PAGES_BASE
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
