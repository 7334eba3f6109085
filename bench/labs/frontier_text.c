/* SPDX-License-Identifier: MIT */
/* What the frontier's rows say; see frontier_text.h. */

#include "bench/labs/frontier_text.h"
#include "bench/labs/report.h"

#include <string.h>

#include "bench/show/table.h"
#include "bench/show/units.h"

static uint64_t tolerance(const struct frontier *frontier)
{
	const uint64_t percent_bytes = frontier->predicted_bytes / 100;
	const uint64_t slack_bytes =
		frontier->mode == 2 ? predict_slack(&frontier->facts) : 0;

	return percent_bytes > slack_bytes ? percent_bytes : slack_bytes;
}

bool frontier_agrees(const struct frontier *frontier)
{
	const uint64_t spare_bytes = tolerance(frontier);
	const uint64_t predicted_bytes = frontier->predicted_bytes;
	const uint64_t upper_bytes = frontier->upper_bytes
					     ? frontier->upper_bytes
					     : frontier->lower_bytes;

	return frontier->lower_bytes <= predicted_bytes + spare_bytes &&
	       upper_bytes + spare_bytes >= predicted_bytes;
}

const char *frontier_stop(const struct frontier *frontier)
{
	if (frontier->predicted_bytes == frontier->room_bytes)
		return frontier->room_ends;
	return frontier->mode == 0 ? "ram_and_swap" : "commit_limit";
}

static void tabulate(struct table *table, const struct frontier *frontier)
{
	const bool agrees = frontier_agrees(frontier);

	table_cell(table, "%s", frontier->attempt.strategies[0]->name);
	table_cell(table, "%u", frontier->vmas);
	table_size(table, frontier->lower_bytes);
	if (!frontier->upper_bytes)
		table_cell(table, "nothing");
	else if (frontier->held_back)
		table_size(table, frontier->upper_bytes);
	else
		table_cell(table, "just above");
	table_size(table, frontier->predicted_bytes);
	table_cell(table, "%s", agrees ? "yes" : "NO");
	table_cell(table, "%s", frontier_stop(frontier));
	table_row(table, agrees ? TABLE_PLAIN : TABLE_BAD);
}

static bool is_seen(const struct frontier *seen, size_t count, int mode)
{
	for (size_t i = 0; i < count; i++)
		if (seen[i].mode == mode)
			return true;
	return false;
}

static int tell_table(struct lab_context *context, const struct frontier *seen,
		      size_t count, int mode)
{
	static const char *const heads[] = { "strategy",   "VMAs",
					     "works",	   "refused",
					     "predicted",  "agrees",
					     "stopped by", NULL };
	struct table table;

	if (!is_seen(seen, count, mode))
		return 0;
	fprintf(context->text, "Overcommit mode %d\n", mode);
	table_init(&table, "lrrrrll");
	table_heads(&table, heads);
	for (size_t i = 0; i < count; i++)
		if (seen[i].mode == mode)
			tabulate(&table, &seen[i]);
	return lab_tell_table(context, &table);
}

/* One that copies the parent, or one that does not, where the rules hold; NULL:
 * there is none. */
static const struct frontier *find(const struct frontier *seen, size_t count,
				   int mode, bool copies, unsigned vmas)
{
	for (size_t i = 0; i < count; i++)
		if (seen[i].mode == mode && seen[i].vmas == vmas &&
		    frontier_agrees(&seen[i]) &&
		    !(seen[i].attempt.strategies[0]->traits &
		      SW_CHARGES_COMMIT) == !copies)
			return &seen[i];
	return NULL;
}

static bool is_stopped_by(const struct frontier *frontier, const char *word)
{
	return !strcmp(frontier_stop(frontier), word);
}

/* A heap that ended before any rule of the mode was reached. Parents differ in
 * size, by their strategy. */
static void tell_room(struct lab_context *context, const struct frontier *seen,
		      size_t count, const struct frontier *one)
{
	const struct frontier *least = one, *most = one;
	char upto[UNITS_LENGTH + 8] = "";

	for (size_t i = 0; i < count; i++) {
		if (seen[i].mode != one->mode || seen[i].vmas != one->vmas ||
		    !is_stopped_by(&seen[i], frontier_stop(one)))
			continue;
		if (seen[i].lower_bytes < least->lower_bytes)
			least = &seen[i];
		if (seen[i].lower_bytes > most->lower_bytes)
			most = &seen[i];
	}
	if (most->lower_bytes - least->lower_bytes > most->lower_bytes / 100)
		snprintf(upto, sizeof upto, " to %s",
			 size_human(most->lower_bytes).text);
	lab_tell(context,
		 "Mode %d: the heap itself ended at %s%s, by %s, before the "
		 "mode refused anything.",
		 one->mode, size_human(least->lower_bytes).text, upto,
		 bound_text(frontier_stop(one)));
}

static void tell_heuristic(struct lab_context *context,
			   const struct frontier *seen, size_t count)
{
	const struct frontier *one = find(seen, count, 0, true, 1);
	const struct frontier *two = find(seen, count, 0, true, 2);

	if (!one || !two)
		return;
	if (!is_stopped_by(one, "ram_and_swap")) {
		tell_room(context, seen, count, one);
		return;
	}
	lab_tell(context,
		 "Mode 0: a parent whose heap is one VMA can be copied "
		 "(fork(2)) up to %s, which is RAM and swap together, free or "
		 "not; as two VMAs that do not merge up to %s, %s. That a copy "
		 "needs as much free memory as the parent has is no longer so "
		 "(since Linux 5.2).",
		 size_human(one->lower_bytes).text,
		 size_human(two->lower_bytes).text,
		 is_stopped_by(two, "ram_and_swap")
			 ? "because each is a request of its own"
			 : bound_text(frontier_stop(two)));
}

static void tell_held_back(struct lab_context *context)
{
	lab_tell(context,
		 "In mode 2 only what leaves enough to other programs was "
		 "tried, or what was sure to be refused: the frontier lies "
		 "between the two sizes. On a machine that nobody else uses, "
		 "--alone finds it.");
}

static void tell_strict(struct lab_context *context,
			const struct frontier *seen, size_t count)
{
	const struct frontier *copied = find(seen, count, 2, true, 1);
	const struct frontier *shared = find(seen, count, 2, false, 1);
	const struct frontier *any = copied ? copied : shared;

	if (!any)
		return;
	if (!is_stopped_by(any, "commit_limit")) {
		tell_room(context, seen, count, any);
		return;
	}
	lab_tell(context,
		 "Mode 2: %s were left below CommitLimit for this process.%s%s",
		 size_human(predict_left(&any->facts)).text,
		 copied ? " A parent that is copied can have half of it, "
			  "because the copy asks for as much again."
			: "",
		 !shared ? ""
		 : is_stopped_by(shared, "commit_limit")
			 ? " For the others the heap itself is the limit."
			 : " For the others a limit of the process ended the "
			   "heap before.");
	if (any->held_back)
		tell_held_back(context);
}

/* Nothing but addresses, and limits of the process. */
static void tell_always(struct lab_context *context,
			const struct frontier *seen, size_t count)
{
	const struct frontier *frontier = find(seen, count, 1, false, 1);

	if (!frontier)
		return;
	if (bound_is_own(frontier_stop(frontier)))
		tell_room(context, seen, count, frontier);
	else
		lab_tell(context, "Mode 1: nothing is refused but what has no "
				  "address any more.");
}

static void tell_verdict(struct lab_context *context,
			 const struct frontier *seen, size_t count)
{
	size_t agreed = 0;

	if (!count) {
		lab_tell(context, "No frontier was measured.");
		return;
	}
	for (size_t i = 0; i < count; i++)
		agreed += frontier_agrees(&seen[i]);
	lab_tell(context,
		 "%zu of %zu frontiers lie where they were predicted, within 1 "
		 "%% or what the kernel's counter may be wrong by.",
		 agreed, count);
	if (agreed < count)
		context->skipped++; /* the status tells of it */
}

/* Then a row that does not agree proves nothing. */
static void tell_disturbed(struct lab_context *context,
			   const struct frontier *seen, size_t count)
{
	const struct frontier *most = NULL;
	size_t disturbed = 0;

	for (size_t i = 0; i < count; i++) {
		if (!frontier_disturbed(&seen[i]))
			continue;
		disturbed++;
		if (!most || seen[i].moved_bytes > most->moved_bytes)
			most = &seen[i];
	}
	if (most)
		lab_tell(context,
			 "In mode 2 other programs' commits moved between "
			 "prediction and outcome of %zu %s, by up to %s (%s), "
			 "each of the %d times that was tried: that proves "
			 "nothing. Run it again where nothing else begins or "
			 "ends meanwhile.",
			 disturbed, disturbed == 1 ? "row" : "rows",
			 size_human(most->moved_bytes).text,
			 most->attempt.strategies[0]->name, FRONTIER_TRIES);
}

int frontier_tell(struct lab_context *context, const struct frontier *seen,
		  size_t count)
{
	int error = 0;

	lab_tell(context,
		 "From how large a heap can a program still be started? Each "
		 "strategy had a parent of its own, whose heap grew and shrank "
		 "by bisection and was never touched.");
	for (size_t i = 0; i < context->mode_count && !error; i++)
		error = tell_table(context, seen, count, context->modes[i]);
	tell_verdict(context, seen, count);
	tell_disturbed(context, seen, count);
	for (size_t i = 0; i < context->mode_count; i++) {
		const int mode = context->modes[i];

		if (mode == 0)
			tell_heuristic(context, seen, count);
		if (mode == 1)
			tell_always(context, seen, count);
		if (mode == 2)
			tell_strict(context, seen, count);
	}
	return error;
}
