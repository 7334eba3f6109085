/* SPDX-License-Identifier: MIT */
/* How a verb ends, and what it, or what it calls, says when it fails. */
#ifndef MACHINE_FAILURE_H
#define MACHINE_FAILURE_H

#include <stddef.h>

#include "bench/machine/cure.h"

struct process;

/* What a verb returns; `exec` returns its command's status instead. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	 /* the command line is wrong */
	EXIT_PARTLY = 3, /* done, but not all, or not as predicted */
	EXIT_OURS = 125, /* exec, with: we failed, as env(1) says it */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_INTERRUPTED = 130,
};

/* Why something failed. Of a verb: "spawnwise: cannot WHAT" and then the cure.
 */
struct failure {
	char what[512]; /* "open data/latest: No such file or directory" */
	char cure[512]; /* a sentence that says what to do next */
};

/*
 * Describe a failure and return the code, so that a verb can write
 *
 *	return fail(why, EXIT_FAILED, "Use --out to write elsewhere.",
 *		    "write %s: %s", path, strerror(-error));
 *
 * The format is what follows "cannot ": verb, object, colon, reason. The
 * cure is copied; NULL keeps one that fail_cure() has set. What a verb calls
 * returns a negative errno, with the reason alone: "line 3 is cut off".
 */
int fail(struct failure *why, int code, const char *cure, const char *format,
	 ...) __attribute__((format(printf, 4, 5)));

/* The same with a reason that why holds already: it goes behind the text. */
int fail_because(struct failure *why, int code, const char *cure,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Set a cure that needs arguments; call it before fail(..., NULL, ...). */
void fail_cure(struct failure *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Fail for a negative errno: ": REASON" is put behind the formatted text, and
 * the cure is that of such an error of such an object (bench/machine/cure.h). 0
 * when error is 0. */
int fail_errno(struct failure *why, int exit_code, enum cure_object object,
	       int error, const char *otherwise, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* The word nearest to a mistyped one among count words, or NULL when none is
 * near: within a third of its letters, at least one. */
const char *nearest_word(const char *word, const char *const *words,
			 size_t count);

/* For a name that is none of these put "Did you mean 'DASHESname'?" before the
 * cure, if one is near. */
void fail_suggest(struct failure *why, const char *dashes, const char *word,
		  const char *const *names, size_t count);

/* Fail with EXIT_USAGE: "cannot ACTION 'name': there is none of that name". The
 * cure is the nearest name in a NULL-terminated table of pointers to structs
 * that have theirs at offset, and what lists them: a sentence. */
int fail_unknown(struct failure *why, const char *action, const char *name,
		 const void *table, size_t offset, const char *lists);

/* Fail with EXIT_FAILED when a process cannot be looked at: error is that of
 * process_open(); a thread, a kernel thread and a zombie are refused, too. Else
 * 0. */
int fail_process(struct failure *why, const struct process *process, int error);

#endif
