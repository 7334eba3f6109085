/* SPDX-License-Identifier: MIT */
/*
 * The measured cells a choice rests on.
 */

#include "bench/judge/evidence.h"

#include <math.h>
#include <string.h>

static bool is_measured(const struct summary *row)
{
	return row->time == TIME_REAP && row->observed != OUTCOME_UNKNOWN;
}

/* Whether heap a stands in for the heap asked for better than b does. */
static bool is_nearer(uint64_t a, uint64_t b, uint64_t asked)
{
	if (a >= asked && b >= asked)
		return a < b;
	return a > b;
}

static struct evidence_basis find_heap(const struct summary *rows,
				       size_t row_count, uint64_t asked_bytes,
				       int overcommit)
{
	struct evidence_basis basis = { .overcommit = overcommit };

	for (size_t i = 0; i < row_count; i++) {
		uint64_t heap_bytes = rows[i].cell.heap_bytes;

		if (!is_measured(&rows[i]) ||
		    rows[i].cell.overcommit != overcommit)
			continue;
		if (!basis.exists ||
		    is_nearer(heap_bytes, basis.heap_bytes, asked_bytes))
			basis.heap_bytes = heap_bytes;
		basis.exists = true;
	}
	return basis;
}

struct evidence_basis evidence_find_basis(const struct summary *rows,
					  size_t row_count, uint64_t heap_bytes,
					  int overcommit)
{
	const int modes[] = { overcommit, 1, 0, 2 };
	struct evidence_basis basis = { 0 };

	for (size_t i = 0; !basis.exists && i < 4; i++)
		basis = find_heap(rows, row_count, heap_bytes, modes[i]);
	return basis;
}

struct evidence evidence_find(const struct summary *rows, size_t row_count,
			      const struct evidence_basis *basis,
			      const char *strategy)
{
	struct evidence evidence = { .observed = OUTCOME_UNKNOWN,
				     .p50_ns = NAN,
				     .p95_ns = NAN };

	for (size_t i = 0; i < row_count; i++) {
		const struct summary *row = &rows[i];

		if (!is_measured(row) || strcmp(row->cell.strategy, strategy) ||
		    row->cell.heap_bytes != basis->heap_bytes ||
		    row->cell.overcommit != basis->overcommit)
			continue;
		if (evidence.observed <= 0) {
			evidence.observed = row->observed;
			evidence.ok = row->ok;
			evidence.failed = row->failed;
		}
		/* fmax() prefers a number to NAN. */
		evidence.p50_ns = fmax(evidence.p50_ns, row->p50_ns);
		evidence.p95_ns = fmax(evidence.p95_ns, row->p95_ns);
	}
	return evidence;
}
