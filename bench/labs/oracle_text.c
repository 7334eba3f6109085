/* SPDX-License-Identifier: MIT */
/* What the oracle's rows say; see oracle_text.h. */

#include "bench/labs/oracle_text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "bench/labs/oracle_answer.h"
#include "bench/labs/oracle_memory.h"
#include "bench/labs/report.h"
#include "bench/rows/errname.h"
#include "bench/show/table.h"
#include "bench/show/units.h"

static void tabulate(struct table *table, const struct oracle *oracle)
{
	const struct oracle_tally counts = oracle_tally(oracle);
	char refused[256];

	table_cell(table, "%s", oracle->memory->name);
	table_size(table, oracle->heap_bytes);
	if (!counts.tried) {
		table_cell(table, "-");
		table_cell(table, "-");
		table_span(table, "not tried");
	} else if (oracle->map_observed) {
		table_cell(table, "%s", outcome_name(oracle->map_observed));
		table_cell(table, "%zu of %zu", counts.agreed, counts.tried);
		table_span(table, "there is no such parent");
	} else {
		oracle_list_refused(oracle, refused, sizeof refused);
		table_cell(table, "ok");
		table_cell(table, "%zu of %zu", counts.agreed, counts.tried);
		table_span(table, "%s", refused);
	}
	table_row(table,
		  counts.agreed == counts.tried ? TABLE_PLAIN : TABLE_BAD);
}

static const char *mode_name(int mode)
{
	static const char *const names[] = { "heuristic", "always", "strict" };

	return names[mode];
}

/* One mode: its trials follow each other. */
static int tell_table(struct lab_context *context, const struct oracle *seen)
{
	static const char *const heads[] = { "memory",	       "heap",
					     "mapped",	       "as predicted",
					     "spawns refused", NULL };
	struct table table;

	fprintf(context->text, "Overcommit mode %d (%s)\n", seen[0].mode,
		mode_name(seen[0].mode));
	table_init(&table, "lrlll");
	table_heads(&table, heads);
	for (size_t i = 0; i < MEMORY_COUNT; i++)
		tabulate(&table, &seen[i]);
	return lab_tell_table(context, &table);
}

/* The trial of that name, which is one of memories[]. */
static const struct oracle *find(const struct oracle *trials, const char *name)
{
	size_t i = 0;

	while (strcmp(trials[i].memory->name, name)) {
		i++;
		assert(i < MEMORY_COUNT);
	}
	return &trials[i];
}

static void tell_heuristic(struct lab_context *context,
			   const struct oracle *trials)
{
	const struct oracle *large = find(trials, "large");
	const struct oracle *merged = find(trials, "merged");

	if (oracle_copies_are(large, 0))
		lab_tell(context,
			 "Mode 0: `large`, %s, is more than all memory that "
			 "was free, and yet a process of that size can be "
			 "copied. Free memory plays no part since Linux 5.2: "
			 "a request is refused if it alone is larger than RAM "
			 "and swap (__vm_enough_memory() in mm/util.c). That "
			 "fork(2) needs as much free memory as the parent has, "
			 "and that the rule is not public, is no longer so.",
			 size_human(large->heap_bytes).text);
	if (oracle_copies_are(merged, ENOMEM) &&
	    oracle_copies_are(find(trials, "split"), 0))
		lab_tell(context,
			 "Mode 0: `merged` and `split` are the same %s. A copy "
			 "asks for each VMA again (dup_mmap() in the kernel): "
			 "one VMA of that size is refused, two of half the "
			 "size are not.",
			 size_human(merged->heap_bytes).text);
}

static void tell_strict(struct lab_context *context,
			const struct oracle *trials)
{
	const struct oracle *exhausted = find(trials, "exhausted");
	char text[256];

	if (oracle_copies_are(find(trials, "large"), ENOMEM))
		lab_tell(context,
			 "Mode 2: all requests of all processes together must "
			 "stay below CommitLimit. A parent of more than half "
			 "of what is left cannot be copied; what is not "
			 "copied (`dontfork`, `shared`) or was never charged "
			 "(`noreserve_before`) does not count. MAP_NORESERVE "
			 "is heard where memory is mapped, not where it is "
			 "copied: in mode 2 it changes nothing "
			 "(`noreserve_after`).");
	if (!oracle_tally(exhausted).tried)
		return;
	oracle_list_refused(exhausted, text, sizeof text);
	lab_tell(context,
		 "Mode 2, nothing left: refused are %s. The libc maps a stack "
		 "for each child that it spawns, so that its calls need "
		 "memory as well (trait maps_memory); those whose stack was "
		 "mapped when they were opened, or is the parent's own, need "
		 "none. What the new program wants comes from what the kernel "
		 "keeps from a large process for small ones "
		 "(vm.user_reserve_kbytes).",
		 text);
}

static void tell_free(struct lab_context *context, const struct oracle *seen,
		      size_t count)
{
	uint64_t most_bytes = 0;

	for (size_t i = 0; i < count; i++) {
		if (oracle_exhausts(&seen[i]) || !oracle_tally(&seen[i]).tried)
			continue;
		if (oracle_refuses_others(&seen[i]))
			return;
		if (!seen[i].map_observed && seen[i].heap_bytes > most_bytes)
			most_bytes = seen[i].heap_bytes;
	}
	if (!most_bytes)
		return;
	lab_tell(context,
		 "None but those that copy their parent was refused because of "
		 "its size, which was up to %s. That vfork(2) and "
		 "posix_spawn(3) ask for no memory of that kind was hoped for "
		 "in 2015 without a proof; system(3) and popen(3), which were "
		 "said to fail as fork(2) does, spawn that way too (glibc "
		 "2.29).",
		 size_human(most_bytes).text);
}

/* The first kind of memory with which a strategy was skipped for this reason.
 */
static size_t first_skipped(const struct oracle *trials, size_t strategy,
			    const char *why)
{
	size_t i = 0;

	while (strcmp(trials[i].cells[strategy].skipped, why) != 0)
		i++;
	return i;
}

/* A strategy's reasons in one mode, each once. */
static void tell_strategy(struct lab_context *context,
			  const struct oracle *trials, size_t strategy)
{
	char names[256];

	for (size_t i = 0; i < MEMORY_COUNT; i++) {
		const char *why = trials[i].cells[strategy].skipped;
		size_t used = 0;

		if (!why[0] || first_skipped(trials, strategy, why) < i)
			continue;
		for (size_t k = i; k < MEMORY_COUNT; k++)
			if (!strcmp(trials[k].cells[strategy].skipped, why))
				used += (size_t)snprintf(
					names + used, sizeof names - used,
					"%s%s", used ? ", " : "",
					trials[k].memory->name);
		lab_skip(context, "Skipped in mode %d: %s with %s. %s",
			 trials[0].mode, names,
			 trials[0].attempt.strategies[strategy]->name, why);
	}
}

static void tell_skipped(struct lab_context *context, const struct oracle *seen,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seen[i].skipped[0])
			lab_skip(context,
				 "Skipped in mode %d: %s. %s On a machine that "
				 "nobody else uses, --alone does it all the "
				 "same.",
				 seen[i].mode, seen[i].memory->name,
				 seen[i].skipped);
	for (size_t i = 0; i < count; i += MEMORY_COUNT)
		for (size_t j = 0; j < seen[i].attempt.count; j++)
			tell_strategy(context, &seen[i], j);
}

static void tell_verdict(struct lab_context *context, const struct oracle *seen,
			 size_t count)
{
	struct oracle_tally all = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct oracle_tally one = oracle_tally(&seen[i]);

		all.tried += one.tried;
		all.agreed += one.agreed;
	}
	if (!all.tried) {
		lab_tell(context, "No spawn was tried.");
		return;
	}
	lab_tell(context,
		 "%zu of %zu cells are as predicted from the parent's smaps "
		 "and from /proc/meminfo: %zu strategies, %d kinds of memory, "
		 "none of it touched.",
		 all.agreed, all.tried, seen[0].attempt.count, MEMORY_COUNT);
	if (all.agreed == all.tried)
		return;
	context->skipped++; /* the status tells that something is amiss */
	lab_tell(context, "The others contradict our rules: please report "
			  "their rows of oracle.csv, where `agrees` is "
			  "\"no\", with host.json.");
}

int oracle_tell(struct lab_context *context, const struct oracle *seen,
		size_t count)
{
	int error = 0;

	lab_tell(context,
		 "A parent with memory of each kind was asked to start a "
		 "program, by every strategy. What the kernel would answer was "
		 "predicted just before.");
	for (size_t i = 0; i < count && !error; i += MEMORY_COUNT)
		error = tell_table(context, &seen[i]);
	tell_verdict(context, seen, count);
	for (size_t i = 0; i < count; i += MEMORY_COUNT) {
		if (seen[i].mode == 0)
			tell_heuristic(context, &seen[i]);
		if (seen[i].mode == 2)
			tell_strict(context, &seen[i]);
	}
	tell_free(context, seen, count);
	tell_skipped(context, seen, count);
	return error;
}
