/* SPDX-License-Identifier: MIT */
/*
 * Will a spawn be refused for want of memory? Arithmetic on known facts.
 */

#include "bench/judge/predict.h"

#include <errno.h>
#include <stdio.h>

#include "bench/machine/units.h"
#include "lib/spawnwise.h"

#define MIB (1024 * 1024)
#define HEADROOM_MIN_BYTES (256ull * MIB)
#define HEADROOM_RAM_DIVISOR 50 /* 2 % */
#define SLACK_RAM_DIVISOR 256

/* What glibc's posix_spawn maps for a child with a few arguments
 * (sysdeps/unix/sysv/linux/spawni.c): 32 KiB, its argv and a page's rest. */
#define CHILD_STACK_BYTES ((uint64_t)36 * 1024)

/* What __vm_enough_memory() calls allowed: each process keeps a little less
 * than the limit for root and for the user who must kill it. */
static uint64_t allowed_bytes(const struct predict_facts *facts)
{
	const uint64_t reserve_bytes =
		smaller(facts->total_vm_bytes / 32, facts->user_reserve_bytes);
	uint64_t allowed = facts->commit_limit_bytes;

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

uint64_t predict_asked(unsigned traits, const struct predict_facts *facts)
{
	return predict_commit(traits, facts) +
	       (traits & SW_MAPS_MEMORY ? CHILD_STACK_BYTES : 0);
}

uint64_t predict_slack(const struct predict_facts *facts)
{
	return facts->ram_bytes / SLACK_RAM_DIVISOR;
}

/* __vm_enough_memory() of requests one after the other: the largest, and all
 * together. */
static bool is_granted(uint64_t largest_bytes, uint64_t all_bytes,
		       int overcommit, const struct predict_facts *facts)
{
	/* Mode 0 looks at each request alone; free memory plays no part. */
	if (overcommit == 0)
		return largest_bytes <= facts->ram_bytes + facts->swap_bytes;
	/* The request is added first and must then stay below. */
	if (overcommit == 2)
		return facts->committed_bytes + all_bytes <
		       allowed_bytes(facts);
	return true;
}

/* may_expand_vm() in mm/vma.c. */
static bool fits_limits(uint64_t bytes, bool data,
			const struct predict_facts *facts)
{
	if (facts->address_limit_bytes &&
	    facts->total_vm_bytes + bytes > facts->address_limit_bytes)
		return false;
	return !data || !facts->data_limit_bytes ||
	       facts->data_bytes + bytes <= facts->data_limit_bytes;
}

int predict(unsigned traits, int overcommit, const struct predict_facts *facts)
{
	const uint64_t asked_bytes = predict_asked(traits, facts);
	const uint64_t copy_bytes = predict_commit(traits, facts);
	const uint64_t stack_bytes = asked_bytes - copy_bytes;
	const uint64_t largest_bytes =
		copy_bytes ? facts->largest_vma_bytes : stack_bytes;

	if (!asked_bytes)
		return 0;
	if (stack_bytes && !fits_limits(stack_bytes, true, facts))
		return ENOMEM;
	return is_granted(largest_bytes, asked_bytes, overcommit, facts)
		       ? 0
		       : ENOMEM;
}

int predict_map(const struct predict_mapping *mapping, int overcommit,
		struct predict_facts *facts)
{
	const bool charged = !mapping->noreserve || overcommit == 2;
	const bool copied = charged && !mapping->shared && !mapping->dontfork;
	const uint64_t request_bytes = mapping->bytes / mapping->requests;
	const uint64_t vma_bytes = mapping->bytes / mapping->vmas;

	if (!fits_limits(mapping->bytes, !mapping->shared, facts))
		return ENOMEM;
	facts->total_vm_bytes += mapping->bytes;
	facts->data_bytes += mapping->shared ? 0 : mapping->bytes;
	for (unsigned i = 0; i < mapping->requests && charged; i++) {
		if (!is_granted(request_bytes, request_bytes, overcommit,
				facts))
			return ENOMEM;
		facts->committed_bytes += request_bytes;
	}
	if (copied) {
		facts->accountable_bytes += mapping->bytes;
		facts->largest_vma_bytes =
			larger(vma_bytes, facts->largest_vma_bytes);
	}
	return 0;
}

uint64_t predict_frontier(unsigned traits, int overcommit, unsigned vmas,
			  uint64_t room_bytes,
			  const struct predict_facts *facts)
{
	const bool copies = traits & SW_CHARGES_COMMIT;
	uint64_t heap_bytes = UINT64_MAX;

	if (overcommit == 0 && copies)
		heap_bytes = vmas * (facts->ram_bytes + facts->swap_bytes);
	/* Once for the parent, and with fork once more for the child. */
	if (overcommit == 2)
		heap_bytes = minus(predict_left(facts),
				   predict_commit(traits, facts)) /
			     (copies ? 2 : 1);
	return smaller(heap_bytes, room_bytes);
}

const char *headroom_lack(unsigned traits, const struct predict_facts *facts)
{
	static char text[256];
	const uint64_t needed_bytes = larger(
		facts->ram_bytes / HEADROOM_RAM_DIVISOR, HEADROOM_MIN_BYTES);
	uint64_t held_bytes = facts->committed_bytes;

	if (!predict(traits, 2, facts))
		held_bytes += predict_commit(traits, facts);
	if (minus(facts->commit_limit_bytes, held_bytes) >= needed_bytes)
		return NULL;
	snprintf(text, sizeof text,
		 "Mode 2 would leave less than the %llu MiB that other "
		 "programs need: run again when they have ended, raise "
		 "vm.overcommit_ratio, or take a smaller heap.",
		 (unsigned long long)(needed_bytes / MIB));
	return text;
}

const char *request_harm(uint64_t asked_bytes,
			 const struct predict_facts *facts)
{
	struct predict_facts granted = *facts;

	if (asked_bytes >= predict_left(facts) + predict_slack(facts))
		return NULL;
	granted.committed_bytes += asked_bytes;
	return headroom_lack(0, &granted);
}
