/* SPDX-License-Identifier: MIT */
/*
 * spawnwise doctor: what this machine can measure, what disturbs it, what to
 * do.
 *
 * It finds nothing wrong with a machine that cannot do everything: each lack
 * is named with its cure, and the exit status is 0.
 */

#include <stdio.h>
#include <string.h>

#include "bench/show/table.h"
#include "bench/show/units.h"
#include "bench/verbs/diagnosis.h"
#include "bench/verbs/verbs.h"
#include "lib/spawnwise.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

/* One line: a subject, left blank when it goes on, and what is known. */
#define tell(table, subject, style, ...)                                       \
	do {                                                                   \
		table_cell((table), "%s", (subject));                          \
		table_cell((table), __VA_ARGS__);                              \
		table_row((table), (style));                                   \
	} while (0)

static void tell_strategies(struct table *table)
{
	size_t supported = 0, count = 0;

	for (; sw_strategies[count]; count++)
		supported += !sw_strategies[count]->supported ||
			     !sw_strategies[count]->supported();
	tell(table, "strategies", TABLE_PLAIN, "%zu of %zu work here",
	     supported, count);
	for (size_t i = 0; i < count; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];
		const int error =
			strategy->supported ? strategy->supported() : 0;

		if (error)
			tell(table, "", TABLE_BAD, "%s is not available: %s",
			     strategy->name, strerror(-error));
	}
}

static void tell_overcommit(struct table *table, const struct diagnosis *found)
{
	static const char *const rules[] = {
		"0 (heuristic): refuses what alone exceeds RAM and swap",
		"1 (always): refuses nothing, the OOM killer decides later",
		"2 (strict): refuses what would exceed CommitLimit",
	};
	char limit[UNITS_LENGTH], used[UNITS_LENGTH], left[UNITS_LENGTH];

	if (found->mode < 0 || found->mode > 2)
		tell(table, "overcommit", TABLE_BAD, "the mode is unknown: %s",
		     strerror(-found->mode));
	else
		tell(table, "overcommit", TABLE_PLAIN, "mode %s",
		     rules[found->mode]);
	if (found->overcommit.owner == OVERCOMMIT_RUN)
		tell(table, "", TABLE_STRONG,
		     "a run at work has set mode %d for a moment",
		     found->overcommit.now);
	if (found->overcommit.owner == OVERCOMMIT_LEFTOVER)
		tell(table, "", TABLE_BAD,
		     "a killed run has left mode %d behind: put it back with "
		     "`sudo spawnwise restore`",
		     found->overcommit.now);
	if (found->memory_error)
		return;
	size_format_human(found->memory.commit_limit_bytes, limit,
			  sizeof limit);
	size_format_human(found->memory.committed_bytes, used, sizeof used);
	size_format_human(meminfo_headroom_bytes(&found->memory), left,
			  sizeof left);
	tell(table, "", TABLE_PLAIN,
	     "CommitLimit %s, committed %s, left for mode 2: %s", limit, used,
	     left);
	if (found->may_write)
		tell(table, "", TABLE_PLAIN,
		     "--overcommit 0, 1, 2 and all are possible");
	else
		tell(table, "", TABLE_FAINT,
		     "--overcommit current only; run as root to measure "
		     "the other modes");
}

static void tell_memory(struct table *table, const struct diagnosis *found)
{
	const uint64_t bytes = found->allowance_bytes;
	const uint64_t unit = bytes >= 4 * GIB ? GIB : 64 * MIB;
	char allowance[UNITS_LENGTH], heap[UNITS_LENGTH];

	if (found->memory_error) {
		tell(table, "memory", TABLE_BAD, "unknown: %s",
		     strerror(-found->memory_error));
		return;
	}
	size_format_human(bytes, allowance, sizeof allowance);
	size_format(bytes / unit * unit, heap, sizeof heap);
	tell(table, "memory", TABLE_PLAIN, "a run may take %s, %s", allowance,
	     found->allowance_why);
	tell(table, "", TABLE_PLAIN, "--heap up to %s fits", heap);
}

static void tell_cpus(struct table *table, const struct diagnosis *found)
{
	tell(table, "CPUs", TABLE_PLAIN, "%d allowed", found->cpu_count);
	if (found->same_cpu >= 0)
		tell(table, "", TABLE_PLAIN, "--cpu same: all on CPU %d",
		     found->same_cpu);
	if (found->split_cpu >= 0)
		tell(table, "", TABLE_PLAIN,
		     "--cpu split: caller on CPU %d, children on CPU %d",
		     found->split_cpu, found->split_other_cpu);
	else
		tell(table, "", TABLE_FAINT,
		     "--cpu split is not possible: %s; allow two CPUs "
		     "(taskset, cpuset)",
		     strerror(-found->split_cpu));
}

static void tell_tools(struct table *table, const struct diagnosis *found)
{
	if (!*found->thp)
		tell(table, "huge pages", TABLE_FAINT,
		     "none in this kernel: --backing thp is refused");
	else if (!strcmp(found->thp, "never"))
		tell(table, "huge pages", TABLE_FAINT,
		     "never: --backing thp is refused; as root: "
		     "echo madvise > " THP_PATH);
	else
		tell(table, "huge pages", TABLE_PLAIN,
		     "%s: --backing thp is possible", found->thp);
	if (found->gnuplot)
		tell(table, "gnuplot", TABLE_PLAIN, "found: charts are drawn");
	else
		tell(table, "gnuplot", TABLE_FAINT,
		     "missing: no charts; install gnuplot-nox");
	if (found->hyperfine)
		tell(table, "hyperfine", TABLE_PLAIN,
		     "found: `make crosscheck` is possible");
	else
		tell(table, "hyperfine", TABLE_FAINT,
		     "missing: no `make crosscheck`; install hyperfine");
}

static int tell_all(const struct diagnosis *found)
{
	struct table table;
	int error;

	table_init(&table, "ll");
	tell_strategies(&table);
	tell_overcommit(&table, found);
	tell_memory(&table, found);
	tell_cpus(&table, found);
	tell_tools(&table, found);
	if (!found->disturbance_count)
		tell(&table, "disturbances", TABLE_PLAIN, "none found");
	for (size_t i = 0; i < found->disturbance_count; i++) {
		tell(&table, i ? "" : "disturbances", TABLE_STRONG, "%s",
		     found->disturbances[i].what);
		tell(&table, "", TABLE_PLAIN, "%s",
		     found->disturbances[i].cure);
	}
	error = table_print(&table, stdout);
	table_release(&table);
	return error;
}

static int doctor_run(const struct arguments *args, struct failure *why)
{
	struct diagnosis found;
	int error;

	diagnosis_examine(&found);
	error = argument_given(args, "json") ? diagnosis_json(&found, stdout)
					     : tell_all(&found);
	if (error)
		return fail(why, EXIT_FAILED, "Free some memory and try again.",
			    "examine this machine: %s", strerror(-error));
	return EXIT_DONE;
}

static const struct option_spec doctor_options[] = {
	{ "json", 0, NULL, "print a JSON object", NULL },
	OPTION_LAST,
};

static const char *const doctor_examples[] = {
	"spawnwise doctor",
	NULL,
};

const struct verb verb_doctor = {
	.name = "doctor",
	.summary = "say what this machine can measure and what disturbs it",
	.options = doctor_options,
	.examples = doctor_examples,
	.run = doctor_run,
};
