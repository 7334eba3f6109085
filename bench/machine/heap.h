/* SPDX-License-Identifier: MIT */
/* The heap of the process under test: mapped, populated, verified. */
#ifndef MACHINE_HEAP_H
#define MACHINE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct failure;

/* As smaps tells them apart. */
enum heap_pages { PAGES_BASE, PAGES_THP, PAGES_HUGETLB, PAGES_KINDS };

/* How a heap is backed. */
struct backing {
	const char *name;
	enum heap_pages pages; /* that every part of it has */
	bool populate;	       /* every page is written once */
	int advice;	   /* of madvise(2), before the first touch; 0: none */
	int flags;	   /* of mmap(2) */
	double fork_share; /* cost of copying its page tables, base = 1 */
};

/* The backing of that name ("base", "thp", "shared"), or NULL. */
const struct backing *backing_find(const char *name);

/* The names of all, ended by NULL. */
extern const char *const backing_names[];

struct heap {
	void *start;
	uint64_t bytes;
};

/*
 * Map bytes (0: nothing) as backing says and populate them on every CPU this
 * process may use, once. 0, or why holds the reason: -ENOMEM when it cannot be
 * mapped or filled, or would leave too little to others; -ENOTSUP when what
 * smaps shows afterwards is not what the backing promises.
 */
int heap_grow(struct heap *heap, uint64_t bytes, const struct backing *backing,
	      struct failure *why);

/* Make it so many mappings, of equal size but for whole pages. 0, or -errno
 * with why filled. */
int heap_split(const struct heap *heap, int vmas, const struct backing *backing,
	       struct failure *why);

#endif
