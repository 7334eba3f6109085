/* SPDX-License-Identifier: MIT */
/*
 * What a run is asked for; see run_request.h. Longer than other files: whatever
 * of a command line this machine cannot serve is refused here.
 */

#include "bench/verbs/run_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/coprocess.h"
#include "bench/machine/cpu.h"
#include "bench/machine/memory.h"
#include "bench/machine/program.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/measure/ab.h"
#include "bench/measure/recorder.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/strategies.h"

/* Defaults of --quick. */
#define PARENTS_QUICK 13
#define PRECISION_QUICK 5
/* Of the plan: how much longer a busy machine may take. */
#define LIMIT_FACTOR 3

static int read_strategies(const char *text, struct axes *axes,
			   struct failure *why)
{
	static const struct option_spec spec =
		OPTION("strategy", 's', STRATEGY, "", .list = AXIS_VALUES_MAX);
	struct value_list names = { .count = 0 };
	size_t *count = &axes->strategy_count;
	int code;

	if (!strcmp(text, "all")) {
		for (; strategies()[*count]; ++*count) {
			if (*count == AXIS_VALUES_MAX)
				return fail(why, EXIT_USAGE,
					    "Name those to measure.",
					    "run --strategy all: there are "
					    "more than %d",
					    AXIS_VALUES_MAX);
			axes->strategies[*count] = strategies()[*count];
		}
		return 0;
	}
	code = option_read("run", &spec, text, &names, why);
	for (; *count < names.count; ++*count)
		axes->strategies[*count] =
			strategy_find(names.values[*count].word);
	return code;
}

/* A heap that would crowd out the rest of the machine is refused, or left
 * out when nobody asked for it by name. */
static int bound_heaps(const struct arguments *args, struct axes *axes,
		       struct failure *why)
{
	const bool asked = argument_given(args, "heap");
	const struct value_list *backings =
		&axes->values[axis_number("backing")];
	struct value_list *heaps = &axes->values[axis_number("heap")];
	const struct ab_memory *parent = ab_executed();
	char reason[MEMORY_WHY_BYTES];
	bool populates = false, grows = false;
	uint64_t allowed;
	size_t kept = 0;

	for (size_t i = 0; i < backings->count; i++)
		populates |= backing_find(backings->values[i].word)->populate;
	for (size_t i = 0; i < heaps->count; i++)
		grows |= heaps->values[i].number > 0;
	if (parent) /* as the run itself has found */
		*heaps = parent->heaps;
	if (parent || !populates || !grows)
		return 0;
	if (memory_allowance(&allowed, reason, sizeof reason))
		return fail(why, EXIT_FAILED,
			    "Use --heap 0 or --backing untouched.",
			    "see how much memory there is: %s", reason);
	for (size_t i = 0; i < heaps->count; i++) {
		const uint64_t bytes = heaps->values[i].number;

		if (bytes <= allowed) {
			heaps->values[kept++].number = bytes;
		} else if (asked) {
			fail_cure(why, "Use heaps of at most %s, %s.",
				  size_human(allowed).text, reason);
			return fail(why, EXIT_USAGE, NULL,
				    "run --heap %s: that is more memory than "
				    "a run may take",
				    size_exact(bytes).text);
		} else {
			fprintf(stderr,
				"Leaving out heap %s: a run may take %s, "
				"%s.\n",
				size_exact(bytes).text,
				size_human(allowed).text, reason);
		}
	}
	heaps->count = kept;
	return 0;
}

static int check_placements(const struct axes *axes, struct failure *why)
{
	const struct value_list *cpus = &axes->values[axis_number("cpu")];
	int caller, others;

	for (size_t i = 0; i < cpus->count; i++)
		if (!strcmp(cpus->values[i].word, "split") &&
		    cpu_split(&caller, &others))
			return fail(why, EXIT_FAILED,
				    "Use --cpu same or --cpu free.",
				    "run --cpu split: this process may use "
				    "one CPU only");
	return 0;
}

static int read_axis(const struct arguments *args,
		     const struct row_field *field, struct value_list *values,
		     int *users_mode, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const struct axis *axis = field->axis;
	const struct option_spec spec = option_of_axis(field);
	const char *text = argument_value(args, axis->name);

	if (axis->quick && options->quick && !argument_given(args, axis->name))
		text = axis->quick;
	return axis->kind == AXIS_SETTING
		       ? modes_read(text, values, users_mode, why)
		       : option_read("run", &spec, text, values, why);
}

static int read_axes(const struct arguments *args, struct axes *axes,
		     int *users_mode, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const struct row_field *axis;
	int code = read_strategies(options->strategies, axes, why);

	axes->values[axis_number("ab")] = options->labels;
	for (size_t i = 0; (axis = axis_at(i)) && !code; i++) {
		const struct value_list *values = &axes->values[i];

		if (axis->axis->help)
			code = read_axis(args, axis, &axes->values[i],
					 users_mode, why);
		for (size_t k = 0; axis->axis->fits && k < values->count; k++)
			code = code
				       ?: axis->axis->fits(
						  values->values[k].number,
						  why);
	}
	if (!code)
		code = check_placements(axes, why);
	return code ? code : bound_heaps(args, axes, why);
}

/* What is measured thousands of times must start, and end with 0. Its output
 * goes nowhere, as it will then, and it ends with us. 0, -errno, or a wait
 * status. */
static int try_child(const struct run *run, int stdout_fd)
{
	struct coprocess child;
	int status = 0, error = coprocess_fork(&child, NULL);

	if (error)
		return error;
	if (!child.pid) {
		dup2(stdout_fd, STDOUT_FILENO);
		execve(run->child.program, run->child.argv, environ);
		error = -errno;
		_exit(write(child.socket, &error, sizeof error) < 0);
	}
	/* Nothing comes of a socket that exec has closed. */
	while (read(child.socket, &error, sizeof error) < 0 && errno == EINTR)
		;
	while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
		;
	close(child.socket);
	return error ? error : status;
}

static int check_child(const struct run *run, double *child_ns,
		       struct failure *why)
{
	const int64_t started_ns = clock_now_ns();
	OWNED_FD stdout_fd = recorder_stdout(run->child.stamps);
	int result;

	if (stdout_fd < 0)
		return fail(why, EXIT_FAILED, "Make it, as null(4) says.",
			    "open /dev/null: %s", strerror(-stdout_fd));
	result = try_child(run, stdout_fd);
	*child_ns = (double)(clock_now_ns() - started_ns);
	if (!result)
		return 0;
	if (result < 0)
		fail(why, 0, NULL, "%s", strerror(-result));
	else if (WIFSIGNALED(result))
		fail(why, 0, NULL, "it was ended by a signal: %s",
		     strsignal(WTERMSIG(result)));
	else
		fail(why, 0, NULL, "it ended with status %d",
		     WEXITSTATUS(result));
	return fail_because(why, EXIT_USAGE,
			    "Only a command that ends with status 0 can be "
			    "measured; give its arguments after --.",
			    "measure spawns of %s", run->child.argv[0]);
}

/* Where the child's program is: 0 with its path, or an exit code. */
static int locate_child(const struct arguments *args, char path[PATH_MAX],
			struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const char *child = options->child;
	struct program program;

	if (child && args->operand_count)
		return fail(why, EXIT_USAGE, "Give one of them.",
			    "run --child %s and -- %s at once", child,
			    args->operands[0]);
	if (args->operand_count) {
		program_inspect(&program, args->operands[0]);
		child = program.path;
	}
	if (child)
		snprintf(path, PATH_MAX, "%s", child);
	else if (installed_program(path, "payload"))
		return fail(why, EXIT_FAILED,
			    "Build it with make, or choose another with "
			    "--child /bin/true.",
			    "find the child's program beside this command");
	return 0;
}

static int find_child(const struct arguments *args, struct run *run,
		      char path[PATH_MAX], double *child_ns,
		      struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const bool command = args->operand_count;
	static char *alone[2];
	struct stat status;
	int error = 0, code = locate_child(args, path, why);

	if (code)
		return code;
	if (access(path, X_OK) || stat(path, &status))
		error = errno;
	else if (!S_ISREG(status.st_mode))
		error = EACCES;
	if (error)
		return fail(why, EXIT_USAGE,
			    command ? "Give a program that exists and may be "
				      "executed."
				    : "Give the path of an executable file; a "
				      "command with arguments goes after --.",
			    "run %s %s: %s", command ? "--" : "--child", path,
			    strerror(error));
	alone[0] = path;
	run->child = (struct child){
		.program = path,
		.argv = alone,
		.stamps = !command && !options->child,
	};
	if (command) { /* a shell line has no other name for it */
		args->operands[0] = path;
		run->child.argv = args->operands;
	}
	return run->child.stamps || ab_executed()
		       ? 0
		       : check_child(run, child_ns, why);
}

static uint64_t choose_seed(void)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof random, 0) < 0)
		random = (uint32_t)getpid();
	return random >> 1;
}

/* With a number of processes there are so many, whatever comes of it. */
static struct plan read_wish(const struct arguments *args)
{
	const struct options *options = (const void *)args->options;
	const bool exactly = argument_given(args, "parents");
	const bool precise = argument_given(args, "precision");
	const bool quick = options->quick;
	const double percent = quick && !precise ? PRECISION_QUICK
						 : (double)options->precision;

	return (struct plan){
		.parents = quick && !exactly ? PARENTS_QUICK
					     : (int)options->parents,
		.exactly = exactly,
		.seed = argument_given(args, "seed") ? options->seed
						     : choose_seed(),
		.budget_s = (double)options->budget_s,
		.least = quick,
		.precision = exactly && !precise ? 0 : percent / 100,
	};
}

/* Even the least does not fit into the budget. */
static int refuse_budget(const struct plan *plan, const struct options *options,
			 struct failure *why)
{
	const double fits_ns = plan_child_ns(plan);
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
		  options->quick ? "or " : "take --quick, or ", shorter);
	return fail(why, EXIT_USAGE, NULL, "run --budget %llu",
		    (unsigned long long)options->budget_s);
}

static int read_filter(const char *text, regex_t *filter, struct axes *axes,
		       struct failure *why)
{
	int error;

	axes->unlike = *text == '-';
	error = regcomp(filter, text + axes->unlike, REG_EXTENDED | REG_NOSUB);
	axes->filter = filter;
	if (!error)
		return 0;
	regerror(error, filter, why->what, sizeof why->what);
	return fail_because(why, EXIT_USAGE,
			    "See regex(7) for what is special in it.",
			    "run --filter %s", text);
}

/* Of some names a user sees how they are written. */
static int refuse_filter(const struct axes *axes, const struct options *options,
			 struct failure *why)
{
	struct plan plan = { .axes = *axes, .parents = 1 };
	char names[256] = "";

	plan.axes.filter = NULL;
	plan_build(&plan);
	for (size_t i = 0; i < plan.cell_count && i < 3; i++)
		text_join(names, sizeof names, ", ", "%s",
			  axes_name(&plan.cells[i], ':').text);
	plan_release(&plan);
	fail_cure(why, "Names are %s and so on: see --filter . --dry-run.",
		  names);
	return fail(why, EXIT_USAGE, NULL, "run --filter %s: it leaves no cell",
		    options->filter);
}

static int build_plan(struct plan *plan, const struct options *options,
		      struct failure *why)
{
	const struct axes axes = plan->axes;
	static regex_t filter; /* until plan_build() has used it */
	int error = 0;

	plan->axes.one = options->one_axis;
	if (options->filter)
		error = read_filter(options->filter, &filter, &plan->axes, why);
	if (error)
		return error;
	error = plan_build(plan);
	if (options->filter)
		regfree(&filter);
	if (error == -ENOENT)
		return refuse_filter(&axes, options, why);
	if (error == -ETIME)
		return refuse_budget(plan, options, why);
	return fail_errno(why, EXIT_FAILED, CURE_SELF, error,
			  "Measure a smaller matrix.", "run");
}

int run_request(const struct arguments *args, struct plan *plan,
		struct run *run, char program[PATH_MAX], struct failure *why)
{
	const struct options *options = (const void *)args->options;
	int users_mode = 0, code;

	*plan = read_wish(args);
	code = read_axes(args, &plan->axes, &users_mode, why);
	if (!code)
		code = find_child(args, run, program, &plan->child_ns, why);
	if (!code)
		code = build_plan(plan, options, why);
	plan->original_mode = users_mode;
	plan->limit_s = options->budget_s ? (double)options->budget_s
					  : LIMIT_FACTOR * plan_seconds(plan);
	if (code)
		plan_release(plan);
	return code;
}
