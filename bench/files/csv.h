/* SPDX-License-Identifier: MIT */
/*
 * Rows and columns: the only writer and the only reader of CSV.
 *
 * Written is RFC 4180 quoting with LF, numbers as in the C locale whatever
 * setlocale(3) was told. Read is the same by libcsv, columns found by name, so
 * that a column added later disturbs no older reader.
 */
#ifndef FILES_CSV_H
#define FILES_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Start with { .stream = stream }. The first error sticks and is told by
 * csv_end_row(), so the calls before it need no checks. */
struct csv_writer {
	FILE *stream; /* the caller's */
	bool in_row;
	int error; /* positive errno of the first failed write */
};

/* One field; quoted if it must be. NULL is an empty field. */
void csv_put_text(struct csv_writer *writer, const char *text);

/* One field; a number of any sign. */
void csv_put_integer(struct csv_writer *writer, int64_t number);

/* One field; a number of bytes. */
void csv_put_size(struct csv_writer *writer, uint64_t bytes);

/* One field with so many decimals; empty when not finite. */
void csv_put_real(struct csv_writer *writer, double number, int decimals);

/* End the row. 0, or -errno of the first write that failed since the start. */
int csv_end_row(struct csv_writer *writer);

/* The header: names with commas between them; errors as csv_end_row(). */
int csv_put_names(struct csv_writer *writer, const char *names);

/* Called for each row below the header: fields in the order of the columns
 * that were asked for, never NULL, gone after the call; line counts from 1
 * and is the last one of the row. Returns 0, or a negative errno, which ends
 * the reading; the callback then has written its own why. */
typedef int csv_row_fn(void *context, char *const *fields, unsigned long line);

/* Read a stream to its end. Columns not asked for are ignored; one that is
 * missing, a row with fewer or more fields than the header, a stray quote, a
 * NUL byte and a last line without its LF (a file cut off while it was
 * written) are errors: -EBADMSG, and why says what and where in a phrase
 * without a full stop. Others: -ENOMEM, the stream's, the callback's. */
int csv_read(FILE *stream, const char *const *columns, size_t column_count,
	     csv_row_fn *row, void *context, char *why, size_t why_bytes);

/* The same, but with cut a last line without its LF is left out, and *cut set
 * for it: a file that a killed writer left behind. */
int csv_read_cut(FILE *stream, const char *const *columns, size_t column_count,
		 csv_row_fn *row, void *context, bool *cut, char *why,
		 size_t why_bytes);

/* Cut a file off behind its last LF: a full disk cuts the row that it meets,
 * perhaps in a number. 0, or -errno. */
int csv_drop_cut_row(const char *path);

/* A whole field as a number; 0, or -EINVAL, -ERANGE. csv_get_real() takes an
 * empty field as NAN. */
int csv_get_integer(const char *text, int64_t *number);
int csv_get_size(const char *text, uint64_t *bytes);
int csv_get_real(const char *text, double *number);

#endif
