/* SPDX-License-Identifier: MIT */
/*
 * The only writer and reader of CSV, and fields as numbers.
 *
 * Written is RFC 4180 quoting with LF, numbers as in the C locale, which main.c
 * sees to. The reader finds columns by name, so that a column added later
 * disturbs no older reader.
 */
#ifndef ROWS_CSV_H
#define ROWS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct failure;

/* Start with { .stream = stream }. The first error sticks and is told by
 * csv_end_row(): no other call needs a check. */
struct csv_writer {
	FILE *stream; /* the caller's */
	bool in_row;
	int error; /* positive errno of the first failed write */
};

/* One field; quoted if it must be. NULL is an empty field. */
void csv_put_text(struct csv_writer *writer, const char *text);

/* End the row. 0, or -errno of the first write that failed since the start. */
int csv_end_row(struct csv_writer *writer);

/* A number with so many decimals, in text; "" when it is not finite. */
#define CSV_REAL_BYTES 320 /* 309 digits of the largest double */
const char *csv_real(char *text, double number, int decimals);

/* Cut a file off behind its last LF: a full disk cuts the row that it meets,
 * perhaps in a number. 0, or -errno. */
int csv_drop_cut_row(const char *path);

/* A whole field as a number; 0, or -EINVAL, -ERANGE. csv_get_real() takes an
 * empty field as NAN. */
int csv_get_integer(const char *text, int64_t *number);
int csv_get_real(const char *text, double *number);

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
	struct failure *why; /* what is wrong and where */
};

/* Read a stream to its end. -EBADMSG: a column is missing, a row has fewer or
 * more fields than the header, a stray quote, a NUL byte. Others: -ENOMEM, the
 * stream's, the callback's. */
int csv_read(FILE *stream, const struct csv_reading *reading);

#endif
