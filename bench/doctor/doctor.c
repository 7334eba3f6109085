/* SPDX-License-Identifier: MIT */
/*
 * spawnwise doctor: what this machine can measure, what disturbs it, what to
 * do. All that it says of the machine stands here, hence the length.
 *
 * What a machine lacks is no failure: each lack is named with its cure, and the
 * exit status is 0.
 */

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/doctor/diagnosis.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/rows/rows.h"
#include "bench/show/table.h"
#include "bench/verbs/verbs.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

#define FOUND(member) offsetof(struct diagnosis, member)

/* Placeholders of the sentences, beside the keys of JSON. */
static const struct row_field in_text[] = {
	FIELD("ram_and_swap_bytes", BYTES, FOUND(ram_and_swap_bytes)),
	FIELD("admin_reserve_bytes", BYTES, FOUND(facts.admin_reserve_bytes)),
	FIELD("user_reserve_bytes", BYTES, FOUND(facts.user_reserve_bytes)),
	FIELD("allowance_why", LINE, FOUND(allowance_why)),
	FIELD("now", NUMBER, FOUND(overcommit.now)),
	FIELD("own_version", NUMBER, FOUND(group.own.version)),
	FIELD("own_path", LINE, FOUND(group.own.directory)),
	FIELD("limit_name", TEXT, FOUND(group.room.limit_name)),
	FIELD("group_room_bytes", BYTES, FOUND(group_room_bytes)),
	FIELD("same_cpu", NUMBER, FOUND(same_cpu)),
	FIELD("split_cpu", NUMBER, FOUND(split_cpu)),
	FIELD("split_other_cpu", NUMBER, FOUND(split_other_cpu)),
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
	for (size_t i = 0, next; i < count; i = next) {
		const struct found_strategy *row = &found->rows[i];

		for (next = i + 1; next < count && found->rows[next].supported;)
			next++;
		if (row->supported)
			continue;
		report_line(table, "", TABLE_BAD,
			    "%s is not available: %s (%s)", row->name,
			    strerror(row->error), row->step);
		if (next == count || found->rows[next].error != row->error)
			report_line(table, "", TABLE_PLAIN, "%s",
				    cure_of(CURE_STRATEGY, -row->error,
					    "Use another strategy."));
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
	{ .fields = found_group_fields, FOUND(group) },
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
	warnings_report(table, "warnings", "none", &found->warnings);
	warnings_report(table, "disturbances", "none found",
			&found->disturbances);
}

static int report(const struct diagnosis *found, FILE *stream)
{
	struct table table;

	table_init(&table, "llllll");
	fill_table(&table, found);
	return table_print(&table, stream);
}

struct options {
	struct value_list heaps;
	uint64_t pid;
	bool json;
};

/* The heaps that were asked for, or the usual ones. With --pid alone it is the
 * process that matters. */
static int add_heaps(const struct options *options, struct diagnosis *found,
		     struct failure *why)
{
	int error;

	if (!options->heaps.count && (options->pid || found->facts_error))
		return 0;
	error = doctor_predict_heaps(
		&found->heaps,
		found->found_group ? found->group.room.limit_bytes : UINT64_MAX,
		&options->heaps, found->memory.total_bytes);
	return fail_errno(why, EXIT_FAILED, CURE_PROC, error, NULL,
			  "examine this machine");
}

/* Root is refused, too, without CAP_SYS_PTRACE over the process: that opens the
 * mappings of others' processes in its own user namespace (capabilities(7)). */
static int may_not_read(pid_t pid, struct failure *why)
{
	const char *cure = "Run as root, or as the user whose process it is.";
	uint64_t effective = 0;

	status_number(0, "CapEff", 16, &effective);
	if (geteuid() == 0)
		cure = effective >> CAP_SYS_PTRACE & 1
			       ? "CAP_SYS_PTRACE does not reach it: it is in "
				 "another user namespace, or a sandbox or "
				 "security module forbids it. Ask outside."
			       : "It takes CAP_SYS_PTRACE, which this root has "
				 "not, as in a container: ask outside, or "
				 "start it with --cap-add SYS_PTRACE.";
	return fail(why, EXIT_FAILED, cure,
		    "read the mappings of process %d: %s", (int)pid,
		    strerror(EACCES));
}

static int add_process(const struct options *options, struct diagnosis *found,
		       struct failure *why)
{
	struct process process;
	int error = 0, code;

	if (!options->pid)
		return 0;
	code = fail_process(why, &process,
			    process_open((pid_t)options->pid, &process));
	if (!code)
		error = doctor_predict_process(&process, &found->process);
	if (!code && !error)
		found->found_process = &found->process;
	if (!code && error == -EACCES)
		code = may_not_read(process.pid, why);
	else if (!code)
		code = fail_process(why, &process, error);
	process_close(&process);
	return code;
}

static int doctor_run(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	static struct diagnosis found;
	int error, code;

	diagnosis_examine(&found);
	code = add_process(options, &found, why);
	if (!code)
		code = add_heaps(options, &found, why);
	if (code)
		return code;
	error = options->json ? row_json_print(row_json(&diagnosis_row, &found),
					       stdout)
			      : report(&found, stdout);
	return fail_errno(why, EXIT_FAILED, CURE_FILE, error,
			  "See where its output goes.",
			  "report what was found");
}

static const struct option_spec doctor_options[] = {
	OPTION("heap", 'H', SIZE,
	       "tell what spawning from a program with such heaps would ask "
	       "(default: 1G, and by the size of the RAM)",
	       INTO(heaps), .list = PREDICT_HEAPS_MAX, .what = "read heap",
	       .hint = "Give sizes with commas between them: 1G,16G; 16 at "
		       "most."),
	OPTION("pid", 'p', PID,
	       "tell what spawning from this process would ask", INTO(pid),
	       .what = "read pid"),
	OPTION("json", 0, SWITCH, "print a JSON object", INTO(json)),
	{ 0 },
};

const struct verb verb_doctor = {
	.name = "doctor",
	.summary = "say what this machine can measure and what disturbs it",
	.details =
		"Tells also what the overcommit mode means here, which limits "
		"there are and who sets them, and whether spawning from a "
		"large program would be refused now, by mode. That prediction "
		"follows the kernel's rules; each strategy is tried once. "
		"Warns of limits, filters and settings that make spawning "
		"slow, fail or lie, with what to do.",
	.options = doctor_options,
	.examples = (const char *const[]){ "spawnwise doctor",
					   "spawnwise doctor --heap 8G,64G",
					   "sudo spawnwise doctor --pid 1234",
					   NULL },
	.run = doctor_run,
};
