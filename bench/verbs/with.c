/* SPDX-License-Identifier: MIT */
/*
 * with: runs an unmodified command whose posix_spawn(3), system(3) and
 * popen(3) are made by a strategy.
 *
 * The command replaces us; libspawnwise-preload.so does the work in it. What
 * the dynamic loader would only warn about, or leave out in silence, is
 * refused before.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/attest/trial.h"
#include "bench/machine/coprocess.h"
#include "bench/machine/program.h"
#include "bench/machine/text.h"
#include "bench/verbs/strategies.h"
#include "bench/verbs/verbs.h"
#include "lib/preload/preload.h"

/* What system(3) and popen(3) ask for. */
#define NEEDED_FIELDS ((unsigned)(SW_SIGDEFAULT | SW_SIGMASK | SW_FDACTIONS))

struct options {
	bool children;
	const char *report;
};

static const struct option_spec with_options[] = {
	OPTION("children", 0, SWITCH,
	       "serve every program that the command starts or becomes as "
	       "well",
	       INTO(children)),
	OPTION("report", 'r', TEXT,
	       "append a line at exit: how many were spawned, by which "
	       "strategy",
	       INTO(report), .placeholder = "FILE"),
	{ 0 },
};

static int find_strategy(const char *name, const struct sw_strategy **strategy,
			 struct failure *why)
{
	const char *step;
	unsigned missing;

	*strategy = sw_find(name);
	if (!*strategy) {
		fail_unknown_strategy(why, name);
		return EXIT_OURS;
	}
	if ((*strategy)->traits & (SW_BASELINE | SW_CREATES_NOTHING))
		return fail(why, EXIT_OURS,
			    "Choose one that `spawnwise list` shows without "
			    "baseline and creates_nothing.",
			    "serve a program with %s: it is only there to be "
			    "measured",
			    name);
	missing = NEEDED_FIELDS & ~(*strategy)->honours;
	if (missing)
		return fail(why, EXIT_OURS,
			    "Choose one that `spawnwise list` shows with "
			    "sigdefault, sigmask and fdactions.",
			    "serve a program with %s: it does not honour %s",
			    name, sw_field_name(missing & -missing));
	return fail_errno(why, EXIT_OURS, CURE_STRATEGY,
			  trial_run(*strategy, &step), "Choose another.",
			  "serve a program with %s", name);
}

/* The command is what follows the strategy; "--" between them is decoration,
 * but an option there is a mistake. */
static int find_command(char **operands, char ***command, struct failure *why)
{
	const bool dashes = operands[1] && !strcmp(operands[1], "--");

	*command = operands + 1 + dashes;
	if (!**command)
		return fail(why, EXIT_OURS,
			    "`spawnwise with --help` shows how it is used.",
			    "run with: CMD is missing");
	if (!dashes && ***command == '-')
		return fail(why, EXIT_OURS,
			    "Options of `with` come before STRATEGY; before a "
			    "command with a dash goes '--'.",
			    "run %s", **command);
	return 0;
}

static int find_library(char path[PATH_MAX], struct failure *why)
{
	static const char *const places[] = {
		"libspawnwise-preload.so",
		"../lib/spawnwise/libspawnwise-preload.so", NULL
	};
	int error = installed_path(path, places);

	if (!error && access(path, R_OK))
		error = -errno;
	if (error)
		return fail(why, EXIT_OURS,
			    error == -EACCES
				    ? "Let this user enter all folders down to "
				      "that of spawnwise."
				    : "Build it with `make`, or install "
				      "spawnwise again.",
			    "read libspawnwise-preload.so: %s",
			    strerror(-error));
	if (strpbrk(path, " :"))
		return fail(why, EXIT_OURS,
			    "Move spawnwise to a folder without them.",
			    "preload '%s': LD_PRELOAD knows no path with a "
			    "blank or a colon",
			    path);
	return 0;
}

static int inspect(const char *command, struct program *program,
		   struct failure *why)
{
	program_inspect(program, command);
	if (!program->refusal)
		return 0;
	return fail(why, EXIT_OURS,
		    "Name the program that starts the children, if it is "
		    "another; or build it with libspawnwise.",
		    "serve %s: %s", program->culprit, program->refusal);
}

/* Set variable to the two parts, the library's orders. 0 or -ENOMEM. */
static int set_variable(const char *variable, const char *first,
			const char *separator, const char *second)
{
	OWNED_TEXT value = NULL;

	if (asprintf(&value, "%s%s%s", first, separator, second) < 0) {
		value = NULL;
		return -ENOMEM;
	}
	return setenv(variable, value, 1) ? -errno : 0;
}

static int order(const char *strategy, bool children, int env_count)
{
	char words[64] = "";

	if (children)
		snprintf(words, sizeof words, "%s", WITH_CHILDREN);
	for (; !children && env_count; env_count--)
		strncat(words, WITH_LATER, sizeof words - strlen(words) - 1);
	return set_variable(WITH_VARIABLE, strategy, words, "");
}

static int order_preload(const char *library)
{
	const char *others = getenv("LD_PRELOAD") ?: "";

	return set_variable("LD_PRELOAD", library, *others ? ":" : "", others);
}

/* As the command will; but a pipe's reader would take it for the end. */
static int try_file(const char *file)
{
	struct stat status;

	if (!stat(file, &status) && S_ISFIFO(status.st_mode))
		return 0;
	OWNED_FD fd =
		open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	return fd < 0 ? -errno : 0;
}

/* The command may change its folder before it reports. */
static int order_report(const char *file)
{
	char folder[PATH_MAX] = "";
	int error;

	if (!file)
		return unsetenv(WITH_REPORT_VARIABLE) ? -errno : 0;
	if (*file != '/' && !getcwd(folder, sizeof folder))
		return -errno;
	error = try_file(file);
	if (error)
		return error;
	return set_variable(WITH_REPORT_VARIABLE, folder,
			    *file == '/' ? "" : "/", file);
}

/* Returns only with an exit code. */
static int become(const struct program *program, char **command,
		  struct failure *why)
{
	int error;

	if (sigchld_was_ignored)
		signal(SIGCHLD, SIG_IGN);
	execvp(program->path, command);
	error = errno;
	return fail(why, error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE,
		    "Give a program that exists and may be executed.",
		    "run %s: %s", command[0], strerror(error));
}

static int with_verb(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const struct sw_strategy *strategy;
	static struct program program;
	static char library[PATH_MAX];
	char **command;
	int error;
	int code = find_strategy(args->operands[0], &strategy, why);

	if (!code)
		code = find_command(args->operands, &command, why);
	if (!code)
		code = find_library(library, why);
	if (!code)
		code = inspect(command[0], &program, why);
	if (code)
		return code;
	error = order(strategy->name, options->children, program.env_count);
	if (!error)
		error = order_preload(library);
	if (error)
		return fail_errno(why, EXIT_OURS, CURE_SELF, error, NULL,
				  "set the environment");
	error = order_report(options->report);
	if (error)
		return fail_errno(why, EXIT_OURS, CURE_FILE, error,
				  "Name a file that can be written, by its "
				  "whole path.",
				  "report to %s", options->report);
	return become(&program, command, why);
}

const struct verb verb_with = {
	.name = "with",
	.summary = "run a command whose spawns are made by a strategy",
	.operands = "STRATEGY -- CMD...",
	.details =
		"The command is not modified: its posix_spawn(3), "
		"posix_spawnp(3), system(3), popen(3) and pclose(3) are those "
		"of libspawnwise-preload.so. What it starts by fork(2), "
		"vfork(2) or clone(2) is its own affair. Unless --children is "
		"given, the variables that do this are gone from the "
		"environment before its main() begins. Exits as the command "
		"does, or with 125, 126 or 127 for a failure of our own, as "
		"env(1).",
	.options = with_options,
	.examples =
		(const char *const[]){
			"spawnwise with NAME -- make -j8",
			"spawnwise with --report spawns.txt NAME -- make",
			"spawnwise with --children NAME -- sh -c './configure "
			"&& make'",
			NULL },
	.operands_min = 2,
	.operands_max = OPERANDS_COMMAND,
	.run = with_verb,
};
