/* SPDX-License-Identifier: MIT */
/*
 * The parent that looks for its largest heap; see frontier_find.h.
 *
 * By bisection. The heap grows and shrinks within reserved addresses; in mode
 * 0, which refuses single requests, it grows by steps that merge.
 */

#include "bench/labs/frontier_find.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/labs/worker.h"
#include "bench/machine/memory.h"
#include "bench/measure/predict_facts.h"
#include "lib/spawnwise.h"

/* In mode 2, which counts in larger steps, there is no need for more. */
#define STRICT_GRAIN_BYTES ((uint64_t)64 * 1024)

/* Addresses that are left to the spawn itself, and to our closed pages. */
#define SPARE_BYTES ((uint64_t)1024 * 1024)

enum verdict { WORKS, REFUSED, UNSAFE };

/* Where the worker's heap is; it has one. */
static struct region region;

/* The facts as they are now, in mode 2: what others have committed may change
 * at any moment. 0 or a negative errno. */
static int renew(struct frontier *frontier, struct predict_facts *now)
{
	struct meminfo memory;
	uint64_t moved_bytes;
	int error = meminfo_read_commit(&memory);

	*now = frontier->facts;
	if (error)
		return error;
	now->committed_bytes =
		minus(memory.committed_bytes, region_used(&region));
	moved_bytes =
		minus(now->committed_bytes, frontier->facts.committed_bytes) +
		minus(frontier->facts.committed_bytes, now->committed_bytes);
	frontier->moved_bytes = larger(moved_bytes, frontier->moved_bytes);
	return 0;
}

/* In mode 2 others need memory too, for the moment of the attempt: granted, it
 * must leave enough, or be refused for sure. */
static bool is_harmless(struct frontier *frontier, uint64_t bytes)
{
	struct predict_facts after;

	if (frontier->trial.mode != 2)
		return true;
	if (renew(frontier, &after))
		return false;
	if (frontier->trial.context->alone)
		return true;
	if (request_harm(bytes, &after))
		return false;
	if (bytes >= predict_left(&after))
		return true; /* there will be no heap to copy */
	after.committed_bytes += bytes;
	after.accountable_bytes += bytes;
	return !request_harm(
		predict_asked(frontier->trial.strategy->traits, &after),
		&after);
}

static enum verdict probe(struct frontier *frontier, uint64_t bytes)
{
	const uint64_t most_bytes =
		frontier->facts.ram_bytes + frontier->facts.swap_bytes;
	enum frontier_stage stage = STAGE_MAP;
	int refused;

	if (!is_harmless(frontier, bytes))
		return UNSAFE;
	frontier->probes++;
	refused = -region_resize(
		&region, bytes, frontier->trial.mode ? UINT64_MAX : most_bytes);
	if (!refused) {
		stage = STAGE_SPAWN;
		refused = spawner_try();
	}
	if (!refused)
		return WORKS;
	if (refused == EAGAIN)
		spawner_skip(&frontier->trial, refused);
	frontier->stage = stage;
	frontier->refused = refused;
	return REFUSED;
}

/* Bring together a heap that works and one that does not, of which *answer
 * tells why: REFUSED or UNSAFE. One that may not be tried counts as what
 * `unsafe` says. */
static void bisect(struct frontier *frontier, uint64_t *low, uint64_t *high,
		   enum verdict *answer, enum verdict unsafe)
{
	/* Each VMA is one of whole pages. */
	const uint64_t grain = frontier->trial.mode == 2
				       ? STRICT_GRAIN_BYTES
				       : frontier->vmas * page_bytes();

	assert(grain); /* a heap has a VMA */
	while (*high - *low > grain && !frontier->trial.skipped[0]) {
		const uint64_t grains = (*high - *low) / grain;
		const uint64_t bytes = *low + (grains + 1) / 2 * grain;
		const enum verdict verdict = probe(frontier, bytes);

		if (verdict == WORKS ||
		    (verdict == UNSAFE && unsafe == WORKS)) {
			*low = bytes;
		} else {
			*high = bytes;
			*answer = verdict;
		}
	}
}

/* Free addresses, and then all facts with them reserved. */
static int look(struct frontier *frontier)
{
	struct predict_facts *facts = &frontier->facts;
	struct room *room = &frontier->room;
	struct smaps_facts parent;
	uint64_t most_bytes = INT64_MAX / 2;
	int error =
		smaps_read(0, &parent) ?: predict_facts_read(&parent, 0, facts);

	if (error)
		return error;
	*room = (struct room){ parent.largest_gap_bytes - SPARE_BYTES,
			       "address_space" };
	room_limit(room, facts, SPARE_BYTES);
	/* In mode 2 only a part of it can ever be used, and what is reserved
	 * counts as size of the process, of which others get their share. */
	if (frontier->trial.mode == 2)
		most_bytes = facts->commit_limit_bytes + predict_slack(facts);
	room_end(room, most_bytes, room->ends);
	most_bytes = region_largest(most_bytes);
	if (most_bytes < 2 * SPARE_BYTES)
		return -ENOMEM;
	most_bytes -= SPARE_BYTES;
	/* A layout may leave unused what is free (promise.c). */
	if (!strcmp(room->ends, "address_space"))
		room_end(room, most_bytes, room->ends);
	error = region_reserve(&region, frontier->vmas, most_bytes,
			       MAP_PRIVATE);
	return error ?: predict_facts_read(&parent, 0, facts);
}

static void search(struct frontier *frontier)
{
	const uint64_t room_bytes = region.vmas * region.room_bytes;
	uint64_t high = room_bytes, safe;
	enum verdict answer;

	frontier->exact = true;
	answer = probe(frontier, high);
	if (answer == WORKS) {
		frontier->lower_bytes = high;
		return;
	}
	bisect(frontier, &frontier->lower_bytes, &high, &answer, REFUSED);
	if (answer == UNSAFE) {
		frontier->exact = false;
		safe = frontier->lower_bytes;
		high = room_bytes;
		bisect(frontier, &safe, &high, &answer, WORKS);
	}
	frontier->upper_bytes = high;
}

int frontier_find(void *row)
{
	struct frontier *frontier = row;
	struct predict_facts after;
	int error;

	error = look(frontier);
	if (!error) {
		frontier->predicted_bytes = predict_frontier(
			frontier->trial.strategy->traits, frontier->trial.mode,
			frontier->vmas, frontier->room.bytes, &frontier->facts);
		search(frontier);
		error = renew(frontier, &after);
	}
	spawner_close();
	return error;
}
