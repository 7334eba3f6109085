/* SPDX-License-Identifier: MIT */
/*
 * The only writer of CSV, and fields as numbers.
 *
 * Written is RFC 4180 quoting with LF, numbers as in the C locale whatever
 * setlocale(3) was told.
 */
#ifndef ROWS_CSV_H
#define ROWS_CSV_H

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
int csv_get_size(const char *text, uint64_t *bytes);
int csv_get_real(const char *text, double *number);

#endif
