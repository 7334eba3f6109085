/* SPDX-License-Identifier: MIT */
/*
 * The folder of a run, and the name it gets.
 */
#ifndef FILES_RUN_DIR_H
#define FILES_RUN_DIR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct run_dir {
	char run_id[48]; /* 20261120T211900Z-4711: UTC and pid */
	char path[PATH_MAX];
	char data[PATH_MAX]; /* where latest shall point at it, or "" */
	bool made;	     /* by run_dir_create(): it was not there before */
};

/*
 * Choose the folder of a new run: out, or without it data/runs/<run-id> of the
 * repository this command was built in, if that is where we stand, else
 * ./spawnwise-<run-id>. Nothing is created, but what would keep it from being
 * created or written to is found: -EEXIST, it holds a run already; -ENOTEMPTY,
 * it holds something else; else -errno. dir->path tells what cannot be.
 */
int run_dir_choose(struct run_dir *dir, const char *out);

/* Create it, and folders above. 0 or -errno. */
int run_dir_create(struct run_dir *dir);

/* Remove it if run_dir_create() made it and nothing is in it.
 * Async-signal-safe. */
void run_dir_remove(const struct run_dir *dir);

/* Let data/latest point at this run, in one step. 0 or -errno; nothing to do
 * outside the repository. */
int run_dir_publish(const struct run_dir *dir);

/*
 * Find the folder of the newest run, by the time its cells.csv was written:
 * data/latest of the current directory or of one above it, data/latest of
 * the repository this command was built in, or ./spawnwise-<run-id>. 0 with
 * the path in dir; -ENOENT: there is none; -ENAMETOOLONG.
 */
int run_dir_newest(char *dir, size_t length);

#endif
