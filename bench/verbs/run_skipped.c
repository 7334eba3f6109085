/* SPDX-License-Identifier: MIT */
/* What a run could not measure; see run_skipped.h. */

#include "bench/verbs/run_skipped.h"

#include <string.h>

#include "bench/show/units.h"

static const char *reason_of(const struct run *run, size_t cell)
{
	return run->outcomes[cell].skipped;
}

/* Whether two cells are told under one reason. */
static bool share_reason(const struct run *run, size_t a, size_t b)
{
	return !strcmp(reason_of(run, a), reason_of(run, b));
}

/* ... and on one line: they differ in their strategy only. */
static bool share_line(const struct run *run, size_t a, size_t b)
{
	const struct cell *left = &run->plan->cells[a];
	const struct cell *right = &run->plan->cells[b];
	const struct cell_outcome *one = &run->outcomes[a];
	const struct cell_outcome *other = &run->outcomes[b];

	return share_reason(run, a, b) &&
	       left->heap_bytes == right->heap_bytes &&
	       left->threads == right->threads &&
	       left->overcommit == right->overcommit &&
	       !strcmp(left->backing, right->backing) &&
	       !strcmp(left->cpu, right->cpu) &&
	       one->measured_count == other->measured_count &&
	       one->skipped_count == other->skipped_count;
}

/* Whether no cell before this one has told it already. */
static bool is_first(const struct run *run, size_t cell,
		     bool (*share)(const struct run *, size_t, size_t))
{
	for (size_t i = 0; i < cell; i++)
		if (share(run, i, cell))
			return false;
	return true;
}

/* "  clone_vm, fork at 1 GiB, mode 2: 5 of 6 processes measured it"; what is
 * the same in the whole run is left out. */
static void tell_line(FILE *stream, const struct run *run, size_t first)
{
	const struct axes *axes = &run->plan->axes;
	const struct cell *cell = &run->plan->cells[first];
	const struct cell_outcome *outcome = &run->outcomes[first];
	const char *before = "  ";

	for (size_t i = first; i < run->plan->cell_count; i++) {
		if (!share_line(run, first, i))
			continue;
		fprintf(stream, "%s%s", before, run->plan->cells[i].strategy);
		before = ", ";
	}
	fprintf(stream, " at %s, mode %d", size_human(cell->heap_bytes).text,
		cell->overcommit);
	if (axes->backing_count > 1)
		fprintf(stream, ", backing %s", cell->backing);
	if (axes->thread_count > 1)
		fprintf(stream, ", threads %d", cell->threads);
	if (axes->cpu_count > 1)
		fprintf(stream, ", cpu %s", cell->cpu);
	fprintf(stream, ": %d of %d processes measured it\n",
		outcome->measured_count,
		outcome->measured_count + outcome->skipped_count);
}

static void tell_reason(FILE *stream, const struct run *run, size_t first)
{
	fprintf(stream, "Not measured by all processes: %s\n",
		reason_of(run, first));
	for (size_t i = first; i < run->plan->cell_count; i++)
		if (share_reason(run, first, i) && is_first(run, i, share_line))
			tell_line(stream, run, i);
}

size_t run_skipped_tell(FILE *stream, const struct run *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->plan->cell_count; i++) {
		if (!*reason_of(run, i))
			continue;
		count++;
		if (is_first(run, i, share_reason))
			tell_reason(stream, run, i);
	}
	return count;
}
