/* SPDX-License-Identifier: MIT */
/*
 * spawnwise doctor: what this machine can measure, what disturbs it, what to
 * do.
 *
 * It finds nothing wrong with a machine that cannot do everything: each lack
 * is named with its cure, and the exit status is 0.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/attest/trial.h"
#include "bench/doctor/diagnosis.h"
#include "bench/doctor/doctor_limits.h"
#include "bench/doctor/doctor_warnings.h"
#include "bench/show/cure.h"
#include "bench/verbs/axes.h"
#include "bench/verbs/pid.h"
#include "bench/verbs/tell.h"
#include "bench/verbs/verbs.h"
#include "lib/spawnwise.h"

/* The cure of equal errors in a row follows the last of them. */
static void tell_strategies(struct table *table)
{
	size_t works = 0, count = 0;
	const char *step;
	int before = 0;

	for (; sw_strategies[count]; count++)
		works += !trial_known(sw_strategies[count], &step);
	tell(table, "strategies", TABLE_PLAIN, "%zu of %zu work here", works,
	     count);
	for (size_t i = 0; i <= count; i++) {
		const int error =
			i < count ? trial_known(sw_strategies[i], &step) : 1;

		if (!error)
			continue;
		if (before && error != before)
			tell(table, "", TABLE_PLAIN, "%s",
			     cure_of(CURE_STRATEGY, before,
				     "Use another strategy."));
		before = error;
		if (i < count)
			tell(table, "", TABLE_BAD,
			     "%s is not available: %s (%s)",
			     sw_strategies[i]->name, strerror(-error), step);
	}
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

static void tell_process(struct table *table, const struct diagnosis *found)
{
	const pid_t pid = found->process.pid;

	doctor_report_process(table, &found->process, found->mode);
	doctor_tell_process_limits(table, pid);
	doctor_tell_warnings(table, "its warnings", pid);
}

static int tell_all(const struct diagnosis *found)
{
	struct table table;
	int error;

	table_init(&table, PREDICT_ALIGN);
	tell_strategies(&table);
	doctor_tell_limits(&table, found);
	if (found->process.pid)
		tell_process(&table, found);
	if (found->heaps.count)
		doctor_report_heaps(&table, &found->heaps, found->mode);
	tell_cpus(&table, found);
	tell_tools(&table, found);
	doctor_tell_warnings(&table, "warnings", 0);
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

static int take_heap(void *data, const char *item)
{
	struct predicted_heaps *heaps = data;
	uint64_t bytes;
	int error = size_parse(item, &bytes);

	if (error)
		return error;
	for (size_t i = 0; i < heaps->count; i++)
		if (heaps->rows[i].heap_bytes == bytes) /* "1G,1024M" */
			return -EEXIST;
	return doctor_predict_heap(heaps, bytes, "");
}

static const char *heap_error(int error)
{
	switch (error) {
	case -EEXIST:
		return "it stands there twice";
	case -ENOSPC:
		return "there are too many";
	case -EINVAL:
	case -E2BIG:
	case -ERANGE:
		return size_error(error);
	default:
		return meminfo_error(error);
	}
}

/* The heaps that were asked for, or the usual ones. With --pid alone it is the
 * process that matters. */
static int add_heaps(const struct arguments *args, struct diagnosis *found,
		     struct failure *why)
{
	const char *list = argument_value(args, "heap");
	char item[64] = "";
	int error = 0;

	if (list)
		error = list_split(list, take_heap, &found->heaps, item);
	else if (!argument_given(args, "pid") && !found->facts_error)
		error = doctor_predict_usual_heaps(&found->heaps,
						   found->memory.total_bytes);
	if (!error)
		return 0;
	if (!list)
		return fail(why, EXIT_FAILED,
			    cure_of(CURE_PROC, error, "Try again."),
			    "examine this machine: %s", meminfo_error(error));
	fail_cure(why,
		  "Give sizes with commas between them: 1G,16G; %d at "
		  "most, each once.",
		  PREDICT_HEAPS_MAX);
	return fail(why, EXIT_USAGE, NULL, "read heap '%s' of '%s': %s", item,
		    list, heap_error(error));
}

/* Root is refused where it is not wholly root. */
static int may_not_read(pid_t pid, struct failure *why)
{
	const char *cure = "Run as root, or as the user whose process it is.";

	if (geteuid() == 0)
		cure = process_may_trace()
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

static int add_process(const struct arguments *args, struct diagnosis *found,
		       struct failure *why)
{
	const char *text = argument_value(args, "pid");
	struct process process;
	pid_t pid;
	int error, code;

	if (!text)
		return 0;
	code = pid_read(text, &pid, why);
	if (code)
		return code;
	error = process_open(pid, &process);
	if (error)
		return pid_check(&process, error, why);
	code = pid_check(&process, 0, why);
	if (!code)
		error = doctor_predict_process(&process, &found->process);
	if (!code && error == -EACCES)
		code = may_not_read(pid, why);
	else if (!code)
		code = pid_check(&process, error, why);
	process_close(&process);
	return code;
}

static int doctor_run(const struct arguments *args, struct failure *why)
{
	struct diagnosis found;
	int error, code;

	diagnosis_examine(&found);
	code = add_process(args, &found, why);
	if (!code)
		code = add_heaps(args, &found, why);
	if (code)
		return code;
	error = argument_given(args, "json") ? diagnosis_json(&found, stdout)
					     : tell_all(&found);
	if (error)
		return fail(
			why, EXIT_FAILED,
			cure_of(CURE_FILE, error, "See where its output goes."),
			"tell what was found: %s", strerror(-error));
	return EXIT_DONE;
}

static const struct option_spec doctor_options[] = {
	{ "heap", 'H', "LIST",
	  "tell what spawning from a program with such heaps would ask "
	  "(default: 1G, and by the size of the RAM)",
	  NULL },
	{ "pid", 'p', "PID", "tell what spawning from this process would ask",
	  NULL },
	{ "json", 0, NULL, "print a JSON object", NULL },
	OPTION_LAST,
};

static const char *const doctor_examples[] = {
	"spawnwise doctor",
	"spawnwise doctor --heap 8G,64G",
	"sudo spawnwise doctor --pid 1234",
	NULL,
};

const struct verb verb_doctor = {
	.name = "doctor",
	.summary = "say what this machine can measure and what disturbs it",
	.details =
		"Tells also what the overcommit mode means here, which limits "
		"there are and who sets them, and whether spawning from a "
		"large program would be refused now, by mode. That forecast "
		"follows the kernel's rules; each strategy is tried once. "
		"Warns of limits, filters and settings that make spawning "
		"slow, fail or lie, with what to do.",
	.options = doctor_options,
	.examples = doctor_examples,
	.run = doctor_run,
};
