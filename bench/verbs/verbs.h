/* SPDX-License-Identifier: MIT */
/*
 * What a verb is: options in, calls below, an exit code out.
 *
 * A verb is one const struct verb_NAME in one file, where the Makefile finds it
 * (build/verbs.c). A verb prints its result on stdout and what people should
 * know besides on stderr, but never its own error: it describes the error with
 * fail() and main.c prints it. restore.c is the smallest example.
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

/* Fail with EXIT_FAILED for a run without its cells.csv, for this reason; the
 * cure names the verb that makes it. */
int fail_unsummarised(struct failure *why, const char *run, const char *reason);

/* The word nearest to a mistyped one among count words, or NULL when none is
 * near: within a third of its letters, at least one. */
const char *nearest_word(const char *word, const char *const *words,
			 size_t count);

/* Set a cure for a name that is none of these: "Did you mean 'DASHESname'?",
 * if one is near, and the formatted sentence, which says what lists them. */
void fail_suggest(struct failure *why, const char *dashes, const char *word,
		  const char *const *names, size_t count, const char *format,
		  ...) __attribute__((format(printf, 6, 7)));

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
	const struct option_spec *options; /* ended by one without name */
	const char *const *examples;	   /* command lines, NULL-terminated */
	int operands_min;
	int operands_max; /* OPERANDS_COMMAND: a command line of its own */

	/* The work. Returns an enum exit_code; anything but EXIT_DONE,
	 * EXIT_PARTLY and a command's own status comes with fail(). */
	int (*run)(const struct arguments *args, struct failure *why);
};

/* All verbs by name, ended by NULL. */
extern const struct verb *const *const verbs;

#endif
