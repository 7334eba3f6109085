/* SPDX-License-Identifier: MIT */
/*
 * A CSV file that only grows, by whole rows.
 *
 * What was flushed survives whatever ends the run, and a write that fails
 * leaves no half of a row behind.
 */
#ifndef ROWS_ROW_FILE_H
#define ROWS_ROW_FILE_H

#include "bench/rows/rows.h"

struct row_file;

/* Create the type's file in dir with its header, and lock it (flock(2)) as long
 * as it is open; *file is the caller's to row_file_close(). run_id is copied.
 * -EEXIST: rows are never overwritten; else -errno of open(2), -ENOMEM. */
int row_file_create(const char *dir, const char *run_id,
		    const struct row_type *type, struct row_file **file);

/* Add one row; 0, or -errno of the first write that failed. After that nothing
 * is written any more. */
int row_file_append(struct row_file *file, const void *row);

/* Hand everything to the kernel, so that it outlives this process. */
int row_file_flush(struct row_file *file);

/* Flush and release, also after an error. NULL is allowed. */
int row_file_close(struct row_file *file);

#endif
