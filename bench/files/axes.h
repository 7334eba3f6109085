/* SPDX-License-Identifier: MIT */
/*
 * The axes of the matrix: fields of a cell, with what else is known of them.
 *
 * A new axis is a row in axes.c, last in later_fields, with the code that makes
 * a process so; its member is the next of cell.later. Option, product of
 * states, names of blocks, headings, columns, the comparison of cells and the
 * charts follow the row.
 */
#ifndef FILES_AXES_H
#define FILES_AXES_H

#include "bench/files/run.h"
#include "bench/machine/units.h"
#include "bench/rows/rows.h"

struct sw_request;

#define AXES_MAX 16
#define AXIS_VALUES_MAX 32

/* What an axis belongs to, and where people are told of it. */
enum axis_kind {
	AXIS_SETTING, /* of the machine, held for moments; first of a heading */
	AXIS_TOLD,    /* of the parent; in every heading */
	AXIS_QUIET,   /* the same, where it is not the default */
	AXIS_GROUP,   /* the same, a group of lines for each value */
};

struct axis {
	const char *name; /* its option and its name in headings */
	char letter;
	enum axis_kind kind;
	const char *help;	  /* of the option; NULL: there is none yet */
	const char *fallback;	  /* the values when none are given */
	const char *quick;	  /* the same with --quick; NULL: as without */
	const char *const *words; /* what a WORD may be, what a COUNT means */
	/* Make this process so, the rows before it are done. 0, or -errno with
	 * why filled. Optional: default is that a hook of another row, or the
	 * runner, does it. */
	int (*apply)(const struct cell *cell, struct failure *why);
	/* Whether a process may be so here: 0, or an exit code with why filled.
	 * Optional: default is that it may. */
	int (*fits)(uint64_t number, struct failure *why);
	/* Of each word what a request asks for, enum sw_field; and what belongs
	 * to that, found in a process that is so: 0 or -errno. Optional:
	 * default is nothing. */
	const unsigned *fields;
	int (*ask)(const struct cell *cell, struct sw_request *request);
};

/* The fields of a cell in samples.csv, plan.csv and cells.csv, and those that
 * stand last there because they came later. */
extern const struct row_field cell_fields[], later_fields[];

/* The i-th field that is an axis, in the order of the columns; the same in the
 * order of headings, without AXIS_GROUP. NULL: there are no more. */
const struct row_field *axis_at(size_t i);
const struct row_field *axis_told(size_t i);

/* The i-th of those that are told where they are not the default, but for
 * threads; or NULL. */
const struct row_field *axis_beside(size_t i);

/* The number of an axis, for axis_at(). */
size_t axis_number(const char *name);

/* A value, and values of one axis, as an option's list gives them. */
union value {
	uint64_t number;
	const char *word;
};
struct value_list {
	union value values[AXIS_VALUES_MAX];
	size_t count;
};

/* Set the member of a cell; the default, the first word of the fallback or its
 * number. */
void axis_set(const struct row_field *axis, struct cell *cell,
	      union value value);
union value axis_default(const struct row_field *axis);

/* The member as text: the number, the size as size_exact() has it, or the word.
 */
struct units_text axis_text(const struct row_field *axis,
			    const struct cell *cell);

/* The parent of a cell in one word, as charts have it: backing/threads/cpu, and
 * "/NAME=VALUE" of each axis_beside() that is not the default. */
#define AXES_STATE_BYTES 256
void axes_state(const struct cell *cell, char text[AXES_STATE_BYTES]);

/* The place of a cell without its strategy, with what is not the default:
 * "1 GiB, mode 0, backing thp". */
struct axes_place {
	char text[AXES_STATE_BYTES];
} axes_place(const struct cell *cell);

/* The name of a cell, in every run the same: heap and mode, and what is not the
 * default: "fork/heap:1G/threads:4/overcommit:0" where equals is a colon. */
struct axes_place axes_name(const struct cell *cell, char equals);

/* What the number means, "heuristic"; NULL: it means no more than a number. */
const char *axis_meaning(const struct row_field *axis, const struct cell *cell);

/* The fields of a request of that cell, enum sw_field. */
unsigned axes_fields(const struct cell *cell);

/* Order of two cells along one axis; along all. */
int axis_compare(const struct row_field *axis, const struct cell *a,
		 const struct cell *b);
int axes_compare(const struct cell *a, const struct cell *b);

#endif
