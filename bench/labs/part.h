/* SPDX-License-Identifier: MIT */
/*
 * A part of a lab: what is tried in one way, as declared, and what the driver
 * does with it.
 */
#ifndef LABS_PART_H
#define LABS_PART_H

#include <sys/types.h>

#include "bench/labs/labs.h"

struct sw_strategy;

/* The first member of a part's cases. */
struct lab_case {
	const char *name; /* a word, for the CSV */
	const char *what; /* a phrase, for people; NULL */
};

/* The first member of every row: what the driver tells a trial, and the trial
 * the driver. */
struct trial {
	/* The driver's. */
	struct lab_context *context;
	int mode; /* vm.overcommit_memory */
	const struct sw_strategy *strategy;
	const char *strategy_name; /* NULL: the part tries none */
	const struct lab_case *one;
	const char *case_name;
	uint64_t limit_bytes;	    /* what all of it may take */
	struct memory_group *group; /* NULL: none */
	int tries;		    /* this is the first, the second, ... */
	pid_t pid;		    /* of the worker */
	int ended;  /* 0, or why it did not come to its end: worker_act() */
	int status; /* of it, as waitpid(2) tells it */

	/* The trial's. */
	int agrees;	   /* with what was predicted; -1: no answer */
	char skipped[256]; /* why it was not made: sentences; "": it was */
	bool for_others;   /* that is so because mode 2 would harm others */
	const char *mark;  /* the driver's: "!" where it does not agree */
};

/* A paragraph that is told once: of the first row for which when() is true, or
 * of the first of all. The text may hold {fields}, as fill() takes them. */
struct lesson {
	bool (*when)(const void *row); /* Optional: default is always. */
	const char *text;
};

/* Define when() for a type of row: LESSON_WHEN(promise, is_strict,
 * row->trial.mode == 2). */
#define LESSON_WHEN(type, name, condition)                                     \
	static bool name(const void *data)                                     \
	{                                                                      \
		const struct type *row = data;                                 \
                                                                               \
		return condition;                                              \
	}

struct lab_column {
	const char *head; /* NULL: no head, of the last ones */
	char align;	  /* 'l' or 'r' */
	const char *cell; /* with {fields} */
};

#define LAB_COLUMNS_MAX 8
#define LAB_LEAVE_OUT 1
#define LAB_TRY_AGAIN 2

/* What is tried in one way. Strings with {fields} have those of the row type,
 * of words, {mode}, {mode_name}, {strategy}, {case}, {what}, {mark} ("!" where
 * the row is not as predicted), and of all rows together {tried}, {agreed},
 * {wrong}, {strategies}, {cases}. */
struct lab_part {
	size_t row_bytes;  /* of the struct that begins with its trial */
	const char *doing; /* "take memory", with {fields}: for errors */

	/* The product of these is tried: the cases of each strategy. */
	bool strategies;   /* those that create something; else one trial */
	unsigned without;  /* traits of those that are left out */
	const void *cases; /* Optional: default is one without a name. */
	size_t case_bytes, case_count;

	/* The worker may die of it: it is born in a memory control group of its
	 * own with the trial's limit; after() sees why it ended, in ended. */
	bool deadly;
	/* Each trial may take most_bytes of memory, or what this machine lets
	 * an experiment have, but least_bytes at least: its limit_bytes.
	 * Optional: default is that it takes hardly any. */
	uint64_t most_bytes, least_bytes;
	/* Optional: what is told where no such group can be made, "... because"
	 * before the reason. Default: nothing, that ends the lab. */
	const char *ungrouped;

	/* Hooks get the row; they return 0, or -errno, which ends the lab, or
	 * LAB_LEAVE_OUT, and there is no row, or LAB_TRY_AGAIN; or they fill
	 * trial.skipped, which ends the trial. All are optional. In this order:
	 */
	int (*prepare)(void *row); /* in the worker, in the user's mode */
	int (*before)(void *row);  /* outside */
	int (*act)(void *row);	   /* in the worker, in the mode */
	int (*look)(void *row);	   /* outside, each millisecond while
				    * it acts; a row is written for each */
	int (*after)(void *row);   /* outside, at its end */
	int limit_ms;		   /* of act() */
	double trial_s;		   /* Optional: about, for the progress. */
	bool skipped_rows;	   /* what was skipped goes on, for its row */

	/* What is told, in this order. */
	const struct row_field *words; /* Optional: for texts alone. */
	/* Optional: fill in what is told of several rows together. */
	void (*sum)(struct lab_context *context);
	const char *intro; /* Optional: the first paragraph. */
	const struct lab_column
		*columns;		 /* Optional: up to one without cell. */
	bool (*listed)(const void *row); /* Optional: is it in the table? */
	bool table_per_mode;
	const char *matrix; /* Optional: instead, a cell of a table with a line
			     * a strategy and a column a case. */
	/* Optional: how many were as predicted: all, or (default: the same) not
	 * all; and when nothing was tried. */
	const char *all, *some, *none;
	const struct lesson *lessons; /* Optional: up to one without text. */
	/* Optional: what else. 0 or -errno. */
	int (*tell)(struct lab_context *context);
};

/* The members of a part that its cases are. */
#define LAB_CASES(list)                                                        \
	.cases = (list), .case_bytes = sizeof *(list),                         \
	.case_count = sizeof(list) / sizeof *(list)

/* Of a part: how many strategies and cases it is tried with, and a case by its
 * number. */
size_t lab_strategies(const struct lab_part *part);
size_t lab_cases(const struct lab_part *part);
const struct lab_case *lab_case(const struct lab_part *part, size_t i);

/* A row of the part that is tried, by its number; NULL: there is none. */
void *lab_row(const struct lab_context *context, size_t i);

#endif
