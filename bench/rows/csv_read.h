/* SPDX-License-Identifier: MIT */
/* The only reader of CSV. It finds columns by name, so that a column added
 * later disturbs no older reader. */
#ifndef ROWS_CSV_READ_H
#define ROWS_CSV_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Called for each row below the header: fields in the order of the columns
 * that were asked for, never NULL, gone after the call; line counts from 1
 * and is the last one of the row. Returns 0, or a negative errno, which ends
 * the reading; the callback then has written its own why. */
typedef int csv_row_fn(void *context, char *const *fields, unsigned long line);

/* Read a stream to its end. Columns not asked for are ignored; one that is
 * missing, a row with fewer or more fields than the header, a stray quote, a
 * NUL byte and a last line without its LF (a file cut off while it was
 * written) are errors: -EBADMSG, and why says what and where in a phrase
 * without a full stop. If cut is not NULL, a last line without its LF is left
 * out and sets *cut. Others: -ENOMEM, the stream's, the callback's. */
int csv_read(FILE *stream, const char *const *columns, size_t column_count,
	     csv_row_fn *row, void *context, bool *cut, char *why,
	     size_t why_bytes);

/* The same, where only the first columns must be there: the fields of others
 * that are missing are NULL. */
int csv_read_some(FILE *stream, const char *const *columns, size_t column_count,
		  size_t required_count, csv_row_fn *row, void *context,
		  bool *cut, char *why, size_t why_bytes);

#endif
