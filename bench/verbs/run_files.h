/* SPDX-License-Identifier: MIT */
/* The files a run needs: the program it spawns and the folder it writes. */
#ifndef VERBS_RUN_FILES_H
#define VERBS_RUN_FILES_H

#include <limits.h>

#include "bench/files/run_dir.h"
#include "bench/measure/runner.h"
#include "bench/verbs/verbs.h"

/*
 * Find the child's program: run->program is then path, run->stamps is set.
 * One that is not ours is tried, once, in a dry run too, and child_ns is how
 * long it took; otherwise 0. 0, or an exit code with why filled.
 */
int run_files_child(const struct arguments *args, struct run *run,
		    char path[PATH_MAX], double *child_ns, struct failure *why);

/*
 * Choose the folder, creating nothing: what can be known to fail fails here. A
 * dry run, which needs none, fails only where one was asked for. 0, or an exit
 * code with why filled.
 */
int run_files_check(const struct arguments *args, struct run_dir *dir,
		    struct failure *why);

/* Create the folder and the files that grow. 0, or an exit code. */
int run_files_create(struct run *run, struct run_dir *dir,
		     const struct arguments *args, struct failure *why);

#endif
