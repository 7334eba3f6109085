/* SPDX-License-Identifier: MIT */
/*
 * What `doctor` says to people; see doctor_report.h. All of its sentences stand
 * here, in the order in which they are read: hence the length.
 */

#include "bench/doctor/doctor_report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bench/rows/errname.h"
#include "bench/show/cure.h"
#include "bench/show/table.h"
#include "bench/show/units.h"
#include "lib/spawnwise.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

#define AT(member) offsetof(struct diagnosis, member)

/* Placeholders of the sentences, beside the keys of JSON. */
static const struct row_field in_text[] = {
	FIELD("ram_and_swap_bytes", BYTES, AT(ram_and_swap_bytes)),
	FIELD("admin_reserve_bytes", BYTES, AT(facts.admin_reserve_bytes)),
	FIELD("user_reserve_bytes", BYTES, AT(facts.user_reserve_bytes)),
	FIELD("allowance_why", LINE, AT(allowance_why)),
	FIELD("now", NUMBER, AT(overcommit.now)),
	FIELD("own_version", NUMBER, AT(group.own.version)),
	FIELD("own_path", LINE, AT(group.own.directory)),
	FIELD("limit_name", TEXT, AT(group.room.limit_name)),
	FIELD("group_room_bytes", BYTES, AT(group_room_bytes)),
	FIELD("same_cpu", NUMBER, AT(same_cpu)),
	FIELD("split_cpu", NUMBER, AT(split_cpu)),
	FIELD("split_other_cpu", NUMBER, AT(split_other_cpu)),
	{ 0 },
};

/* The cure of equal errors in a row follows the last of them. */
static void report_strategies(struct table *table,
			      const struct diagnosis *found)
{
	const size_t count = found->strategies.count;
	size_t works = 0;

	for (size_t i = 0; i < count; i++)
		works += found->rows[i].supported;
	report_line(table, "strategies", TABLE_PLAIN, "%zu of %zu work here",
		    works, count);
	for (size_t i = 0, before = count; i <= count; i++) {
		const struct found_strategy *row = &found->rows[i];

		if (i < count && row->supported)
			continue;
		if (before < count &&
		    (i == count || row->error != found->rows[before].error))
			report_line(table, "", TABLE_PLAIN, "%s",
				    cure_of(CURE_STRATEGY,
					    -found->rows[before].error,
					    "Use another strategy."));
		before = i;
		if (i < count)
			report_line(table, "", TABLE_BAD,
				    "%s is not available: %s (%s)", row->name,
				    strerror(row->error), row->step);
	}
}

static void report_mode(struct table *table, const struct diagnosis *found)
{
	static const char *const rules[] = {
		"mode 0 (heuristic): refuses what alone exceeds RAM and swap",
		"mode 1 (always): refuses nothing, the OOM killer decides "
		"later",
		"mode 2 (strict): refuses what would exceed CommitLimit",
	};

	if (found->mode < 0 || found->mode > 2)
		report_line(table, "overcommit", TABLE_BAD,
			    "the mode is unknown: %s", strerror(-found->mode));
	else
		report_line(table, "overcommit", TABLE_PLAIN, "%s",
			    rules[found->mode]);
	if (found->overcommit.owner == OVERCOMMIT_RUN)
		report_row(table, "", TABLE_STRONG,
			   "a run at work has set mode {now} for a moment");
	if (found->overcommit.owner == OVERCOMMIT_LEFTOVER)
		report_row(table, "", TABLE_BAD,
			   "a killed run has left mode {now} behind: put it "
			   "back with "
			   "`sudo spawnwise restore`");
}

/* The rule with this machine's numbers. */
static void report_meaning(struct table *table, int mode)
{
	static const char *const meanings[] = {
		"here: one mapping of up to {ram_and_swap_bytes}, and any "
		"number of them",
		"here: a mapping of any size, and any number of them, "
		"while there are addresses",
		"here: ENOMEM when all programs together were promised "
		"{commit_limit_bytes}",
	};

	if (mode >= 0 && mode <= 2)
		report_row(table, "", TABLE_PLAIN, meanings[mode]);
	if (mode >= 0 && mode != 2)
		report_row(table, "", TABLE_PLAIN,
			   "when more than {ram_and_swap_bytes} is used, the "
			   "OOM killer kills");
}

static void report_commit(struct table *table, const struct diagnosis *found)
{
	if (found->facts_error) {
		report_line(table, "", TABLE_BAD,
			    "no spawn can be predicted: %s",
			    meminfo_error(found->facts_error));
		return;
	}
	report_row(table, "", TABLE_PLAIN,
		   "CommitLimit {commit_limit_bytes}, committed "
		   "{committed_bytes}, left for mode 2: {commit_left_bytes}");
	report_row(table, "", TABLE_PLAIN,
		   found->facts.admin ? "mode 2 would grant this user "
					"{commit_left_for_us_bytes} of it"
				      : "mode 2 would grant this user "
					"{commit_left_for_us_bytes} of it; "
					"kept for root: {admin_reserve_bytes}");
	report_row(table, "", TABLE_PLAIN,
		   "less 1/32 of the size of the program that asks, up to "
		   "{user_reserve_bytes}");
}

static void report_overcommit(struct table *table,
			      const struct diagnosis *found)
{
	report_mode(table, found);
	if (found->memory_error)
		return;
	report_meaning(table, found->mode);
	report_commit(table, found);
	if (found->may_write)
		report_row(table, "", TABLE_PLAIN,
			   "--overcommit 0, 1, 2 and all are possible");
	else
		report_line(table, "", TABLE_FAINT,
			    "--overcommit current only. %s to measure the "
			    "other modes",
			    overcommit_cure());
}

static void report_memory(struct table *table, const struct diagnosis *found)
{
	const uint64_t bytes = found->allowance_bytes;
	const uint64_t unit = bytes >= 4 * GIB ? GIB : 64 * MIB;

	if (found->memory_error) {
		report_line(table, "memory", TABLE_BAD, "unknown: %s",
			    meminfo_error(found->memory_error));
		return;
	}
	report_row(table, "memory", TABLE_PLAIN,
		   "{ram_bytes} of RAM, {available_bytes} of it available");
	report_row(
		table, "", TABLE_PLAIN,
		found->memory.swap_total_bytes
			? "{swap_total_bytes} of swap, {swap_free_bytes} of it "
			  "free"
			: "no swap: when RAM is used up, a process is killed");
	if (found->allowance_error) {
		report_row(table, "", TABLE_BAD,
			   "a run may take none: {allowance_why}");
		return;
	}
	report_row(table, "", TABLE_PLAIN,
		   "a run may take {allowance_bytes}, {allowance_why}");
	report_line(table, "", TABLE_PLAIN, "--heap up to %s fits",
		    size_exact(bytes / unit * unit).text);
}

static void report_group(struct table *table, const struct diagnosis *found)
{
	const struct group_finding *group = &found->group;

	if (group->error == -ENOENT) {
		report_row(table, "cgroup", TABLE_FAINT,
			   "none that counts memory here");
	} else if (group->error) {
		report_line(table, "cgroup", TABLE_FAINT,
			    "its limits are hidden: %s",
			    cgroup_error(group->error));
	} else {
		report_row(table, "cgroup", TABLE_PLAIN,
			   group->hybrid
				   ? "version {own_version} (hybrid: version 2 "
				     "is mounted too), {own_path}"
				   : "version {own_version}, {own_path}");
		report_row(table, "", TABLE_PLAIN,
			   "uses {usage_bytes}, of it cache to drop: "
			   "{cache_bytes}");
		if (!group->room.limited)
			report_row(table, "", TABLE_PLAIN, "no limit");
	}
	if (!group->error && group->room.limited) {
		report_row(table, "", TABLE_STRONG,
			   "{limit_name} {limit_bytes}, {group_room_bytes} "
			   "left, by {path}");
		report_row(table, "", TABLE_PLAIN, "set by {limit_set_by}");
	}
	if (strcmp(found->container, "no") != 0)
		report_row(table, "container", TABLE_PLAIN, "{container}");
}

#define ASKING (SW_CHARGES_COMMIT | SW_MAPS_MEMORY)

/* The names of those whose traits among those that ask for memory are these. */
static void join_names(unsigned traits, char *text, size_t length)
{
	size_t used = 0;

	snprintf(text, length, "none");
	for (size_t i = 0; sw_strategies[i] && used < length; i++)
		if (doctor_uses(sw_strategies[i]) &&
		    (sw_strategies[i]->traits & ASKING) == traits)
			used += (size_t)snprintf(text + used, length - used,
						 "%s%s", used ? ", " : "",
						 sw_strategies[i]->name);
}

/* The head of a grid, behind its first columns: which mode is set. */
static void put_modes(struct table *table, int mode)
{
	for (int i = 0; i < ROW_MODES; i++)
		table_cell(table, "mode %d%s", i, i == mode ? " (now)" : "");
	table_row(table, TABLE_STRONG);
}

/* The cells of a grid behind its first columns; "": as the outcome says. */
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

static void report_heaps(struct table *table, const struct diagnosis *found)
{
	const struct predict_facts nothing = { 0 };
	char names[256];

	join_names(SW_CHARGES_COMMIT, names, sizeof names);
	report_line(table, "spawning", TABLE_PLAIN,
		    "asking for the whole memory of the program again: %s",
		    names);
	join_names(SW_MAPS_MEMORY, names, sizeof names);
	report_line(table, "", TABLE_PLAIN, "asking for a stack of some %s: %s",
		    size_human(predict_asked(SW_MAPS_MEMORY, &nothing)).text,
		    names);
	join_names(0, names, sizeof names);
	report_line(table, "", TABLE_PLAIN, "asking for none of it: %s", names);
	report_line(table, "", TABLE_PLAIN,
		    "now the first would get, in a program with one heap:");
	table_cell(table, "%s", "");
	table_cell(table, "heap");
	put_modes(table, found->mode);
	for (size_t i = 0; i < found->heaps.list.count; i++)
		put_heap(table, &found->heaps.rows[i]);
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
	size_t used = 0;

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i].soft != UINT64_MAX)
			used += (size_t)snprintf(
				text + used, sizeof text - used,
				"%s%" PRIu64 " %s", used ? ", " : "",
				limits[i].soft, limits[i].words);
	report_line(table, "", TABLE_PLAIN, "it may have: %s",
		    used ? text : "any number of descriptors and processes");
	if (process_limit_nearest(process->pid, &nearest))
		report_line(table, "", TABLE_PLAIN,
			    "nearest limit of processes: %s%s%s, %" PRIu64
			    " of %" PRIu64 " are there",
			    nearest.name, *nearest.directory ? " of " : "",
			    nearest.directory, nearest.used, nearest.limit);
}

static void report_warnings(struct table *table, const char *subject,
			    const char *none,
			    const struct found_warnings *found)
{
	if (!found->list.count)
		report_line(table, subject, TABLE_PLAIN, "%s", none);
	for (size_t i = 0; i < found->list.count; i++) {
		const struct warning *warning = &found->rows[i];

		report_line(table, i ? "" : subject, TABLE_STRONG, "%s",
			    warning->what);
		if (warning->means)
			report_line(table, "", TABLE_PLAIN, "%s",
				    warning->means);
		report_line(table, "", TABLE_PLAIN, "%s", warning->cure);
	}
}

static void report_process(struct table *table,
			   const struct predicted_process *process, int mode)
{
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
	report_warnings(table, "its warnings", "none", &process->warnings);
}

static void report_cpus(struct table *table, const struct diagnosis *found)
{
	report_row(table, "CPUs", TABLE_PLAIN, "{cpus} allowed");
	if (found->same_cpu >= 0)
		report_row(table, "", TABLE_PLAIN,
			   "--cpu same: all on CPU {same_cpu}");
	if (found->can_split)
		report_row(table, "", TABLE_PLAIN,
			   "--cpu split: caller on CPU {split_cpu}, children "
			   "on CPU {split_other_cpu}");
	else
		report_line(table, "", TABLE_FAINT,
			    "--cpu split is not possible: %s; allow two CPUs "
			    "(taskset, cpuset)",
			    strerror(-found->split_cpu));
}

static void report_tools(struct table *table, const struct diagnosis *found)
{
	if (!*found->thp)
		report_row(table, "huge pages", TABLE_FAINT,
			   "none in this kernel: --backing thp is refused");
	else if (!strcmp(found->thp, "never"))
		report_row(table, "huge pages", TABLE_FAINT,
			   "never: --backing thp is refused; as root: "
			   "echo madvise > " THP_PATH);
	else
		report_row(table, "huge pages", TABLE_PLAIN,
			   "{thp}: --backing thp is possible");
	report_row(table, "gnuplot", found->gnuplot ? TABLE_PLAIN : TABLE_FAINT,
		   found->gnuplot ? "found: charts are drawn"
				  : "missing: no charts; install gnuplot-nox");
	report_row(
		table, "hyperfine",
		found->hyperfine ? TABLE_PLAIN : TABLE_FAINT,
		found->hyperfine
			? "found: `make crosscheck` is possible"
			: "missing: no `make crosscheck`; install hyperfine");
}

/* All but the process and the grids, whose sentences have rows of their own. */
static const struct row_part machine_parts[] = {
	{ .fields = found_memory_fields },
	{ .fields = found_group_fields, AT(group) },
	{ .fields = diagnosis_fields },
	{ .fields = in_text },
	{ 0 },
};

static void fill_table(struct table *table, const struct diagnosis *found)
{
	table->parts = machine_parts;
	table->row = found;
	report_strategies(table, found);
	report_overcommit(table, found);
	report_memory(table, found);
	report_group(table, found);
	if (found->found_process) {
		table->parts = predicted_process_row.parts;
		table->row = found->found_process;
		report_process(table, found->found_process, found->mode);
		table->parts = machine_parts;
		table->row = found;
	}
	if (found->heaps.list.count)
		report_heaps(table, found);
	report_cpus(table, found);
	report_tools(table, found);
	report_warnings(table, "warnings", "none", &found->warnings);
	report_warnings(table, "disturbances", "none found",
			&found->disturbances);
}

int doctor_report(const struct diagnosis *found, FILE *stream)
{
	struct table table;
	int error;

	table_init(&table, "llllll");
	fill_table(&table, found);
	error = table_print(&table, stream);
	table_release(&table);
	return error;
}
