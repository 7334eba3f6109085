/* SPDX-License-Identifier: MIT */
/*
 * What a lab is: an experiment on memory that is promised and not there.
 *
 *  1. `spawnwise lab NAME` makes a folder and begins NAME.csv with the lab's
 *     columns;
 *  2. run() does the experiment: rows go to csv, what was seen and why goes to
 *     text, which the user reads and finds in NAME.txt;
 *  3. where the lab has a chart, it is drawn from the CSV.
 *
 * A lab is one const struct in a file of its own (or several, when one is too
 * long); labs.c holds the table of them. promise.c is the one to read first.
 */
#ifndef LABS_LABS_H
#define LABS_LABS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/rows/rows.h"

struct guardian;
struct table;

#define LAB_MODES 3 /* vm.overcommit_memory: 0, 1, 2 */

struct lab_context {
	/* What the lab may use; the caller's. */
	struct csv_writer csv;	   /* the header is written */
	FILE *text;		   /* for people: plain */
	int columns;		   /* of a line of it */
	struct guardian *guardian; /* NULL: only the user's mode */
	int modes[LAB_MODES];	   /* to be tried, one of them the user's */
	size_t mode_count;
	int users_mode;
	bool alone; /* nobody else uses this machine: mode 2 may be held
		     * without leaving room for others */

	/* What it tells its caller. */
	size_t skipped; /* parts, by lab_skip(), and wrong predictions */
	char why[256];
	char cure[256];
};

struct lab {
	const char *name;
	const char *summary;	    /* one line, no full stop */
	const struct row_type *row; /* of NAME.csv */
	bool modes;		    /* it holds other overcommit modes */

	/* 0, or -errno with lab_fail(). */
	int (*run)(struct lab_context *context);
};

/* The table, NULL-terminated. */
extern const struct lab *const all_labs[];

/*
 * Describe a failure and return error (-errno). The format is what follows
 * "cannot ": verb, object, colon, reason. cure is a sentence that says what to
 * do next, unless we lack what CURE_SELF of bench/show/cure.h names.
 */
int lab_fail(struct lab_context *context, int error, const char *cure,
	     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Say in the text that a part is left out, and why: a sentence. The command
 * then ends with status 3. */
void lab_skip(struct lab_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Leave mode 2 out where holding it would leave other programs without memory
 * (headroom_ok() in bench/judge/predict.h), by lab_skip(); not if it is the
 * user's, nor alone. */
void lab_bound_modes(struct lab_context *context);

/* Write a paragraph to the text, broken into lines, and an empty line. */
void lab_tell(struct lab_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Write a table to the text and an empty line, and release it. 0, or -errno of
 * table_print(). */
int lab_tell_table(struct lab_context *context, struct table *table);

#endif
