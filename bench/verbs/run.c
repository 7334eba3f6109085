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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bench/files/run_dir.h"
#include "bench/machine/units.h"
#include "bench/show/cure.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/run_request.h"
#include "bench/verbs/run_result.h"
#include "bench/verbs/run_resume.h"
#include "bench/verbs/verbs.h"

/* Defaults of --quick. */
#define PARENTS_QUICK 13
#define PRECISION_QUICK 0.05
/* Of the plan: how much longer a busy machine may take. */
#define LIMIT_FACTOR 3

static const struct option_spec run_options[] = {
	OPTION("strategy", 's', TEXT, "strategies to measure", INTO(strategies),
	       "all", "LIST"),
	OPTION("", 0, AXES, ""),
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
	       .placeholder = "DIR"),
	OPTION("resume", 0, TEXT,
	       "go on with the run in DIR, as it was asked for", INTO(resume),
	       .placeholder = "DIR"),
	OPTION("budget", 0, COUNT,
	       "cut the plan to fit, and add nothing later (default: 3 times "
	       "the plan)",
	       INTO(budget_s), .placeholder = "SECONDS", .low = 1,
	       .high = 1000000),
	OPTION("seed", 0, COUNT, "of the order of blocks (default: random)",
	       INTO(seed), .high = INT32_MAX),
	OPTION("quick", 'q', SWITCH,
	       "fewer heaps and processes, within 5 %: half a minute",
	       INTO(quick)),
	OPTION("plot", 0, SWITCH, "draw the charts into the run's folder",
	       INTO(plot)),
	OPTION("dry-run", 0, SWITCH,
	       "show the plan and stop; CMD is tried once", INTO(dry_run)),
	{ 0 },
};

static uint64_t seed_of(const struct arguments *args)
{
	const struct options *options = (const void *)args->options;
	uint32_t random = 0;

	if (argument_given(args, "seed"))
		return options->seed;
	if (getrandom(&random, sizeof random, 0) < 0)
		random = (uint32_t)getpid();
	return random >> 1;
}

static int parents_of(const struct arguments *args)
{
	const struct options *options = (const void *)args->options;

	return options->quick && !argument_given(args, "parents")
		       ? PARENTS_QUICK
		       : (int)options->parents;
}

/* 0: as many processes as were asked for, whatever comes of it. */
static double precision_of(const struct arguments *args)
{
	const struct options *options = (const void *)args->options;

	if (argument_given(args, "precision"))
		return (double)options->precision / 100;
	if (argument_given(args, "parents"))
		return 0;
	return options->quick ? PRECISION_QUICK
			      : (double)options->precision / 100;
}

/* What a plan is built of besides the options. */
struct request {
	const struct options *options;
	struct axes axes;
	struct plan_wish wish;
	double precision;
};

/* Even the least does not fit into the budget. */
static int refuse_budget(const struct plan *plan, const struct request *request,
			 struct failure *why)
{
	const double fits_ns =
		plan_child_ns(plan, (double)request->options->budget_s);
	char shorter[96] = "";

	if (plan->child_ns > 0 && fits_ns > 0)
		snprintf(shorter, sizeof shorter,
			 ", or a command of %s instead of %s",
			 duration_human(fits_ns).text,
			 duration_human(plan->child_ns).text);
	fail_cure(why,
		  "The least that gives honest numbers takes %.0f s: "
		  "raise --budget, %smeasure fewer heaps%s.",
		  plan_seconds(plan) + 1,
		  request->options->quick ? "or " : "take --quick, or ",
		  shorter);
	return fail(why, EXIT_USAGE, NULL, "run --budget %llu",
		    (unsigned long long)request->options->budget_s);
}

static int build_plan(struct plan *plan, const struct request *request,
		      struct failure *why)
{
	const struct options *options = request->options;
	struct overcommit_view view;
	int error = plan_build(plan, &request->axes, &request->wish);

	if (error == -ETIME) {
		error = refuse_budget(plan, request, why);
		plan_release(plan);
		return error;
	}
	if (error)
		return fail(why, EXIT_FAILED, "Measure a smaller matrix.",
			    "run: %s", strerror(-error));
	error = overcommit_look(&view);
	if (error) {
		plan_release(plan);
		return fail(why, EXIT_FAILED, cure_of(CURE_PROC, error, NULL),
			    "read %s: %s", overcommit_path(), strerror(-error));
	}
	plan->original_mode = view.mode;
	plan->precision = request->precision;
	plan->limit_s = options->budget_s ? (double)options->budget_s
					  : LIMIT_FACTOR * plan_seconds(plan);
	return 0;
}

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
	int error, unkept, code, guarded = 0;

	progress_begin(&progress, stderr, plan_seconds(run->plan));
	run->progress = &progress; // cppcheck-suppress autoVariables
	error = runner_run(run);
	progress_end(&progress);
	unkept = row_file_close(run->samples_file);
	row_file_close(run->plan_file);
	gbench_file_close(run->gbench_file);
	if (run->guardian)
		guarded = run_guardian_stop(run->guardian, &guard_why);
	code = run_result(run, dir, args, why);
	if (guarded) { /* nothing else matters as much */
		*why = guard_why;
		return guarded;
	}
	error = error ? error : unkept;
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

/* Create the folder with the files that grow, and write down what is known
 * before anything is measured. */
static int create_folder(struct run *run, struct run_dir *dir,
			 const struct arguments *args, struct failure *why)
{
	int error = run_dir_create(dir);

	if (!error)
		error = row_file_create(dir->path, dir->run_id, &samples_row,
					&run->samples_file);
	if (!error)
		error = row_file_create(dir->path, dir->run_id, &plan_row,
					&run->plan_file);
	if (!error)
		error = gbench_file_create(dir->path, &run->gbench_file);
	return error ? refuse_folder(dir, args, error, why) : 0;
}

/* Write down what is known before anything is measured. */
static int begin(struct run *run, const struct run_dir *dir,
		 const struct arguments *args, struct failure *why)
{
	int error = runner_begin(run);

	if (!error)
		error = run_result_begin(run, dir, args);
	return error ? fail(why, EXIT_FAILED,
			    "Use --out DIR to write elsewhere.",
			    "write to %s: %s", dir->path, strerror(-error))
		     : 0;
}

static int run_plan(struct run *run, const struct arguments *args,
		    struct resume *resume, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const struct plan *plan = run->plan;
	struct guardian guardian;
	struct run_dir dir;
	int code = resume ? 0 : choose_folder(args, &dir, why);

	if (!code && options->dry_run) {
		run_result_plan(stdout, plan);
		return EXIT_DONE;
	}
	if (!code && needs_guardian(plan)) {
		code = run_guardian_start(&guardian, plan->original_mode, why);
		// cppcheck-suppress autoVariables
		run->guardian = code ? NULL : &guardian;
	} else if (!code) {
		code = run_guardian_none(why);
	}
	if (code)
		return code;
	code = resume ? run_resume_open(resume, run, &dir, options->resume, why)
		      : create_folder(run, &dir, args, why);
	if (!code) {
		run_result_plan(stderr, plan);
		code = begin(run, &dir, args, why);
	}
	if (!code && resume && run_resume_apply(resume, run))
		code = fail(why, EXIT_FAILED, cure_of(CURE_SELF, -ENOMEM, NULL),
			    "go on with the run: %s", strerror(ENOMEM));
	if (!code) {
		code = measure(run, &dir, args, why);
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
	struct request request = {
		.options = options,
		.wish = { .parents = parents_of(args),
			  .exactly = argument_given(args, "parents"),
			  .seed = seed_of(args),
			  .budget_s = (double)options->budget_s,
			  .least = options->quick },
		.precision = precision_of(args),
	};
	const bool dry = options->dry_run;
	struct plan plan;
	struct run run = { .plan = &plan };
	char program[PATH_MAX];
	int code;

	code = run_guardian_check(dry, why);
	if (!code && !dry)
		code = run_guardian_repair(why);
	if (!code)
		code = run_axes(args, &request.axes, why);
	if (!code)
		code = run_child(args, &run, program, &request.wish.child_ns,
				 why);
	if (!code)
		code = build_plan(&plan, &request, why);
	if (code)
		return code;
	code = run_plan(&run, args, resume, why);
	plan_release(&plan);
	return code;
}

static int run_verb(const struct arguments *args, struct failure *why)
{
	struct resume resume;
	int code;

	if (!argument_given(args, "resume"))
		return run_matrix(args, NULL, why);
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
	"spawnwise run --overcommit all --dry-run",
	"spawnwise run --resume ./my-run --budget 60",
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
