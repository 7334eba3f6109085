/* SPDX-License-Identifier: MIT */
/* The child's program and the folder of a run; see run_files.h. */

#include "bench/verbs/run_files.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/program.h"
#include "bench/verbs/run_axes.h"

/* What is measured thousands of times must start, and end with 0. Its output
 * goes nowhere, as it will then. 0, -errno, or a wait status. */
static int try_child(const struct run *run)
{
	posix_spawn_file_actions_t actions;
	int status = 0, error;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 O_RDWR, 0);
	error = posix_spawn(&pid, run->program, &actions, NULL,
			    (char **)run->argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	while (!error && waitpid(pid, &status, 0) < 0)
		error = errno == EINTR ? 0 : errno;
	return error ? -error : status;
}

static int check_child(const struct run *run, double *child_ns,
		       struct failure *why)
{
	const int64_t started_ns = clock_now_ns();
	const int result = try_child(run);
	char reason[128];

	*child_ns = (double)(clock_now_ns() - started_ns);
	if (!result)
		return 0;
	if (result < 0)
		snprintf(reason, sizeof reason, "%s", strerror(-result));
	else if (WIFSIGNALED(result))
		snprintf(reason, sizeof reason, "it was ended by a signal: %s",
			 strsignal(WTERMSIG(result)));
	else
		snprintf(reason, sizeof reason, "it ended with status %d",
			 WEXITSTATUS(result));
	return fail(why, EXIT_USAGE,
		    "Only a command that ends with status 0 can be measured; "
		    "give its arguments after --.",
		    "measure spawns of %s: %s", run->argv[0], reason);
}

/* Where the child's program is: 0 with its path, or an exit code. */
static int locate_child(const struct arguments *args, char path[PATH_MAX],
			struct failure *why)
{
	const struct run_options *options = (const void *)args->options;
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
	else if (installed_payload(path))
		return fail(why, EXIT_FAILED,
			    "Build it with make, or choose another with "
			    "--child /bin/true.",
			    "find the child's program beside this command");
	return 0;
}

int run_files_child(const struct arguments *args, struct run *run,
		    char path[PATH_MAX], double *child_ns, struct failure *why)
{
	const struct run_options *options = (const void *)args->options;
	static char *alone[2];
	struct stat status;
	int error = 0, code = locate_child(args, path, why);

	if (code)
		return code;
	if (access(path, X_OK) || stat(path, &status))
		error = errno;
	else if (!S_ISREG(status.st_mode))
		error = EACCES;
	if (error && args->operand_count)
		return fail(why, EXIT_USAGE,
			    "Give a program that exists and may be executed.",
			    "run -- %s: %s", path, strerror(error));
	if (error)
		return fail(why, EXIT_USAGE,
			    "Give the path of an executable file; a command "
			    "with arguments goes after --.",
			    "run --child %s: %s", path, strerror(error));
	alone[0] = path;
	run->program = path;
	run->argv = alone;
	if (args->operand_count) { /* a shell line has no other name for it */
		args->operands[0] = path;
		run->argv = args->operands;
	}
	run->stamps = !args->operand_count && !options->child;
	*child_ns = 0;
	return run->stamps ? 0 : check_child(run, child_ns, why);
}

static int refuse_folder(const struct run_dir *dir,
			 const struct arguments *args, int error,
			 struct failure *why)
{
	const struct run_options *options = (const void *)args->options;

	if (error == -EEXIST || error == -ENOTEMPTY)
		return fail(why, EXIT_USAGE, "Choose an empty folder.",
			    "run --out %s: it %s", dir->path,
			    error == -EEXIST ? "holds a run already"
					     : "is not empty");
	return fail(why, options->out ? EXIT_USAGE : EXIT_FAILED,
		    "Use --out DIR to write elsewhere.", "write to %s: %s",
		    dir->path, strerror(-error));
}

int run_files_check(const struct arguments *args, struct run_dir *dir,
		    struct failure *why)
{
	const struct run_options *options = (const void *)args->options;
	const int error = run_dir_choose(dir, options->out);

	if (!error || options->out || !options->dry_run)
		return error ? refuse_folder(dir, args, error, why) : 0;
	fprintf(stderr,
		"The run itself would need --out DIR: %s cannot be written "
		"to: %s.\n",
		dir->path, strerror(-error));
	return 0;
}

int run_files_create(struct run *run, struct run_dir *dir,
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
