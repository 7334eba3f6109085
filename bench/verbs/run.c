/* SPDX-License-Identifier: MIT */
/*
 * run: measures a matrix, keeps it, shows it and answers.
 *
 * The order matters: the guardian is born first, while we are small; the plan
 * is told before anything is changed; files are written before anything is
 * shown, so that a closed pipe loses nothing. Longer than other files, so that
 * this order is seen at once.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/run_dir.h"
#include "bench/machine/cure.h"
#include "bench/machine/text.h"
#include "bench/measure/ab.h"
#include "bench/verbs/compare.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/run_job.h"
#include "bench/verbs/run_request.h"
#include "bench/verbs/run_result.h"
#include "bench/verbs/run_resume.h"
#include "bench/verbs/verbs.h"

static const struct option_spec run_options[] = {
	OPTION("strategy", 's', TEXT, "strategies to measure", INTO(strategies),
	       "all", "LIST"),
	OPTION("plugin", 0, PLUGIN,
	       "load a strategy of your own, NAME.so; again for another",
	       .each = true),
	OPTION("", 0, AXES, ""),
	OPTION("filter", 0, TEXT,
	       "only cells whose name matches an extended regular expression, "
	       "-RE: does not; with --dry-run their names are listed",
	       INTO(filter), .placeholder = "RE"),
	OPTION("one-axis", 0, SWITCH,
	       "vary one axis of parents at a time, from the first value of "
	       "each",
	       INTO(one_axis)),
	OPTION("ab", 0, SETTING,
	       "give parents a setting: none, env:NAME=VALUE, thp:never or "
	       "cpu:LIST; again for another, and they are compared",
	       INTO(labels), .each = true,
	       .hint = "Settings are none, env:NAME=VALUE, thp:never and "
		       "cpu:LIST "
		       "of CPUs that we may use (cpu:0-3,8); a label has a-z, "
		       "0-9 and _, up to 31."),
	OPTION("child", 0, TEXT,
	       "what is spawned (default: our own, which stamps its start)",
	       INTO(child), .placeholder = "PROGRAM"),
	OPTION("parents", 0, COUNT,
	       "processes a parent state, at least 6, and no more; "
	       "without it 9 for large heaps",
	       INTO(parents), "21", .low = PARENTS_LEAST, .high = 1000),
	OPTION("precision", 0, COUNT,
	       "more processes until each cell is within PCT %",
	       INTO(precision), "3", "PCT", .low = 1, .high = 100),
	OPTION("out", 'o', TEXT, "write the run into DIR", INTO(out),
	       .placeholder = "DIR", .no_key = true),
	OPTION("resume", 0, TEXT,
	       "go on with the run in DIR, as it was asked for", INTO(resume),
	       .placeholder = "DIR", .no_key = true, .anew = true),
	OPTION("budget", 0, COUNT,
	       "cut the plan to fit, and add nothing later (default: 3 times "
	       "the plan)",
	       INTO(budget_s), .placeholder = "SECONDS", .anew = true, .low = 1,
	       .high = 1000000),
	OPTION("seed", 0, COUNT, "of the order of blocks (default: random)",
	       INTO(seed), .high = INT32_MAX),
	OPTION("quick", 'q', SWITCH,
	       "fewer heaps and processes, within 5 %: half a minute",
	       INTO(quick)),
	OPTION("plot", 0, SWITCH, "draw the charts into the run's folder",
	       INTO(plot), .anew = true),
	OPTION("job", 0, TEXT,
	       "measure the sections of an INI file, [NAME] and lines such as "
	       "heap = 0,1G, one after another into DIR/NAME",
	       INTO(job), .placeholder = "FILE", .no_key = true),
	OPTION("dry-run", 0, SWITCH,
	       "show the plan and stop; CMD is tried once", INTO(dry_run),
	       .anew = true),
	{ 0 },
};

static bool needs_guardian(const struct plan *plan)
{
	for (size_t i = 0; i < plan->cell_count; i++)
		if (plan->cells[i].overcommit != plan->original_mode)
			return true;
	return false;
}

/* Measure, then write and show what was measured, even after an error. */
static int measure(struct run *run, const struct run_dir *dir,
		   const struct arguments *args, struct failure *why)
{
	struct failure guard_why = { 0 };
	struct progress progress;
	int error, code, guarded;

	progress_begin(&progress, stderr, plan_seconds(run->plan));
	run->progress = &progress; // cppcheck-suppress autoVariables
	run->error = runner_run(run);
	live_end(&progress.live);
	error = row_file_close(&run->samples_file);
	run->error = run->error ?: error;
	row_file_close(&run->plan_file);
	gbench_file_close(&run->gbench_file);
	guarded = run_guardian_stop(run->guardian, &guard_why);
	code = run_result(run, dir, args, why);
	if (guarded) { /* nothing else matters as much */
		*why = guard_why;
		return guarded;
	}
	error = run->error;
	if (error && (code == EXIT_DONE || code == EXIT_PARTLY)) {
		fail_cure(why,
			  "%s What was measured until then is kept in its "
			  "folder.",
			  error == -ENODEV
				  ? "Bring the CPUs back, or use --cpu free."
				  : cure_of(error == -EAGAIN /* a birth */
						    ? CURE_SELF
						    : CURE_FILE,
					    error, NULL));
		return fail(why, EXIT_FAILED, NULL, "go on with run %s: %s",
			    dir->run_id,
			    error == -ENODEV
				    ? "a CPU that it needs is offline or no "
				      "longer allowed"
				    : run_guardian_reason(error));
	}
	return code;
}

static int refuse_folder(const struct run_dir *dir,
			 const struct arguments *args, int error,
			 struct failure *why)
{
	const struct options *options = (const void *)args->options;

	if (error == -EEXIST || error == -ENOTEMPTY)
		return fail(why, EXIT_USAGE, "Choose an empty folder.",
			    "run --out %s: it %s", dir->path,
			    error == -EEXIST ? "holds a run already"
					     : "is not empty");
	return fail(why, options->out ? EXIT_USAGE : EXIT_FAILED,
		    "Use --out DIR to write elsewhere.", "write to %s: %s",
		    dir->path, strerror(-error));
}

/* Choose the folder, creating nothing: what can be known to fail fails here. A
 * dry run, which needs none, fails only where one was asked for. */
static int choose_folder(const struct arguments *args, struct run_dir *dir,
			 struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const int error = run_dir_choose(dir, options->out);

	if (!error || options->out || !options->dry_run)
		return error ? refuse_folder(dir, args, error, why) : 0;
	fprintf(stderr,
		"The run itself would need --out DIR: %s cannot be written "
		"to: %s.\n",
		dir->path, strerror(-error));
	return 0;
}

/* Create the folder, or take that of a run that goes on, with the files that
 * grow, and write down what is known before anything is measured. */
static int open_folder(struct run *run, struct run_dir *dir,
		       const struct arguments *args, bool again,
		       struct failure *why)
{
	int error = again ? 0 : run_dir_create(dir);

	if (!error)
		error = row_file_open(&run->samples_file, dir->path,
				      dir->run_id, &samples_row, again);
	if (!error)
		error = row_file_open(&run->plan_file, dir->path, dir->run_id,
				      &plan_row, again);
	if (!error)
		error = gbench_file_open(&run->gbench_file, dir->path);
	if (error && !again)
		return refuse_folder(dir, args, error, why);
	if (!error)
		error = run_result_begin(run, dir, args);
	return fail_errno(why, EXIT_FAILED, CURE_FILE, error,
			  again ? NULL : "Use --out DIR to write elsewhere.",
			  "write to %s", dir->path);
}

static int run_plan(struct run *run, const struct arguments *args,
		    struct resume *resume, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const struct plan *plan = run->plan;
	struct guardian guardian, *guard;
	static struct run_dir dir;
	int code = resume ? run_resume_check(resume, plan, &dir,
					     options->resume, why)
			  : choose_folder(args, &dir, why);

	if (!code && options->dry_run) {
		run_result_plan(stdout, plan);
		for (size_t i = 0; options->filter && i < plan->cell_count; i++)
			puts(axes_name(&plan->cells[i], ':').text);
		return EXIT_DONE;
	}
	if (code)
		return code;
	guard = needs_guardian(plan) ? &guardian : NULL;
	code = run_guardian_start(guard, plan->original_mode, why);
	if (code)
		return code;
	run->guardian = guard; // cppcheck-suppress autoVariables
	run_result_plan(stderr, plan);
	/* Nothing is written before: an early ^C leaves nothing behind. */
	code = fail_errno(why, EXIT_FAILED, CURE_SELF, runner_begin(run), NULL,
			  "begin the run");
	if (!code)
		code = open_folder(run, &dir, args, resume, why);
	if (!code && resume && run_resume_apply(resume, run))
		code = fail_errno(why, EXIT_FAILED, CURE_SELF, -ENOMEM, NULL,
				  "go on with the run");
	if (!code) {
		code = measure(run, &dir, args, why);
		if (code == EXIT_DONE || code == EXIT_PARTLY)
			compare_labels(dir.path, &options->labels);
	} else if (run->guardian) {
		guardian_stop(run->guardian);
	}
	run_release(run);
	run->guardian = NULL;
	return code;
}

static int run_matrix(const struct arguments *args, struct resume *resume,
		      struct failure *why)
{
	const struct options *options = (const void *)args->options;
	static struct plan plan; /* a stack may be small */
	static struct run run = { .plan = &plan };
	static char program[PATH_MAX];
	const bool parent = ab_executed();
	int code = parent ? 0 : run_guardian_check(options->dry_run, why);

	run.again = options->labels.count ? args->argv : NULL;
	if (!code)
		code = run_request(args, &plan, &run, program, why);
	if (code)
		return code;
	if (parent)
		ab_go_on(&run);
	code = run_plan(&run, args, resume, why);
	plan_release(&plan);
	return code;
}

static int run_verb(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	struct resume resume;
	int code;

	if (ab_executed() || (!options->job && !options->resume))
		return run_matrix(args, NULL, why);
	if (options->job)
		return run_job(args, why);
	code = run_resume_read(&resume, args, why);
	if (code)
		return code;
	code = run_matrix(&resume.args, &resume, why);
	run_resume_release(&resume);
	return code;
}

static const char *const run_examples[] = {
	"spawnwise run --quick",
	"spawnwise run --heap 0,64M,1G --strategy NAME,NAME",
	"sudo spawnwise run --overcommit all --quick",
	"spawnwise run --backing base,thp --threads 0,64 --out ./my-run",
	"spawnwise run --quick -- git --version",
	"spawnwise run --filter '^v?fork/' --dry-run",
	"spawnwise run --overcommit all --dry-run",
	"spawnwise run --job my.ini --out ./my-runs",
	"spawnwise run --resume ./my-run --budget 60",
	"spawnwise run --ab plain=none --ab mine=env:LD_PRELOAD=./mine.so",
	"spawnwise run --plugin ./mine.so --strategy mine,posix_spawn",
	NULL
};

const struct verb verb_run = {
	.name = "run",
	.summary = "measure a matrix of strategies, heaps and modes",
	.details =
		"Measures every combination of the axes, each a comma list, in "
		"many processes a\nparent state, and goes on with those cells "
		"that are not yet as exact as --precision\nsays, until the "
		"budget is used up. Writes samples.csv, cells.csv, plan.csv, "
		"host.json\nand gbench.json to a folder of its own, "
		"prints a table, a chart and a recommendation.\nAnother "
		"overcommit mode than the current one needs root; a guardian "
		"process puts the\nsetting back whatever happens. With CMD its "
		"spawns are measured, found "
		"in PATH, with its\narguments; it must end with status 0. "
		"CMD is tried once before the plan,\nwhich counts on the time "
		"it took, and with --dry-run too.",
	.operands = "[-- CMD...]",
	.operands_max = 64,
	.options = run_options,
	.examples = run_examples,
	.run = run_verb,
};
