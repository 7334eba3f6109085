/* SPDX-License-Identifier: MIT */
/*
 * cells.csv: one row a cell and time, what a run found.
 *
 * Columns are only ever added, at the end.
 */
#ifndef FILES_CELLS_H
#define FILES_CELLS_H

#include <stddef.h>

#include "bench/files/axes.h"
#include "bench/rows/row_read.h"

/* A row of cells.csv, of struct summary. */
extern const struct row_type cells_row;

/* Fields that other files have as well, besides those of the cell: the schema;
 * in struct summary, what was expected. */
extern const struct row_field row_schema[], expected_fields[];
extern const struct row_field strategy_fields[]; /* of the cell */

/* What was read. */
struct cells {
	const char *run_id; /* of the first row; "" without rows */
	struct summary *rows;
	size_t count;
};

/* Write dir/cells.csv as a whole: a reader sees the old file or the new one.
 * Nanoseconds are rounded to integers; NAN, OUTCOME_UNKNOWN and commit_bytes
 * -1 become empty fields. 0, or -errno. */
int cells_write(const char *dir, const char *run_id, const struct summary *rows,
		size_t count);

/* Read dir/cells.csv; after 0 the caller owes cells_release(). Rows of a time
 * that is unknown here are left out: a later version may measure more. On
 * error nothing is owed and why holds the reason: -EBADMSG for bad content,
 * -ENOTSUP for a newer schema, -ENODATA for a run that has samples but no
 * cells.csv yet, else -errno. */
int cells_read(const char *dir, struct cells *cells, struct failure *why);

/* Add a row; or one of a cell of which nothing is expected yet. 0, -ENOMEM. */
int cells_add(struct cells *cells, const struct summary *row);
int cells_add_planned(struct cells *cells, const struct cell *cell);

/* Free the rows. */
void cells_release(struct cells *cells);

#endif
