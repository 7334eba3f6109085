/* SPDX-License-Identifier: MIT */
/*
 * spawnwise lab: an experiment on memory that is promised and not there.
 *
 * What is done around a lab: its options, the modes, the guardian, the text
 * that is kept and printed.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/labs/driver.h"
#include "bench/labs/lab_files.h"
#include "bench/show/cure.h"
#include "bench/show/lines.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/run_guardian.h"
#include "bench/verbs/verbs.h"

struct options {
	const char *out, *overcommit;
	bool alone;
};

static const struct option_spec lab_options[] = {
	OPTION("out", 'o', TEXT,
	       "write into DIR (default: a new folder in data/runs here, or in "
	       "the working folder)",
	       INTO(out), .placeholder = "DIR"),
	OPTION("overcommit", 'm', TEXT,
	       "current, 0, 1, 2, or all; not of touch, oom and victim, which "
	       "are done in the mode that is set",
	       INTO(overcommit), "all", "LIST"),
	OPTION("alone", 0, SWITCH,
	       "nobody else uses this machine: hold mode 2 even where it "
	       "leaves "
	       "no memory to other programs; of the same labs",
	       INTO(alone)),
	{ 0 },
};

static void list_labs(FILE *stream)
{
	size_t listed = 0;

	for (unsigned place = 0; all_labs[listed]; place++)
		for (size_t i = 0; all_labs[i]; i++)
			if (all_labs[i]->place == place) {
				fprintf(stream, "%-9s %s\n", all_labs[i]->name,
					all_labs[i]->summary);
				listed++;
			}
}

/* NULL, with why filled, when there is none of that name. */
static const struct lab *find_lab(const char *name, struct failure *why)
{
	const char *names[16]; /* that may be meant */
	size_t count = 0;

	for (size_t i = 0; all_labs[i]; i++) {
		if (!strcmp(name, all_labs[i]->name))
			return all_labs[i];
		if (count < sizeof names / sizeof *names)
			names[count++] = all_labs[i]->name;
	}
	fail_suggest(why, "", name, names, count,
		     "`spawnwise lab` lists them.");
	fail(why, EXIT_USAGE, NULL, "run lab '%s': there is none of that name",
	     name);
	return NULL;
}

/* An option that would do nothing is a mistake. lab: NULL, none is named. */
static int check_options(const struct arguments *args, const struct lab *lab,
			 struct failure *why)
{
	for (const struct option_spec *option = lab_options; option->name;
	     option++) {
		const char *name = option->name;

		if (!argument_given(args, name))
			continue;
		if (!lab)
			return fail(why, EXIT_USAGE,
				    "Name one: `spawnwise lab` lists them.",
				    "run lab --%s: no lab is named", name);
		if (!lab->modes && strcmp(name, "out") != 0)
			return fail(why, EXIT_USAGE, "Leave the option out.",
				    "run lab %s --%s: it is done in the mode "
				    "that is set",
				    lab->name, name);
	}
	return 0;
}

/* A lab without modes is done in the user's. */
static int read_modes(const struct lab *lab, const struct arguments *args,
		      struct mode_list *list, struct failure *why)
{
	int error;

	if (lab->modes)
		return modes_read(argument_value(args, "overcommit"), list,
				  why);
	error = users_mode(&list->users);
	list->modes[0] = list->users;
	list->count = 1;
	if (error)
		return fail(why, EXIT_FAILED, "Mount /proc.", "read %s: %s",
			    overcommit_path(), strerror(-error));
	return 0;
}

static bool needs_guardian(const struct mode_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->modes[i] != list->users)
			return true;
	return false;
}

/* What a lab says. */
struct lab_words {
	char *text;
	size_t bytes;
};

/* The lab itself; what it has found is in its files then. */
static int experiment(struct lab_context *context, struct lab_files *files,
		      struct lab_words *words, struct failure *why)
{
	int error, lost;

	context->text = open_memstream(&words->text, &words->bytes);
	context->csv.stream = files->csv;
	error = context->text ? lab_run(context, files->lab) : -errno;
	if (context->text && fclose(context->text) && !error)
		error = -ENOMEM; /* a part of the text is missing */
	lost = lab_files_keep(files, words->text, &words->bytes, error);
	if (error && why->what[0])
		return EXIT_FAILED;
	error = error ? error : lost;
	if (error)
		return fail(why, EXIT_FAILED,
			    cure_of(CURE_FILE, error, "Try again."),
			    "run lab %s: %s", files->lab->name,
			    run_guardian_reason(error));
	return context->skipped ? EXIT_PARTLY : EXIT_DONE;
}

/* With the guardian, if there is one. What is printed may go to somebody who
 * does not read it all, and SIGPIPE ends us there: so that comes last. */
static int work(struct lab_context *context, struct lab_files *files,
		struct failure *why)
{
	struct lab_words words = { 0 };
	struct failure guard_why = { 0 };
	int guarded = 0;
	int code = lab_files_create(files, why);
	const bool begun = !code;

	if (begun)
		code = experiment(context, files, &words, why);
	if (context->guardian)
		guarded = run_guardian_stop(context->guardian, &guard_why);
	if (begun && !guarded && !why->what[0])
		lab_files_draw(files);
	if (words.bytes)
		fwrite(words.text, 1, words.bytes, stdout);
	free(words.text);
	if (!guarded)
		return code;
	*why = guard_why;
	return guarded;
}

static int run_lab(const struct lab *lab, const struct arguments *args,
		   const struct mode_list *list, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	struct lab_context context = {
		.columns = lines_columns(stdout), /* the file's text too */
		.users_mode = list->users,
		.mode_count = list->count,
		.alone = options->alone,
		.failure = why,
	};
	struct guardian guardian;
	struct lab_files files;
	int code;

	memcpy(context.modes, list->modes, sizeof context.modes);
	code = lab_files_choose(&files, lab, options->out, why);
	if (!code && needs_guardian(list)) {
		code = run_guardian_start(&guardian, list->users, why);
		context.guardian = &guardian;
	} else if (!code) {
		code = run_guardian_none(why);
	}
	return code ? code : work(&context, &files, why);
}

static int lab_verb(const struct arguments *args, struct failure *why)
{
	const struct lab *lab;
	struct mode_list list = { 0 };
	int code;

	if (!args->operand_count) {
		code = check_options(args, NULL, why);
		if (!code)
			list_labs(stdout);
		return code;
	}
	lab = find_lab(args->operands[0], why);
	if (!lab)
		return EXIT_USAGE;
	code = check_options(args, lab, why);
	if (!code)
		code = run_guardian_check(false, why);
	if (!code)
		code = run_guardian_repair(why);
	if (!code)
		code = read_modes(lab, args, &list, why);
	return code ? code : run_lab(lab, args, &list, why);
}

const struct verb verb_lab = {
	.name = "lab",
	.summary = "show what happens when memory is promised and not there",
	.operands = "[NAME]",
	.details =
		"Without NAME it lists the labs. Each writes NAME.csv, "
		"NAME.txt with an explanation, which is printed too, and a "
		"chart where one helps. What can end in the death of a "
		"process is done in a memory control group of its own and "
		"nowhere else; another overcommit mode is held for moments by "
		"a guardian process that puts the user's back whatever "
		"happens.",
	.operands_max = 1,
	.options = lab_options,
	.examples =
		(const char *const[]){
			"spawnwise lab",
			"spawnwise lab promise --overcommit current",
			"sudo spawnwise lab promise --out ./promise", NULL },
	.run = lab_verb,
};
