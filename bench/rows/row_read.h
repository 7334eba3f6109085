/* SPDX-License-Identifier: MIT */
/* Reading the rows of a CSV file; see rows.h. */
#ifndef ROWS_ROW_READ_H
#define ROWS_ROW_READ_H

#include "bench/rows/rows.h"

/* What to do with the rows that are read. */
struct row_reading {
	const struct row_type *type;
	const char **run_id; /* that of the first row; NULL before */
	void *row; /* filled for each call of take; its strings live for ever */
	size_t row_bytes;
	/* Keep the row. 0; -ENOMEM; or -EBADMSG, if its cell is none. */
	int (*take)(void *context, void *row);
	void *context;
	/* NULL, or set if the last row has no end and was left out. */
	bool *cut;
};

/* Read the type's file in dir to its end. 0, or why holds its name and the
 * reason: -ENOENT when there is none, -EBADMSG for bad
 * content, -ENOTSUP for a newer schema, else -errno. */
int row_read(const char *dir, const struct row_reading *reading,
	     struct failure *why);

#endif
