/* SPDX-License-Identifier: MIT */
/*
 * Files of a run: a CSV file that only grows, by whole rows, and one that
 * appears whole or not at all.
 *
 * Of the first, what was flushed survives whatever ends the run, and a write
 * that fails leaves no half of a row behind. The second is written under a name
 * of its own, synced and renamed: whoever reads while a run is interrupted sees
 * the old content or the new one.
 */
#ifndef ROWS_ROW_FILE_H
#define ROWS_ROW_FILE_H

#include <limits.h>
#include <stdio.h>

#include "bench/rows/rows.h"

/* A file that grows; zeroed: none. */
struct row_file {
	struct csv_writer writer;
	const struct row_type *type;
	const char *dir, *run_id; /* borrowed */
};

/* Create the type's file in dir with its header, or resume one that is there: a
 * last row that was cut off is dropped. It is locked (flock(2)) as long as it
 * is open. After 0 the caller owes row_file_close(). -EEXIST: rows are never
 * overwritten; else -errno of open(2), -ENOMEM. */
int row_file_open(struct row_file *file, const char *dir, const char *run_id,
		  const struct row_type *type, bool resume);

/* Add one row; 0, or -errno of the first write that failed. After that nothing
 * is written any more. */
int row_file_append(struct row_file *file, const void *row);

/* Hand everything to the kernel, so that it outlives this process. */
int row_file_flush(struct row_file *file);

/* Flush and release, also after an error; nothing to do with none. */
int row_file_close(struct row_file *file);

/* A file that is about to appear. */
struct replace {
	FILE *stream;		  /* write here */
	char temporary[PATH_MAX]; /* dir/name.PID.part */
	char path[PATH_MAX];	  /* dir/name */
};

/* Whether dir has a file of that name. */
bool has_file(const char *dir, const char *name);

/* Begin to write dir/name. 0, or -errno of open(2); after 0 replace_end()
 * releases it. */
int replace_begin(struct replace *replace, const char *dir, const char *name);

/* Make what was written the file: fsync(2), rename(2); or forget it, if error
 * is what went wrong. 0, or error, or -errno, also of a write before; then the
 * old file, if any, is still there. */
int replace_end(struct replace *replace, int error);

#endif
