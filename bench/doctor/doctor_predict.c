/* SPDX-License-Identifier: MIT */
/*
 * What spawning would ask of this machine now; see doctor_predict.h. A
 * prediction is made, declared and reported in one file: hence the length.
 */

#include "bench/doctor/doctor_predict.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bench/machine/memory.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/measure/predict_facts.h"
#include "bench/rows/rows.h"
#include "bench/show/table.h"
#include "lib/spawnwise.h"

/* Read what all heaps have in common. */
static int begin_heaps(struct predicted_heaps *heaps)
{
	struct predict_facts *small = &heaps->small;
	struct smaps_facts own;
	uint64_t most_bytes;
	int error = predict_facts_imagined(0, small);

	if (!error)
		error = smaps_read(0, &own);
	if (error)
		return error;
	/* No overcommit mode widens the address space: take what it still has
	 * room for as another RLIMIT_AS. */
	most_bytes = small->total_vm_bytes + own.largest_gap_bytes;
	if (!small->address_limit_bytes ||
	    small->address_limit_bytes > most_bytes)
		small->address_limit_bytes = most_bytes;
	return 0;
}

static void add_heap(struct predicted_heaps *heaps, uint64_t heap_bytes,
		     const char *label)
{
	const size_t count = heaps->list.count;
	struct predicted_heap *row = &heaps->rows[count];
	const struct predict_mapping heap = { .bytes = heap_bytes,
					      .requests = 1,
					      .vmas = 1 };

	assert(count < PREDICT_HEAPS_MAX);
	row->heap_bytes = heap_bytes;
	row->beyond_cgroup = heap_bytes > heaps->group_bytes;
	row->label = label;
	for (int mode = 0; mode < ROW_MODES; mode++) {
		struct predict_facts large = heaps->small;

		row->heap[mode] = predict_map(&heap, mode, &large);
		row->spawn[mode] =
			row->heap[mode]
				?: predict(SW_CHARGES_COMMIT, mode, &large);
	}
	heaps->list = (struct row_list){ heaps->rows, count + 1, sizeof *row };
}

int doctor_predict_heaps(struct predicted_heaps *heaps, uint64_t group_bytes,
			 const struct value_list *sizes, uint64_t ram_bytes)
{
	const int error = begin_heaps(heaps);

	heaps->group_bytes = group_bytes;
	for (size_t i = 0; i < sizes->count && !error; i++)
		add_heap(heaps, sizes->values[i].number, "");
	if (error || sizes->count)
		return error;
	add_heap(heaps, UINT64_C(1) << 30, "");
	add_heap(heaps, ram_bytes / 4, "RAM/4");
	add_heap(heaps, ram_bytes / 2, "RAM/2");
	add_heap(heaps, ram_bytes, "RAM");
	add_heap(heaps, 2 * ram_bytes, "2 RAM");
	return 0;
}

/* A strategy that creates something and works here. */
static bool is_usable(const struct sw_strategy *strategy)
{
	const char *step;

	return !(strategy->traits & SW_CREATES_NOTHING) &&
	       !trial_run(strategy, &step);
}

static void predict_spawns(struct predicted_process *predicted)
{
	const struct predict_facts *facts = &predicted->facts;
	size_t count = 0;

	for (size_t i = 0; sw_strategies[i] && count < STRATEGIES_KNOWN; i++) {
		const unsigned traits = sw_strategies[i]->traits;
		struct predicted_spawn *row = &predicted->rows[count];

		if (!is_usable(sw_strategies[i]))
			continue;
		count++;
		row->name = sw_strategies[i]->name;
		row->commit_bytes = predict_commit(traits, facts);
		row->asked_bytes = predict_asked(traits, facts);
		for (int mode = 0; mode < ROW_MODES; mode++)
			row->spawn[mode] = predict(traits, mode, facts);
	}
	predicted->spawns = (struct row_list){ predicted->rows, count,
					       sizeof *predicted->rows };
}

static int read_room(pid_t pid, uint64_t *bytes)
{
	struct cgroup_room room;
	const int error = cgroup_room_of(pid, &room);

	*bytes = error ? UINT64_MAX : cgroup_room_bytes(&room);
	return error == -ENOENT ? 0 : error;
}

int doctor_predict_process(const struct process *process,
			   struct predicted_process *predicted)
{
	struct process_memory memory;
	struct smaps_facts facts;
	const pid_t thread = process_thread(process->pid);
	int error = smaps_read(thread, &facts);

	if (!error)
		error = predict_facts_read(&facts, thread, &predicted->facts);
	if (!error)
		error = process_memory_read(process->pid, &memory);
	/* What was read may be of another process, which has the number now. */
	if (process_ended(process))
		error = -ESRCH;
	if (error)
		return error;
	predicted->pid = process->pid;
	memcpy(predicted->name, process->stat.name, sizeof predicted->name);
	predicted->vmas = facts.vmas;
	predicted->page_table_bytes = memory.page_table_bytes;
	predicted->room_error = read_room(process->pid, &predicted->room_bytes);
	predict_spawns(predicted);
	/* A limit that cannot be read is left out. */
	status_limit(process->pid, "Max open files", &predicted->nofile);
	status_limit(process->pid, "Max processes", &predicted->nproc);
	status_limit(process->pid, "Max address space", &predicted->as_bytes);
	warnings_find(false, process->pid, &predicted->warnings);
	return 0;
}

#define HEAP(member) offsetof(struct predicted_heap, member)
#define SPAWN(member) offsetof(struct predicted_spawn, member)
#define AT(member) offsetof(struct predicted_process, member)

static const struct row_field heap_fields[] = {
	FIELD("heap_bytes", BYTES, HEAP(heap_bytes),
	      "size of a program's heap"),
	FIELD("beyond_cgroup", FLAG, HEAP(beyond_cgroup),
	      "a limit of our control groups is lower, so that it cannot be "
	      "filled"),
	FIELD("heap", OUTCOMES, HEAP(heap), "whether a program gets it"),
	FIELD("spawn", OUTCOMES, HEAP(spawn), "whether it can then be copied"),
	{ 0 },
};

const struct row_type predicted_heap_row = ROW_TYPE("heaps", heap_fields);

static const struct row_field spawn_fields[] = {
	FIELD("name", TEXT, SPAWN(name), "the strategy"),
	FIELD("commit_bytes", BYTES, SPAWN(commit_bytes),
	      "what a child asks for as long as it lives"),
	FIELD("asked_bytes", BYTES, SPAWN(asked_bytes),
	      "with what is mapped for a moment"),
	FIELD("spawn", OUTCOMES, SPAWN(spawn), "whether it works"),
	{ 0 },
};

const struct row_type predicted_spawn_row =
	ROW_TYPE("process.strategies", spawn_fields);

static const struct row_field limit_fields[] = {
	FIELD("nofile", BYTES, AT(nofile)),
	FIELD("nproc", BYTES, AT(nproc)),
	FIELD("as_bytes", BYTES, AT(as_bytes),
	      "its soft RLIMIT_NOFILE, RLIMIT_NPROC and RLIMIT_AS; `null`: "
	      "none"),
	{ 0 },
};

const struct row_type process_limits_row =
	ROW_TYPE("process.limits", limit_fields);

static const struct row_field process_fields[] = {
	FIELD("pid", NUMBER, AT(pid)),
	FIELD("name", LINE, AT(name), "of the process"),
	FIELD("vmas", BYTES, AT(vmas), "its mappings"),
	FIELD("vm_bytes", BYTES, AT(facts.total_vm_bytes), "its address space"),
	FIELD("accountable_bytes", BYTES, AT(facts.accountable_bytes)),
	FIELD("largest_vma_bytes", BYTES, AT(facts.largest_vma_bytes),
	      "what a copy asks for, in all and at once"),
	FIELD("page_table_bytes", BYTES, AT(page_table_bytes),
	      "its page tables"),
	FIELD("room_bytes", BYTES, AT(room_bytes),
	      "what its control groups leave it"),
	FIELD("strategies", ROWS, AT(spawns), "a list, see below",
	      .type = &predicted_spawn_row),
	FIELD("limits", EMBEDDED, 0, "an object, see below",
	      .type = &process_limits_row),
	FIELD("warnings", ROWS, AT(warnings.list),
	      "a list, as `warnings` of this machine", .type = &warning_row),
	{ 0 },
};

const struct row_type predicted_process_row =
	ROW_TYPE("process", process_fields);

#define ASKING (SW_CHARGES_COMMIT | SW_MAPS_MEMORY)

struct names {
	char text[256];
};

/* The names of the strategies that ask for memory by exactly these traits. */
static struct names names_of(unsigned traits)
{
	struct names names = { "" };

	for (size_t i = 0; sw_strategies[i]; i++)
		if (is_usable(sw_strategies[i]) &&
		    (sw_strategies[i]->traits & ASKING) == traits)
			text_join(names.text, sizeof names.text, ", ", "%s",
				  sw_strategies[i]->name);
	return *names.text ? names : (struct names){ "none" };
}

/* The head of a grid, behind its first columns: which mode is set. */
static void put_modes(struct table *table, int mode)
{
	for (int i = 0; i < ROW_MODES; i++)
		table_cell(table, "mode %d%s", i, i == mode ? " (now)" : "");
	table_row(table, TABLE_STRONG);
}

/* The cells of a grid behind its first columns; before: outcomes of the heap
 * itself, or NULL. */
static void put_outcomes(struct table *table, const int *outcomes,
			 const int *before, const char *works, bool bad)
{
	for (int i = 0; i < ROW_MODES; i++) {
		bad |= outcomes[i];
		table_cell(table, "%s",
			   before && before[i] ? "heap refused"
			   : outcomes[i]       ? errname(outcomes[i])
					       : works);
	}
	table_row(table, bad ? TABLE_BAD : TABLE_PLAIN);
}

/* A heap that no mode refuses may still not be filled: without swap the OOM
 * killer comes (cgroups(7)). */
static void put_heap(struct table *table, const struct predicted_heap *row)
{
	const bool named = *row->label;

	table_cell(table, "%s", "");
	table_cell(table, "%s%s%s%s", size_human(row->heap_bytes).text,
		   named ? " (" : "", row->label, named ? ")" : "");
	put_outcomes(table, row->spawn, row->heap,
		     row->beyond_cgroup ? "beyond its cgroup" : "works",
		     row->beyond_cgroup);
}

void doctor_report_heaps(struct table *table,
			 const struct predicted_heaps *heaps, int mode)
{
	const struct predict_facts nothing = { 0 };

	report_line(table, "spawning", TABLE_PLAIN,
		    "asking for the whole memory of the program again: %s",
		    names_of(SW_CHARGES_COMMIT).text);
	report_line(table, "", TABLE_PLAIN, "asking for a stack of some %s: %s",
		    size_human(predict_asked(SW_MAPS_MEMORY, &nothing)).text,
		    names_of(SW_MAPS_MEMORY).text);
	report_line(table, "", TABLE_PLAIN, "asking for none of it: %s",
		    names_of(0).text);
	report_line(table, "", TABLE_PLAIN,
		    "now the first would get, in a program with one heap:");
	table_cell(table, "%s", "");
	table_cell(table, "heap");
	put_modes(table, mode);
	for (size_t i = 0; i < heaps->list.count; i++)
		put_heap(table, &heaps->rows[i]);
}

/* Page tables are charged to the control group; what does not fit there brings
 * its OOM killer and no ENOMEM (GFP_PGTABLE_USER in
 * include/asm-generic/pgalloc.h). */
static void report_page_tables(struct table *table,
			       const struct predicted_process *process)
{
	const bool tight = process->page_table_bytes > process->room_bytes;

	report_row(table, "", TABLE_PLAIN,
		   "a copy of its page tables takes up to {page_table_bytes} "
		   "of RAM besides");
	if (process->room_error)
		report_line(table, "", TABLE_PLAIN,
			    "what its cgroup leaves it is hidden: %s",
			    cgroup_error(process->room_error));
	if (process->room_bytes != UINT64_MAX)
		report_row(table, "", tight ? TABLE_BAD : TABLE_PLAIN,
			   tight ? "its cgroup leaves it {room_bytes}: copying "
				   "them may get it killed"
				 : "its cgroup leaves it {room_bytes}");
}

static void report_process_limits(struct table *table,
				  const struct predicted_process *process)
{
	const struct {
		const char *words;
		uint64_t soft;
	} limits[] = {
		{ "descriptors", process->nofile },
		{ "processes of its user", process->nproc },
		{ "bytes of addresses", process->as_bytes },
	};
	struct process_limit nearest;
	char text[256] = "";

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i].soft != UINT64_MAX)
			text_join(text, sizeof text, ", ", "%" PRIu64 " %s",
				  limits[i].soft, limits[i].words);
	report_line(table, "", TABLE_PLAIN, "it may have: %s",
		    *text ? text : "any number of descriptors and processes");
	if (process_limit_nearest(process->pid, &nearest))
		report_line(table, "", TABLE_PLAIN,
			    "nearest limit of processes: %s, %" PRIu64
			    " of %" PRIu64 " are there",
			    nearest.name, nearest.used, nearest.limit);
}

void doctor_report_process(struct table *table,
			   const struct predicted_process *process, int mode)
{
	table->parts = predicted_process_row.parts;
	table->row = process;
	report_row(table, "process", TABLE_PLAIN,
		   "{name} (pid {pid}): {vm_bytes} of address space in {vmas} "
		   "mappings");
	report_row(table, "", TABLE_PLAIN,
		   "accountable and copied: {accountable_bytes}, the largest "
		   "mapping {largest_vma_bytes}");
	report_page_tables(table, process);
	table_cell(table, "%s", "");
	table_cell(table, "strategy");
	table_cell(table, "asks for");
	put_modes(table, mode);
	for (size_t i = 0; i < process->spawns.count; i++) {
		table_cell(table, "%s", "");
		table_cell(table, "%s", process->rows[i].name);
		table_cell(table, "%s",
			   size_human(process->rows[i].asked_bytes).text);
		put_outcomes(table, process->rows[i].spawn, NULL, "works",
			     false);
	}
	report_process_limits(table, process);
	warnings_report(table, "its warnings", "none", &process->warnings);
}
