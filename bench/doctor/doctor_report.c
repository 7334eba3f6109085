/* SPDX-License-Identifier: MIT */
/* What `doctor` says to people; see doctor_report.h. */

#include "bench/doctor/doctor_report.h"

#include <errno.h>
#include <string.h>

#include "bench/show/cure.h"
#include "bench/show/units.h"

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
		"0 (heuristic): refuses what alone exceeds RAM and swap",
		"1 (always): refuses nothing, the OOM killer decides later",
		"2 (strict): refuses what would exceed CommitLimit",
	};

	if (found->mode < 0 || found->mode > 2)
		report_line(table, "overcommit", TABLE_BAD,
			    "the mode is unknown: %s", strerror(-found->mode));
	else
		report_line(table, "overcommit", TABLE_PLAIN, "mode %s",
			    rules[found->mode]);
	if (found->overcommit.owner == OVERCOMMIT_RUN)
		report_row(table, "", TABLE_STRONG,
			   "a run at work has set mode {now} for a moment");
	if (found->overcommit.owner == OVERCOMMIT_LEFTOVER)
		report_row(table, "", TABLE_BAD,
			   "a killed run has left mode {now} behind: put it "
			   "back with `sudo spawnwise restore`");
}

/* The rule with this machine's numbers. */
static void report_meaning(struct table *table, int mode)
{
	static const char *const meanings[] = {
		("here: one mapping of up to {ram_and_swap_bytes}, and any "
		 "number of them"),
		("here: a mapping of any size, and any number of them, while "
		 "there are addresses"),
		("here: ENOMEM when all programs together were promised "
		 "{commit_limit_bytes}"),
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
	if (found->found_process)
		doctor_report_process(table, found->found_process, found->mode);
	if (found->heaps.list.count)
		doctor_report_heaps(table, &found->heaps, found->mode);
	table->parts = machine_parts;
	table->row = found;
	report_cpus(table, found);
	report_tools(table, found);
	doctor_report_warnings(table, "warnings", "none", &found->warnings);
	doctor_report_warnings(table, "disturbances", "none found",
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
