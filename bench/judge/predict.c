/* SPDX-License-Identifier: MIT */
/*
 * Will a spawn be refused for want of memory? Arithmetic on known facts.
 */

#include "bench/judge/predict.h"

#include <errno.h>
#include <stdio.h>

#include "lib/spawnwise.h"

#define MIB (1024 * 1024)
#define HEADROOM_MIN_BYTES (256ull * MIB)
#define HEADROOM_RAM_DIVISOR 50 /* 2 % */

static uint64_t minus(uint64_t from, uint64_t bytes)
{
	return from > bytes ? from - bytes : 0;
}

/* What __vm_enough_memory() calls allowed: each process keeps a little less
 * than the limit for root and for the user who must kill it. */
static uint64_t allowed_bytes(const struct predict_facts *facts)
{
	uint64_t reserve_bytes = facts->total_vm_bytes / 32;
	uint64_t allowed = facts->commit_limit_bytes;

	if (reserve_bytes > facts->user_reserve_bytes)
		reserve_bytes = facts->user_reserve_bytes;
	if (!facts->admin)
		allowed = minus(allowed, facts->admin_reserve_bytes);
	return minus(allowed, reserve_bytes);
}

uint64_t predict_left(const struct predict_facts *facts)
{
	return minus(allowed_bytes(facts), facts->committed_bytes);
}

uint64_t predict_commit(unsigned traits, const struct predict_facts *facts)
{
	return traits & SW_CHARGES_COMMIT ? facts->accountable_bytes : 0;
}

int predict(unsigned traits, int overcommit, const struct predict_facts *facts)
{
	uint64_t asked_bytes = predict_commit(traits, facts);
	bool enough = true;

	if (!asked_bytes)
		return 0;
	/* Mode 0 looks at each VMA alone; free memory plays no part. */
	if (overcommit == 0)
		enough = facts->largest_vma_bytes <=
			 facts->ram_bytes + facts->swap_bytes;
	/* The request is added first and must then stay below. */
	if (overcommit == 2)
		enough = facts->committed_bytes + asked_bytes <
			 allowed_bytes(facts);
	return enough ? 0 : ENOMEM;
}

bool headroom_ok(unsigned traits, const struct predict_facts *facts, char *why,
		 size_t why_bytes)
{
	uint64_t needed_bytes = facts->ram_bytes / HEADROOM_RAM_DIVISOR;
	uint64_t held_bytes = facts->committed_bytes;
	uint64_t left_bytes;

	if (needed_bytes < HEADROOM_MIN_BYTES)
		needed_bytes = HEADROOM_MIN_BYTES;
	if (!predict(traits, 2, facts))
		held_bytes += predict_commit(traits, facts);
	left_bytes = minus(facts->commit_limit_bytes, held_bytes);
	if (left_bytes >= needed_bytes)
		return true;
	snprintf(why, why_bytes,
		 "Mode 2 would leave less than the %llu MiB that other "
		 "programs need: run again when they have ended, raise "
		 "vm.overcommit_ratio, or take a smaller heap.",
		 (unsigned long long)(needed_bytes / MIB));
	return false;
}
