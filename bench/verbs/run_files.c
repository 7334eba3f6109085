/* SPDX-License-Identifier: MIT */
/* The child's program and the folder of a run; see run_files.h. */

#include "bench/verbs/run_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/machine/installed.h"

static int find_child(const struct arguments *args, struct run *run,
		      char path[PATH_MAX], struct failure *why)
{
	const char *child = argument_value(args, "child");
	struct stat status;
	int error = 0;

	run->stamps = !child;
	if (child)
		snprintf(path, PATH_MAX, "%s", child);
	else if (installed_payload(path))
		return fail(why, EXIT_FAILED,
			    "Build it with make, or choose another with "
			    "--child /bin/true.",
			    "find the child's program beside this command");
	if (access(path, X_OK) || stat(path, &status))
		error = errno;
	else if (!S_ISREG(status.st_mode))
		error = EACCES;
	if (error)
		return fail(why, EXIT_USAGE,
			    "Give the path of an executable file.",
			    "run --child %s: %s", path, strerror(error));
	run->program = path;
	return 0;
}

static int refuse_folder(const struct run_dir *dir,
			 const struct arguments *args, int error,
			 struct failure *why)
{
	if (error == -EEXIST || error == -ENOTEMPTY)
		return fail(why, EXIT_USAGE, "Choose an empty folder.",
			    "run --out %s: it %s", dir->path,
			    error == -EEXIST ? "holds a run already"
					     : "is not empty");
	return fail(why, argument_given(args, "out") ? EXIT_USAGE : EXIT_FAILED,
		    "Use --out DIR to write elsewhere.", "write to %s: %s",
		    dir->path, strerror(-error));
}

int run_files_check(const struct arguments *args, struct run *run,
		    char path[PATH_MAX], struct run_dir *dir,
		    struct failure *why)
{
	int error, code = find_child(args, run, path, why);

	if (code)
		return code;
	error = run_dir_choose(dir, argument_value(args, "out"));
	return error ? refuse_folder(dir, args, error, why) : 0;
}

int run_files_create(struct run *run, struct run_dir *dir,
		     const struct arguments *args, struct failure *why)
{
	int error = run_dir_create(dir);

	if (!error)
		error = samples_create(dir->path, dir->run_id,
				       &run->samples_file);
	if (!error)
		error = samples_plan_create(dir->path, dir->run_id,
					    &run->plan_file);
	if (!error)
		error = gbench_file_create(dir->path, &run->gbench_file);
	return error ? refuse_folder(dir, args, error, why) : 0;
}
