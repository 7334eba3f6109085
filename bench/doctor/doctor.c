/* SPDX-License-Identifier: MIT */
/*
 * spawnwise doctor: what this machine can measure, what disturbs it, what to
 * do.
 *
 * What a machine lacks is no failure: each lack is named with its cure, and the
 * exit status is 0.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/doctor/doctor_report.h"
#include "bench/rows/rows.h"
#include "bench/show/cure.h"
#include "bench/verbs/verbs.h"

static int predict_heap(struct diagnosis *found, uint64_t bytes,
			const char *label)
{
	return doctor_predict_heap(
		&found->heaps, bytes,
		found->found_group ? found->group.room.limit_bytes : UINT64_MAX,
		label);
}

/* What is predicted when nothing was asked for. */
static int predict_usual_heaps(struct diagnosis *found)
{
	const uint64_t ram_bytes = found->memory.total_bytes;
	int error = predict_heap(found, UINT64_C(1) << 30, "");

	if (!error)
		error = predict_heap(found, ram_bytes / 4, "RAM/4");
	if (!error)
		error = predict_heap(found, ram_bytes / 2, "RAM/2");
	if (!error)
		error = predict_heap(found, ram_bytes, "RAM");
	return error ? error : predict_heap(found, 2 * ram_bytes, "2 RAM");
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
	const struct value_list *heaps = &options->heaps;
	int error = 0;

	if (!heaps->count && !options->pid && !found->facts_error)
		error = predict_usual_heaps(found);
	for (size_t i = 0; i < heaps->count && !error; i++)
		error = predict_heap(found, heaps->values[i].number, "");
	return error ? fail(why, EXIT_FAILED,
			    cure_of(CURE_PROC, error, "Try again."),
			    "examine this machine: %s", meminfo_error(error))
		     : 0;
}

/* Root is refused, too, without CAP_SYS_PTRACE over the process. */
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

static int add_process(const struct options *options, struct diagnosis *found,
		       struct failure *why)
{
	struct process process;
	int error, code;

	if (!options->pid)
		return 0;
	error = process_open((pid_t)options->pid, &process);
	if (error)
		return fail_process(why, &process, error);
	code = fail_process(why, &process, 0);
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
	struct diagnosis found;
	int error, code;

	diagnosis_examine(&found);
	code = add_process(options, &found, why);
	if (!code)
		code = add_heaps(options, &found, why);
	if (code)
		return code;
	error = options->json ? row_json_print(row_json(&diagnosis_row, &found),
					       stdout)
			      : doctor_report(&found, stdout);
	if (error)
		return fail(
			why, EXIT_FAILED,
			cure_of(CURE_FILE, error, "See where its output goes."),
			"report what was found: %s", strerror(-error));
	return EXIT_DONE;
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
