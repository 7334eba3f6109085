/* SPDX-License-Identifier: MIT */
/* The only reader of CSV. It finds columns by name, so that a column added
 * later disturbs no older reader. */
#ifndef ROWS_CSV_READ_H
#define ROWS_CSV_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef int csv_row_fn(void *context, char *const *fields, unsigned long line);

struct csv_reading {
	const char *const *columns; /* that are asked for; others are ignored */
	size_t column_count;
	size_t optional_count; /* so many of the last ones may be missing */
	/* Called for each row below the header: fields in the order of columns,
	 * gone after the call, NULL if the column is missing; line counts from
	 * 1 and is the last one of the row. 0, or a negative errno, which ends
	 * the reading; then why is its own. */
	csv_row_fn *row;
	void *context;
	/* Set if the last line has no LF and was left out: a file cut off while
	 * it was written. NULL: that is an error. */
	bool *cut;
	char *why; /* what is wrong and where, a phrase without a full stop */
	size_t why_bytes;
};

/* Read a stream to its end. -EBADMSG: a column is missing, a row has fewer or
 * more fields than the header, a stray quote, a NUL byte. Others: -ENOMEM, the
 * stream's, the callback's. */
int csv_read(FILE *stream, const struct csv_reading *reading);

#endif
