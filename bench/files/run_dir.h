/* SPDX-License-Identifier: MIT */
/*
 * The folder of a run, and the name it gets; host.json and gbench.json in it:
 * what was known of the machine, and what google-benchmark says of the same
 * run.
 */
#ifndef FILES_RUN_DIR_H
#define FILES_RUN_DIR_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>

struct failure;

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
 * the path in dir; -ENOENT: there is none.
 */
int run_dir_newest(char dir[PATH_MAX]);

/* Write dir/host.json as a whole; host stays the caller's. 0, or -errno. */
int host_write(const char *dir, json_t *host);

/* Read dir/host.json; *host is the caller's to json_decref(). On error why
 * holds the reason: -EBADMSG when it is no JSON
 * object, else -errno. */
int host_read(const char *dir, json_t **host, struct failure *why);

/* What google-benchmark saw of the machine, in the first record of
 * dir/gbench.json; the caller owns it. NULL: there is none. */
json_t *gbench_context(const char *dir);

struct gbench_file {
	const char *dir; /* borrowed */
	char *records;	 /* with commas between them */
};

/* Begin dir/gbench.json with an empty array, or go on behind the records that
 * it holds; after 0 the caller owes gbench_file_close(). 0, or -errno. */
int gbench_file_open(struct gbench_file *file, const char *dir);

/* Add one record, a JSON text; it is kept word for word. The file holds a
 * whole array whenever the run ends. -EBADMSG when it is no JSON object (a
 * parent that died while writing), the file is then as it was; else 0, or
 * -errno. */
int gbench_file_append(struct gbench_file *file, const char *record);

/* Release; the file is complete already. */
void gbench_file_close(struct gbench_file *file);

#endif
