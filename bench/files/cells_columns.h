/* SPDX-License-Identifier: MIT */
/*
 * The columns of cells.csv and the members of struct summary they are.
 *
 * Shared by the writer (cells.c) and the reader (cells_read.c), nobody else.
 */
#ifndef FILES_CELLS_COLUMNS_H
#define FILES_CELLS_COLUMNS_H

#include <stddef.h>

/* How a member is written and read. */
enum cells_kind {
	KIND_SCHEMA,  /* no member: CELLS_SCHEMA */
	KIND_RUN_ID,  /* no member: the same in all rows */
	KIND_COUNT,   /* int, not negative */
	KIND_SIZE,    /* uint64_t */
	KIND_NAME,    /* const char *, [a-z][a-z0-9_]* */
	KIND_WORD,    /* const char *, [a-z0-9_]+ */
	KIND_TIME,    /* enum sample_time, by name */
	KIND_ERRNO,   /* int, by name, 0 is empty */
	KIND_ERRNOS,  /* char[] */
	KIND_NS,      /* double without decimals, NAN is empty */
	KIND_RATIO,   /* double with four decimals, NAN is empty */
	KIND_COMMIT,  /* int64_t, -1 is empty */
	KIND_OUTCOME, /* int, by name, "ok" or empty */
};

struct cells_column {
	const char *name;
	enum cells_kind kind;
	size_t offset; /* in struct summary */
};

#define CELLS_COLUMN_COUNT 31

extern const struct cells_column cells_columns[CELLS_COLUMN_COUNT];

#endif
