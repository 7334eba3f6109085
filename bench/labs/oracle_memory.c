/* SPDX-License-Identifier: MIT */
/* The memory of an oracle's parent; see oracle_memory.h. */

#include "bench/labs/oracle_memory.h"

#include <errno.h>
#include <sys/mman.h>

#include "bench/labs/region.h"
#include "bench/machine/memory.h"
#include "bench/measure/predict_facts.h"
#include "bench/rows/rows.h"
#include "lib/spawnwise.h"

#define MIB ((uint64_t)1 << 20)
#define SMALL_BYTES (64 * MIB)
#define SMALLEST_BYTES ((uint64_t)64 * 1024) /* where nothing is left */

/* Below the kernel's batch of 32 pages and more (mm_compute_batch() in
 * mm/mm_init.c): once a step of this size is refused the common counter has
 * the limit's value, and every smaller one is refused too. */
#define LAST_STEP_BYTES ((uint64_t)32 * 1024)

/* Other processes may give some back meanwhile. */
#define EXHAUSTED_ROOM(left_bytes) (2 * (left_bytes))

/* Huge, in requests that mode 0 grants: 3/4 of RAM and swap each. */
#define HUGE_REQUESTS 2

/* Each has less than a copy of it would need in some mode, but for `small`. */
const struct memory memories[MEMORY_COUNT] = {
	{ { .name = "small" }, MEMORY_SMALL, .mapping = { .vmas = 1 } },
	{ { .name = "large" }, MEMORY_LARGE, .mapping = { .vmas = 1 } },
	{ { .name = "merged" }, MEMORY_HUGE, .mapping = { .vmas = 1 } },
	{ { .name = "split" }, MEMORY_HUGE, .mapping = { .vmas = 2 } },
	{ { .name = "dontfork" },
	  MEMORY_STRONG,
	  .mapping = { .vmas = 1, .dontfork = true } },
	{ { .name = "noreserve_before" },
	  MEMORY_STRONG,
	  .early = true,
	  .mapping = { .vmas = 1, .noreserve = true } },
	{ { .name = "noreserve_after" },
	  MEMORY_STRONG,
	  .mapping = { .vmas = 1, .noreserve = true } },
	{ { .name = "shared" },
	  MEMORY_LARGE,
	  .mapping = { .vmas = 1, .shared = true } },
	{ { .name = "exhausted" }, MEMORY_ALL, .mapping = { .vmas = 1 } },
};

/* Where the worker's memory is; it has one. */
static struct region region;

static uint64_t size_of(enum memory_size size, int mode,
			const struct predict_facts *facts)
{
	const uint64_t all_bytes = facts->ram_bytes + facts->swap_bytes;
	const uint64_t left_bytes = predict_left(facts);
	struct meminfo memory;

	if (size == MEMORY_STRONG)
		size = mode == 2 ? MEMORY_LARGE : MEMORY_HUGE;
	switch (size) {
	case MEMORY_SMALL:
		return mode == 2 ? smaller(left_bytes / 8, SMALL_BYTES)
				 : SMALL_BYTES;
	case MEMORY_LARGE:
		/* A little more than half of what may still be committed. */
		if (mode == 2)
			return left_bytes / 2 + predict_slack(facts) + 16 * MIB;
		if (meminfo_read(&memory))
			return all_bytes / 2;
		return (memory.available_bytes + memory.swap_free_bytes +
			all_bytes) /
		       2;
	case MEMORY_HUGE:
		return all_bytes / 4 * 6;
	default:
		return left_bytes + (mode == 2 ? 0 : predict_slack(facts));
	}
}

bool oracle_exhausts(const struct oracle *oracle)
{
	return oracle_memory(oracle)->size == MEMORY_ALL &&
	       oracle->trial.mode == 2;
}

/* Steps of half the size down to the last one. What is left of the whole is
 * then less than a stack of the libc's. */
void oracle_exhaust(const struct oracle *oracle)
{
	if (!oracle_exhausts(oracle))
		return;
	for (uint64_t step = whole_pages(region.room_bytes / 2);
	     step >= LAST_STEP_BYTES; step = whole_pages(step / 2))
		while (!region_resize(&region, region_used(&region) + step,
				      step))
			;
}

/* All that is left is granted by its very definition. */
static int predict_mapped(const struct oracle *oracle,
			  const struct predict_mapping *mapping, int mode,
			  struct predict_facts *facts)
{
	if (!oracle_exhausts(oracle))
		return predict_map(mapping, mode, facts);
	facts->total_vm_bytes += EXHAUSTED_ROOM(mapping->bytes);
	facts->accountable_bytes += predict_left(facts);
	facts->committed_bytes += predict_left(facts);
	return 0;
}

static int map_all(const struct oracle *oracle,
		   const struct predict_mapping *mapping)
{
	const int flags = (mapping->shared ? MAP_SHARED : MAP_PRIVATE) |
			  (mapping->noreserve ? MAP_NORESERVE : 0);
	const bool exhausts = oracle_exhausts(oracle);
	int error = region_reserve(&region, mapping->vmas,
				   exhausts ? EXHAUSTED_ROOM(mapping->bytes)
					    : mapping->bytes,
				   flags);

	if (!error && exhausts)
		oracle_exhaust(oracle);
	else if (!error)
		error = region_resize(&region, mapping->bytes,
				      mapping->bytes / mapping->requests);
	if (!error && mapping->dontfork &&
	    madvise(region.start, mapping->bytes, MADV_DONTFORK))
		error = -errno;
	return error;
}

/* In mode 2, what others need is left to them. */
static bool may_map(struct oracle *oracle,
		    const struct predict_mapping *mapping, int mode,
		    const struct predict_facts *after)
{
	struct trial *trial = &oracle->trial;
	const char *harm;

	if (mode != 2 || trial->context->alone)
		return true;
	harm = request_harm(mapping->bytes / mapping->requests, &oracle->facts)
		       ?: headroom_lack(0, after);
	trial->for_others = harm;
	if (harm) /* what is there already stays: the strategy's refusal */
		snprintf(trial->skipped, sizeof trial->skipped, "%s", harm);
	return !harm;
}

int oracle_map(struct oracle *oracle, int mode)
{
	const struct memory *memory = oracle_memory(oracle);
	const int next_mode = oracle->trial.mode;
	struct predict_mapping mapping = memory->mapping;
	struct predict_facts after;
	int error = predict_facts_self(&oracle->facts);

	if (error)
		return error;
	/* Early memory has the size that the mode to come makes interesting. */
	oracle->heap_bytes =
		larger(2 * whole_pages(size_of(memory->size, next_mode,
					       &oracle->facts) /
				       2),
		       SMALLEST_BYTES);
	after = oracle->facts;
	mapping.bytes = oracle->heap_bytes;
	mapping.requests = 1;
	if (!mapping.shared &&
	    mapping.bytes > after.ram_bytes + after.swap_bytes)
		mapping.requests = HUGE_REQUESTS;
	oracle->map_mode = mode;
	oracle->predicted = predict_mapped(oracle, &mapping, mode, &after);
	oracle->observed = may_map(oracle, &mapping, mode, &after)
				   ? -map_all(oracle, &mapping)
				   : OUTCOME_UNKNOWN;
	oracle->at_map = oracle->predicted || oracle->observed > 0;
	if (oracle->at_map)
		return 0;
	/* Memory that is not mapped still has a predicted answer. */
	oracle->facts = after;
	oracle->predicted =
		predict(oracle->trial.strategy->traits, next_mode, &after);
	return 0;
}
