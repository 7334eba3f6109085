/* SPDX-License-Identifier: MIT */
/*
 * The process that takes all memory it gets; see promise.h.
 *
 * By mmap(2), as malloc(3) does for such sizes (mallopt(3), M_MMAP_THRESHOLD),
 * but without the head that malloc() writes into each piece: with transparent
 * huge pages that can make 2 MiB of each of 131,072 pieces real.
 */

#include "bench/labs/promise.h"

#include <sys/mman.h>

#include "bench/machine/memory.h"
#include "bench/measure/predict_facts.h"

#define GIB ((uint64_t)1 << 30)
#define SMALLEST_STEP ((size_t)64 * 1024)
#define USED (PROT_READ | PROT_WRITE)

/* Whether a request may be made: in mode 2 one that is granted is taken from
 * all others. */
static bool is_harmless(struct promise *promise, uint64_t bytes)
{
	struct predict_facts facts;
	char reason[256];

	if (promise->mode != 2 || promise->alone)
		return true;
	if (predict_facts_self(&facts))
		return false;
	facts.committed_bytes += bytes;
	if (headroom_ok(0, &facts, reason, sizeof reason))
		return true;
	promise->held_back = true;
	return false;
}

static void *map(size_t bytes, int protection)
{
	void *piece = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	return piece == MAP_FAILED ? NULL : piece;
}

/* Two are needed: a single one may fill a gap. Where addresses are too few for
 * both there is nothing to say. */
static bool is_unusual(void)
{
	char *first = map(GIB, PROT_NONE);
	char *second = map(GIB, PROT_NONE);
	const bool unusual = first && second &&
			     (second > first ||
			      (uintptr_t)second < ADDRESS_SPACE_BYTES / 8 * 7);

	if (first)
		munmap(first, GIB);
	if (second)
		munmap(second, GIB);
	return unusual;
}

/* By bisection: each request is given back at once. */
static uint64_t find_largest(struct promise *promise)
{
	uint64_t granted = 0, refused = ADDRESS_SPACE_BYTES;

	while (refused - granted > SMALLEST_STEP) {
		const uint64_t bytes = granted + (refused - granted) / 2;
		void *piece =
			is_harmless(promise, bytes) ? map(bytes, USED) : NULL;

		if (piece) {
			munmap(piece, bytes);
			granted = bytes;
		} else {
			refused = bytes;
		}
	}
	return granted;
}

static uint64_t take_all(struct promise *promise)
{
	uint64_t taken = 0;

	for (size_t step = GIB; step >= SMALLEST_STEP; step /= 2)
		while (is_harmless(promise, step) && map(step, USED))
			taken += step;
	return taken;
}

void promise_take(void *data)
{
	struct promise *promise = data;
	struct meminfo after;

	promise->error = predict_facts_self(&promise->facts);
	if (promise->error)
		return;
	promise->unusual = is_unusual();
	promise->largest_bytes = find_largest(promise);
	promise->held_back = false;
	promise->promised_bytes = take_all(promise);
	promise->error = meminfo_read_commit(&after);
	/* Others may have given back more than we got. */
	if (!promise->error &&
	    after.committed_bytes > promise->facts.committed_bytes)
		promise->committed_bytes =
			after.committed_bytes - promise->facts.committed_bytes;
}
