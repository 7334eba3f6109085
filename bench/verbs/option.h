/* SPDX-License-Identifier: MIT */
/*
 * One option of a verb as it is declared, and reading its value.
 *
 * Kin: Git's parse-options and fio's option table.
 */
#ifndef VERBS_OPTION_H
#define VERBS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/files/axes.h"

struct failure;

#define OPTION_TEXT_BYTES 256

/* How a value is read, and the member that it fills. */
enum option_kind {
	OPTION_SWITCH,	 /* bool, without a value */
	OPTION_TEXT,	 /* const char *, the value as it is */
	OPTION_WORD,	 /* const char *, one of words */
	OPTION_STRATEGY, /* const struct sw_strategy * */
	OPTION_PLUGIN,	 /* none: strategy_find() knows it from then on */
	OPTION_SETTING,	 /* struct value_list, of the labels of settings */
	OPTION_COUNT,	 /* uint64_t, from low to high */
	OPTION_PID,	 /* uint64_t */
	OPTION_SIZE,	 /* uint64_t, bytes */
	OPTION_HEAP,	 /* the same, a multiple of the page size */
	OPTION_TIME,	 /* uint64_t, nanoseconds, at least low */
	OPTION_HELP,	 /* none, without a value */
	OPTION_LATER,	 /* none: the verb reads argument_value() */
	OPTION_AXES,	 /* a row for each axis: OPTION_LATER */
};

/* One option. Every verb has --help besides its own. */
struct option_spec {
	const char *name; /* long name, without dashes */
	char letter;	  /* short name, the same in every verb; or 0 */
	enum option_kind kind;
	const char *help;	 /* one line, no full stop */
	size_t offset;		 /* of the member in the verb's struct */
	const char *fallback;	 /* the value when not given; NULL: 0 or NULL */
	const char *placeholder; /* of the value; NULL: by kind */
	const char *const *words; /* of WORD, NULL-terminated */
	uint64_t low, high;
	bool each;	      /* one given twice is two, not the last */
	bool anew;	      /* of a run that goes on it may be another */
	bool no_key;	      /* of a command line only, not of a job's file */
	unsigned list;	      /* most values of a struct value_list; 0: one */
	const char *what;     /* what an error could not do: "read size";
				 NULL: VERB --NAME */
	const char *hint;     /* what to do about an error; NULL: by kind */
	const char *required; /* what cannot be done without it, or NULL */
};

#define OPTION(long_name, short_name, of_kind, text, ...)                      \
	{                                                                      \
		.name = long_name, .letter = short_name,                       \
		.kind = OPTION_##of_kind, .help = text, __VA_ARGS__            \
	}

/* The member of a verb's struct options. */
#define INTO(member) .offset = offsetof(struct options, member)

/* Read a text, a list or one value, as an option's table says, into the
 * member that it fills; verb: for the error. 0, or EXIT_USAGE with why filled.
 */
int option_read(const char *verb, const struct option_spec *spec,
		const char *text, void *member, struct failure *why);

/* The option for an axis: a list of its values. */
struct option_spec option_of_axis(const struct row_field *axis);

/* Fail with EXIT_USAGE for an option that is required and was not given. */
int option_missing(const struct option_spec *spec, struct failure *why);

/* How its value is called in --help; NULL: it has none. */
const char *option_placeholder(const struct option_spec *spec);

/* Its help, with the words that it may be. */
void option_describe(const struct option_spec *spec,
		     char text[OPTION_TEXT_BYTES]);

#endif
