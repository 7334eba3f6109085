/* SPDX-License-Identifier: MIT */
/*
 * What a verb is: options in, calls below, an exit code out.
 *
 * A verb is one const struct verb_NAME in one file, where the Makefile finds it
 * (build/verbs.c). A verb prints its result on stdout and what people should
 * know besides on stderr, but never its own error: it describes the error with
 * fail() and main.c prints it. restore.c is the smallest example.
 *
 * One table of options feeds getopt_long(3), the verb's struct of values, the
 * errors, --help and the man page, so that they cannot disagree.
 */
#ifndef VERBS_VERBS_H
#define VERBS_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/machine/failure.h"
#include "bench/verbs/option.h"

#define OPTIONS_MAX 40
#define EACH_MAX AXIS_VALUES_MAX /* given options that each count */
#define OPTIONS_BYTES 512	 /* of a verb's struct of values */
#define OPERANDS_COMMAND 4096 /* operands_max of a verb that runs a command */

struct arguments;

/* One command of spawnwise. */
struct verb {
	const char *name;
	const char *summary;		   /* one line, no full stop */
	const char *operands;		   /* "RUN", "-- CMD...", or NULL */
	const char *details;		   /* a paragraph for --help, or NULL */
	const struct option_spec *options; /* up to one without name; or NULL */
	const char *const *examples;	   /* command lines, NULL-terminated */
	int operands_min;
	int operands_max; /* OPERANDS_COMMAND: a command line of its own */

	/* The work. Returns an enum exit_code; anything but EXIT_DONE,
	 * EXIT_PARTLY and a command's own status comes with fail(). */
	int (*run)(const struct arguments *args, struct failure *why);
};

/* All verbs by name, ended by NULL. */
extern const struct verb *const *const verbs;

/* A parsed command line. The strings belong to argv or to the table. */
struct arguments {
	const struct verb *verb;
	int argc; /* the verb's command line: argv[0] is its name */
	char **argv;
	bool help;				   /* --help was asked for */
	struct option_spec specs[OPTIONS_MAX + 2]; /* --help too */
	const char *values[OPTIONS_MAX + 1];	   /* of each; NULL: absent */
	struct {
		int row; /* of specs, one with .each */
		const char *value;
	} each[EACH_MAX]; /* in their order */
	int each_count;
	int operand_count;
	char **operands; /* what follows the options, NULL-terminated */
	_Alignas(max_align_t) char options[OPTIONS_BYTES]; /* the verb's struct
							    */
};

/*
 * Read a verb's options into args->options; argv[0] is the verb's name.
 * Returns 0, or EXIT_USAGE with why filled. An option given twice keeps its
 * last value, unless each counts. After an operand options go on, unless the
 * verb runs a command (OPERANDS_COMMAND): there everything from the first
 * operand on is the command's. With --help no value is looked at.
 */
int arguments_parse(struct arguments *args, const struct verb *verb, int argc,
		    char **argv, struct failure *why);

/* Whether an option of the verb's table was given. */
bool argument_given(const struct arguments *args, const char *name);

/* The text given, or the table's fallback, or NULL. */
const char *argument_value(const struct arguments *args, const char *name);

/* Print what `spawnwise VERB --help` says. */
void options_help(FILE *stream, const struct verb *verb);

/* Print the verb as a section of a man page in scdoc(5) form. */
void options_scdoc(FILE *stream, const struct verb *verb);

#endif
