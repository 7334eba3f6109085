/* SPDX-License-Identifier: MIT */
/*
 * The columns of a CSV file and the members of a struct they are.
 *
 * One table serves writer and reader of a file, so they cannot disagree. Runs
 * are passed on between people, and what is read here ends up in scripts of
 * shell and gnuplot: no field may hold what either takes for more than a word,
 * and a row is one line, so that every reader sees the same rows.
 */
#ifndef FILES_COLUMNS_H
#define FILES_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/files/csv.h"

/* How a member is written and read. */
enum column_kind {
	KIND_SCHEMA,  /* no member: COLUMNS_SCHEMA */
	KIND_RUN_ID,  /* no member: the same in all rows */
	KIND_FLAG,    /* bool, 0 or 1 */
	KIND_COUNT,   /* int, not negative */
	KIND_SIZE,    /* uint64_t */
	KIND_NAME,    /* const char *, [a-z][a-z0-9_]* */
	KIND_WORD,    /* const char *, [a-z0-9_]+ */
	KIND_TIME,    /* enum sample_time, by name */
	KIND_ERRNO,   /* int, by name, 0 is empty */
	KIND_ERRNOS,  /* char[] */
	KIND_NS,      /* double without decimals, NAN is empty */
	KIND_RATIO,   /* double with four decimals, NAN is empty */
	KIND_INTEGER, /* int64_t, -1 is empty */
	KIND_OUTCOME, /* int, by name, "ok" or empty */
};

#define COLUMNS_SCHEMA 1
#define COLUMNS_MAX 32

struct column {
	const char *name;
	enum column_kind kind;
	size_t offset; /* in the struct of the row */
};

/* The strings that rows point at, each once, and the run they are of. */
struct words {
	const char *run_id; /* of the first row, or NULL */
	char **list;
	size_t count;
};

void words_release(struct words *words);

/* Write the names, or the members of a row. Errors as csv_end_row(). */
int columns_put_header(struct csv_writer *writer, const struct column *columns,
		       size_t count);
int columns_put_row(struct csv_writer *writer, const struct column *columns,
		    size_t count, const char *run_id, const void *row);

/* What to do with the rows that are read. */
struct column_reading {
	const struct column *columns;
	size_t count;
	struct words *words; /* of the rows; words_release() is the caller's */
	void *row;	     /* filled for each call of take */
	size_t row_bytes;
	/* Keep a row. 0; -ENOMEM; or -EBADMSG, if its cell is none. */
	int (*take)(void *context);
	void *context;
	/* NULL, or set if the last row has no end and was left out. */
	bool *cut;
};

/* Read a stream to its end. 0, or why holds the reason, a phrase without a full
 * stop: -EBADMSG for bad content, -ENOTSUP for a newer schema, else -errno. */
int columns_read(FILE *stream, const struct column_reading *reading, char *why,
		 size_t why_bytes);

/* The same of dir/name; -ENOENT without a reason when there is none. */
int columns_read_file(const char *dir, const char *name,
		      const struct column_reading *reading, char *why,
		      size_t why_bytes);

#endif
