/* SPDX-License-Identifier: MIT */
/* What spawning would ask, as a table and as JSON; see doctor_predict.h. */

#include <stdio.h>
#include <string.h>

#include "bench/attest/trial.h"
#include "bench/doctor/doctor_predict.h"
#include "bench/doctor/doctor_warnings.h"
#include "bench/machine/cgroup.h"
#include "bench/machine/host.h"
#include "bench/rows/errname.h"
#include "bench/show/units.h"
#include "bench/verbs/tell.h"
#include "lib/spawnwise.h"

/* A strategy that is worth a row: it creates something, and works here. */
static bool is_told(const struct sw_strategy *strategy)
{
	const char *step;

	return !(strategy->traits & SW_CREATES_NOTHING) &&
	       !trial_known(strategy, &step);
}

#define ASKING (SW_CHARGES_COMMIT | SW_MAPS_MEMORY)

/* The names of those whose traits among those that ask for memory are these. */
static void join_names(unsigned traits, char *text, size_t length)
{
	size_t used = 0;

	snprintf(text, length, "none");
	for (size_t i = 0; sw_strategies[i] && used < length; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];

		if (is_told(strategy) && (strategy->traits & ASKING) == traits)
			used += (size_t)snprintf(text + used, length - used,
						 "%s%s", used ? ", " : "",
						 strategy->name);
	}
}

/* The head of a grid, behind its first columns: which mode is set. */
static void put_modes(struct table *table, int mode)
{
	for (int i = 0; i < OVERCOMMIT_MODES; i++)
		table_cell(table, "mode %d%s", i, i == mode ? " (now)" : "");
	table_row(table, TABLE_STRONG);
}

/* No mode refuses it, but it cannot be filled: without swap the OOM killer
 * comes (cgroups(7)). */
static void put_heap(struct table *table, const struct predicted_heap *row,
		     bool beyond)
{
	const bool named = *row->label;
	bool bad = beyond;

	table_cell(table, "%s", "");
	table_cell(table, "%s%s%s%s", size_human(row->heap_bytes).text,
		   named ? " (" : "", row->label, named ? ")" : "");
	for (int i = 0; i < OVERCOMMIT_MODES; i++) {
		bad |= row->heap[i] || row->spawn[i];
		if (row->heap[i])
			table_cell(table, "heap refused");
		else
			table_cell(table, "%s",
				   row->spawn[i] ? errname(row->spawn[i])
				   : beyond	 ? "beyond its cgroup"
						 : "works");
	}
	table_row(table, bad ? TABLE_BAD : TABLE_PLAIN);
}

void doctor_report_heaps(struct table *table,
			 const struct predicted_heaps *heaps, int mode)
{
	const struct predict_facts nothing = { 0 };
	char names[256];

	join_names(SW_CHARGES_COMMIT, names, sizeof names);
	tell(table, "spawning", TABLE_PLAIN,
	     "asking for the whole memory of the program again: %s", names);
	join_names(SW_MAPS_MEMORY, names, sizeof names);
	tell(table, "", TABLE_PLAIN, "asking for a stack of some %s: %s",
	     size_human(predict_asked(SW_MAPS_MEMORY, &nothing)).text, names);
	join_names(0, names, sizeof names);
	tell(table, "", TABLE_PLAIN, "asking for none of it: %s", names);
	tell(table, "", TABLE_PLAIN,
	     "now the first would get, in a program with one heap:");
	table_cell(table, "%s", "");
	table_cell(table, "heap");
	put_modes(table, mode);
	for (size_t i = 0; i < heaps->count; i++)
		put_heap(table, &heaps->rows[i],
			 heaps->rows[i].heap_bytes > heaps->group_bytes);
}

static void put_strategy(struct table *table,
			 const struct sw_strategy *strategy,
			 const struct predict_facts *facts)
{
	bool bad = false;

	table_cell(table, "%s", "");
	table_cell(table, "%s", strategy->name);
	table_cell(table, "%s",
		   size_human(predict_asked(strategy->traits, facts)).text);
	for (int i = 0; i < OVERCOMMIT_MODES; i++) {
		const int outcome = predict(strategy->traits, i, facts);

		bad |= outcome;
		table_cell(table, "%s", outcome ? errname(outcome) : "works");
	}
	table_row(table, bad ? TABLE_BAD : TABLE_PLAIN);
}

/* They are charged to the control group; what does not fit there brings its
 * OOM killer and no ENOMEM (GFP_PGTABLE_USER in
 * include/asm-generic/pgalloc.h). */
static void tell_page_tables(struct table *table,
			     const struct predicted_process *predicted)
{
	const bool tight = predicted->page_table_bytes > predicted->room_bytes;

	tell(table, "", TABLE_PLAIN,
	     "a copy of its page tables takes up to %s of RAM besides",
	     size_human(predicted->page_table_bytes).text);
	if (predicted->room_error)
		tell(table, "", TABLE_PLAIN,
		     "what its cgroup leaves it is hidden: %s",
		     cgroup_error(predicted->room_error));
	if (predicted->room_bytes != UINT64_MAX)
		tell(table, "", tight ? TABLE_BAD : TABLE_PLAIN,
		     "its cgroup leaves it %s%s",
		     size_human(predicted->room_bytes).text,
		     tight ? ": copying them may get it killed" : "");
}

void doctor_report_process(struct table *table,
			   const struct predicted_process *predicted, int mode)
{
	const struct predict_facts *facts = &predicted->facts;

	tell(table, "process", TABLE_PLAIN,
	     "%s (pid %d): %s of address space in %zu mappings",
	     predicted->name, (int)predicted->pid,
	     size_human(facts->total_vm_bytes).text, predicted->vmas);
	tell(table, "", TABLE_PLAIN,
	     "accountable and copied: %s, the largest mapping %s",
	     size_human(facts->accountable_bytes).text,
	     size_human(facts->largest_vma_bytes).text);
	tell_page_tables(table, predicted);
	table_cell(table, "%s", "");
	table_cell(table, "strategy");
	table_cell(table, "asks for");
	put_modes(table, mode);
	for (size_t i = 0; sw_strategies[i]; i++)
		if (is_told(sw_strategies[i]))
			put_strategy(table, sw_strategies[i], facts);
}

/* Words for outcomes, by mode. */
static json_t *outcomes_json(const int outcomes[OVERCOMMIT_MODES])
{
	json_t *list = json_array();

	for (int mode = 0; mode < OVERCOMMIT_MODES; mode++)
		json_array_append_new(
			list, json_string(outcome_name(outcomes[mode])));
	return list;
}

json_t *doctor_heaps_json(const struct predicted_heaps *heaps)
{
	json_t *list = json_array();

	for (size_t i = 0; i < heaps->count; i++) {
		const struct predicted_heap *row = &heaps->rows[i];

		json_array_append_new(
			list,
			json_pack("{s:I, s:b, s:o, s:o}", "heap_bytes",
				  (json_int_t)row->heap_bytes, "beyond_cgroup",
				  row->heap_bytes > heaps->group_bytes, "heap",
				  outcomes_json(row->heap), "spawn",
				  outcomes_json(row->spawn)));
	}
	return list;
}

static json_t *strategies_json(const struct predict_facts *facts)
{
	json_t *list = json_array();

	for (size_t i = 0; sw_strategies[i]; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];
		int spawn[OVERCOMMIT_MODES];

		for (int mode = 0; mode < OVERCOMMIT_MODES; mode++)
			spawn[mode] = predict(strategy->traits, mode, facts);
		if (is_told(strategy))
			json_array_append_new(
				list,
				json_pack("{s:s, s:I, s:I, s:o}", "name",
					  strategy->name, "commit_bytes",
					  (json_int_t)predict_commit(
						  strategy->traits, facts),
					  "asked_bytes",
					  (json_int_t)predict_asked(
						  strategy->traits, facts),
					  "spawn", outcomes_json(spawn)));
	}
	return list;
}

json_t *doctor_process_json(const struct predicted_process *predicted)
{
	const struct predict_facts *facts = &predicted->facts;

	if (!predicted->pid)
		return json_null();
	return json_pack(
		"{s:i, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",
		"pid", (int)predicted->pid, "name",
		host_string(predicted->name), "vmas",
		(json_int_t)predicted->vmas, "vm_bytes",
		(json_int_t)facts->total_vm_bytes, "accountable_bytes",
		(json_int_t)facts->accountable_bytes, "largest_vma_bytes",
		(json_int_t)facts->largest_vma_bytes, "page_table_bytes",
		host_bytes(predicted->page_table_bytes), "room_bytes",
		host_bytes(predicted->room_bytes), "strategies",
		strategies_json(facts), "limits",
		doctor_process_limits_json(predicted->pid), "warnings",
		doctor_warnings_json(predicted->pid));
}
