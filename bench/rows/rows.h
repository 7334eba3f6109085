/* SPDX-License-Identifier: MIT */
/*
 * A row: the columns of a CSV file, and the members of a struct they are.
 *
 * A row is declared once; writer, reader and the tables of data/README.md
 * (`make tables`) follow the declaration, so they cannot disagree. Runs are
 * passed on between people, and what is read here ends up in scripts of shell
 * and gnuplot: no field may hold what either takes for more than a word, and a
 * row is one line, so that every reader sees the same rows.
 */
#ifndef ROWS_ROWS_H
#define ROWS_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "bench/rows/csv.h"

/* How a member is written and read. What is unknown is an empty field. */
enum field_kind {
	FIELD_SCHEMA,	/* no member: ROW_SCHEMA */
	FIELD_RUN_ID,	/* no member: the same in all rows */
	FIELD_FLAG,	/* bool, 0 or 1 */
	FIELD_YES,	/* int, "yes" or "no"; unknown: negative */
	FIELD_COUNT,	/* int, not negative */
	FIELD_NUMBER,	/* int of any sign */
	FIELD_BYTES,	/* uint64_t, also how often; unknown: BYTES_UNKNOWN */
	FIELD_LIMIT,	/* uint64_t; there is none: 0 */
	FIELD_NAME,	/* const char *, [a-z][a-z0-9_]* */
	FIELD_WORD,	/* const char *, [a-z0-9_]+ */
	FIELD_TEXT,	/* const char *, only written; unknown: NULL */
	FIELD_LINE,	/* char[], only written; unknown: "" */
	FIELD_WORDS,	/* char[], blanks between words; in JSON a list */
	FIELD_CHOICE,	/* enum, one of words; unknown: a word that is NULL */
	FIELD_ERRNO,	/* int, by name; no error: 0 */
	FIELD_ERRNOS,	/* char[ERRNOS_BYTES] */
	FIELD_NS,	/* double without decimals; unknown: NAN */
	FIELD_SECONDS,	/* double with three decimals; unknown: NAN */
	FIELD_RATIO,	/* double with four decimals; unknown: NAN */
	FIELD_INTEGER,	/* int64_t; unknown: INTEGER_UNKNOWN */
	FIELD_OUTCOME,	/* int, by name, "ok"; unknown: OUTCOME_UNKNOWN */
	FIELD_DATE,	/* time_t, in UTC */
	FIELD_OUTCOMES, /* in JSON: int[ROW_MODES], by overcommit mode */
	FIELD_EMBEDDED, /* in JSON: a row of type in the row itself */
	FIELD_ROW,	/* in JSON: a pointer to a row of type; none: NULL */
	FIELD_ROWS,	/* in JSON: struct row_list of type */
};

#define BYTES_UNKNOWN UINT64_MAX
#define INTEGER_UNKNOWN (-1)
#define ROW_SCHEMA 2 /* 1 is read, too */
#define ROW_MODES 3  /* of vm.overcommit_memory */
#define ROW_FIELDS_MAX 48
#define ROW_PARTS_MAX 8

struct row_field {
	const char *name; /* the column, and the key in JSON */
	int most;	  /* of a COUNT; 0: any */
	enum field_kind kind;
	size_t offset;	  /* in the struct that the part is of */
	const char *help; /* for data/README.md; NULL: that of the next field */
	const char *const *words;
	const struct row_type *type;
	const struct axis *axis; /* of a cell: what bench/files/axes.h says */
	const char *absent; /* what a file without the column means; NULL: it
			       must be there. Only for last columns */
};

/* Rows of one type, one behind the other. */
struct row_list {
	const void *rows;
	size_t count, row_bytes;
};

#define FIELD(called, of_kind, ...)                                            \
	{                                                                      \
		.name = called, .kind = FIELD_##of_kind, __VA_ARGS__           \
	}

/* Fields that stand together, perhaps in rows of several types. */
struct row_part {
	const struct row_field *fields; /* up to one without a name */
	size_t base;			/* of their struct in the row */
	bool pointed; /* there the row has a pointer to it; NULL: all unknown */
	const char *help; /* instead of those of the fields */
};

struct row_type {
	const char *file;			  /* its name */
	struct row_part parts[ROW_PARTS_MAX + 1]; /* up to one without fields */
};

/* One whose fields are in one list. */
#define ROW_TYPE(called, list)                                                 \
	{                                                                      \
		called,                                                        \
		{                                                              \
			{                                                      \
				.fields = (list)                               \
			}                                                      \
		}                                                              \
	}

/* The member of a struct that a field is of. */
static inline const void *row_member(const struct row_field *field,
				     const void *base)
{
	return (const char *)base + field->offset;
}

/* A member as CSV has it, in text or elsewhere; "" when it is unknown. */
#define ROW_TEXT_BYTES CSV_REAL_BYTES
const char *row_text(const struct row_field *field, const void *member,
		     char *text);

/* The struct of a part in a row; NULL: all unknown. */
const void *row_part_at(const struct row_part *part, const void *row);

/* Write the names, or the members of a row; run_id: NULL in rows without one.
 * Errors as csv_end_row(). */
int row_put_header(struct csv_writer *writer, const struct row_type *type);
int row_put(struct csv_writer *writer, const struct row_type *type,
	    const char *run_id, const void *row);

/* A row as an object, numbers as in CSV, what is unknown as null; the caller's.
 * NULL: no memory. */
json_t *row_json(const struct row_type *type, const void *row);

/* Print a value and release it; NULL is -ENOMEM. What became of the stream is
 * the caller's to ask. */
int row_json_print(json_t *value, FILE *stream);

/*
 * Error numbers and their names: 12 <-> "ENOMEM". Files carry names, because
 * numbers differ between architectures.
 */

#define ERRNO_COUNT 4096     /* MAX_ERRNO of include/linux/err.h, and 0 */
#define ERRNOS_BYTES 64	     /* for "ENOMEM:3;EAGAIN:1" */
#define OUTCOME_UNKNOWN (-1) /* what was not predicted or not tried */

/* The name of a positive errno. A number without a name is given in decimal,
 * in memory that the calling thread's next call overwrites; names live for
 * ever. 0 is "". */
const char *errname(int error);

/* The positive errno of a name or of a decimal number; 0 for "". -EINVAL for
 * anything else. */
int errname_number(const char *name);

/* The word for an outcome: "ok" for 0, "" for OUTCOME_UNKNOWN, else as
 * errname(). */
const char *outcome_name(int outcome);

/* The outcome of such a word by pointer; 0, or -EINVAL. */
int outcome_number(const char *name, int *outcome);

#endif
