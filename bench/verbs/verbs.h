/* SPDX-License-Identifier: MIT */
/*
 * What a verb is: options in, calls below, an exit code out.
 *
 * A verb is one const struct in one file; main.c holds the table of them. A
 * verb prints its result on stdout and what people should know besides on
 * stderr, but never its own error: it describes the error with fail() and
 * main.c prints it. restore.c is the smallest example.
 */
#ifndef VERBS_VERBS_H
#define VERBS_VERBS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/verbs/options.h"

struct sw_strategy;

/* What a verb returns; `exec` returns its command's status instead. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	 /* the command line is wrong */
	EXIT_PARTLY = 3, /* done, but not all, or not as predicted */
	EXIT_OURS = 125, /* exec: we failed, as env(1) says it */
	EXIT_INTERRUPTED = 130,
};

/* Why a verb failed: "spawnwise: cannot WHAT" and then the cure. */
struct failure {
	char what[512]; /* "open data/latest: No such file or directory" */
	char cure[512]; /* a sentence that says what to do next */
};

/*
 * Describe a failure and return exit_code, so that a verb can write
 *
 *	return fail(why, EXIT_FAILED, "Use --out to write elsewhere.",
 *		    "write %s: %s", path, strerror(-error));
 *
 * The format is what follows "cannot ": verb, object, colon, reason. The
 * cure is copied; NULL keeps one that fail_cure() has set.
 */
int fail(struct failure *why, int exit_code, const char *cure,
	 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Set a cure that needs arguments; call it before fail(..., NULL, ...). */
void fail_cure(struct failure *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Fail with EXIT_USAGE for a strategy that does not exist; the cure names
 * the nearest one that does. */
int fail_unknown_strategy(struct failure *why, const char *name);

/* Check every strategy of a NULL-terminated table by the contract, and that
 * no two share a name. 0, or EXIT_FAILED; why names the culprit. */
int strategies_check(const struct sw_strategy *const *table,
		     struct failure *why);

/* One command of spawnwise. */
struct verb {
	const char *name;
	const char *summary;		   /* one line, no full stop */
	const char *operands;		   /* "RUN", "-- CMD...", or NULL */
	const char *details;		   /* a paragraph for --help, or NULL */
	const struct option_spec *options; /* ended by OPTION_LAST */
	const char *const *examples;	   /* command lines, NULL-terminated */
	int operands_min;
	int operands_max; /* OPERANDS_COMMAND: a command line of its own */

	/* The work. Returns an enum exit_code; anything but EXIT_DONE,
	 * EXIT_PARTLY and a command's own status comes with fail(). */
	int (*run)(const struct arguments *args, struct failure *why);
};

extern const struct verb verb_list;
extern const struct verb verb_run;
extern const struct verb verb_plot;
extern const struct verb verb_choose;
extern const struct verb verb_lab;
extern const struct verb verb_exec;
extern const struct verb verb_with;
extern const struct verb verb_watch;
extern const struct verb verb_doctor;
extern const struct verb verb_summarise;
extern const struct verb verb_restore;

#endif
