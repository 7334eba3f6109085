/* SPDX-License-Identifier: MIT */
/*
 * The folder of a run, and the name it gets.
 */
#ifndef FILES_RUN_DIR_H
#define FILES_RUN_DIR_H

#include <limits.h>
#include <stdbool.h>

struct run_dir {
	char run_id[48]; /* 20261120T211900Z-4711: UTC and pid */
	char path[PATH_MAX];
	bool in_repository; /* then data/latest shall point to it */
};

/*
 * Create the folder of a new run: out, or without it data/runs/<run-id> below
 * repository if that is where we stand, else ./spawnwise-<run-id>. Folders
 * above are created too. -EEXIST: out holds a run already; else -errno, with
 * dir->path telling what could not be made.
 */
int run_dir_create(struct run_dir *dir, const char *out,
		   const char *repository);

/* Let data/latest point at this run, in one step. 0 or -errno; nothing to do
 * outside the repository. */
int run_dir_publish(const struct run_dir *dir, const char *repository);

#endif
