/* SPDX-License-Identifier: MIT */
/*
 * The labs: experiments on memory that is promised and not there.
 *
 *  1. `spawnwise lab NAME` makes a folder and begins NAME.csv with the columns
 *     of the lab's row;
 *  2. each part of the lab (part.h) is tried in every overcommit mode, with
 *     every strategy and case that it has: a worker process (worker.h) prepares
 *     itself, acts, and leaves what it found in a row that both share;
 *  3. the rows are told (report.h): a table, how many were as predicted, and
 *     the lessons that they prove, in NAME.txt and on stdout;
 *  4. where the lab has a chart, it is drawn from the CSV.
 *
 * A lab is one const struct in a file of its own: row, cases, what is done,
 * what should come of it, lessons. promise.c is the one to read first. The
 * model is struct tst_test of the Linux Test Project.
 */
#ifndef LABS_LABS_H
#define LABS_LABS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/rows/row_file.h"
#include "bench/verbs/mode.h"

struct failure;
struct guardian;
struct lab_part;
struct memory_group;

struct lab_context {
	/* What the lab may use; the caller's. */
	const struct lab *lab;		    /* that is done */
	struct row_file file;		    /* of its rows */
	FILE *text;			    /* for people: plain */
	int columns;			    /* of a line of it */
	struct guardian *guardian;	    /* NULL: only the user's mode */
	struct value_list modes;	    /* to be tried */
	int users_mode;			    /* the one that is the user's */
	uint64_t heap_bytes, rate, seconds; /* of a load */
	bool alone; /* nobody else uses this machine: mode 2 may be held
		     * without leaving room for others */

	/* What it tells its caller. */
	size_t skipped; /* parts, which the text says, and wrong predictions:
			 * the command then ends with status 3 */
	volatile bool wrote_row; /* a row is in the file */
	struct failure *failure; /* by fail() of bench/machine/failure.h with
				  * the -errno that is returned, or empty */

	/* The driver's. */
	const struct lab_part *part; /* that is tried */
	char *rows;		     /* of the part */
	size_t count;
	int tried, agreed, wrong; /* of its predictions */
	int strategies, cases;	  /* of the part */
};

struct lab {
	const char *name;
	unsigned place;		    /* among the labs that are listed */
	const char *summary;	    /* one line, no full stop */
	const struct row_type *row; /* of NAME.csv */
	bool modes;		    /* it holds other overcommit modes */
	bool load;		    /* it spawns at a rate */
	const struct lab_part *const *parts; /* up to NULL */
};

/* All that are defined, up to NULL: the Makefile finds them. */
extern const struct lab *const *const all_labs;

#endif
