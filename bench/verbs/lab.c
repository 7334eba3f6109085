/* SPDX-License-Identifier: MIT */
/*
 * spawnwise lab: an experiment on memory that is promised and not there.
 *
 * What the labs share stands here: the folder, the guardian, the text that is
 * printed and kept, the chart.
 */

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/host_file.h"
#include "bench/files/lab_files.h"
#include "bench/labs/labs.h"
#include "bench/machine/host.h"
#include "bench/show/lines.h"
#include "bench/show/plot.h"
#include "bench/verbs/lab_interrupt.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/run_guardian.h"
#include "bench/verbs/verbs.h"

static void list_labs(FILE *stream)
{
	for (size_t i = 0; all_labs[i]; i++)
		fprintf(stream, "%-9s %s\n", all_labs[i]->name,
			all_labs[i]->summary);
}

/* NULL, with why filled, when there is none of that name. */
static const struct lab *find_lab(const char *name, struct failure *why)
{
	const char *names[16];
	const char *near;
	size_t count = 0;

	for (; count < sizeof names / sizeof *names && all_labs[count];
	     count++) {
		names[count] = all_labs[count]->name;
		if (!strcmp(name, names[count]))
			return all_labs[count];
	}
	near = nearest_word(name, names, count);
	if (near)
		fail_cure(why, "Did you mean '%s'? `spawnwise lab` lists them.",
			  near);
	else
		fail_cure(why, "`spawnwise lab` lists them.");
	fail(why, EXIT_USAGE, NULL, "run lab '%s': there is none of that name",
	     name);
	return NULL;
}

static int choose_folder(const struct arguments *args, const struct lab *lab,
			 struct lab_files *files, struct failure *why)
{
	const char *out = argument_value(args, "out");
	const int error = lab_files_choose(files, out, lab->name);

	if (error == -EEXIST)
		return fail(why, EXIT_USAGE, "Choose another folder.",
			    "run lab %s --out %s: it holds %s.csv already",
			    lab->name, out, lab->name);
	if (error)
		return fail(why, out ? EXIT_USAGE : EXIT_FAILED,
			    "Use --out DIR to write elsewhere.",
			    "write to %s: %s", files->dir.path,
			    strerror(-error));
	return 0;
}

/* A lab without modes is done in the user's. */
static int read_modes(const struct lab *lab, const struct arguments *args,
		      struct mode_list *list, struct failure *why)
{
	int error;

	if (lab->modes)
		return modes_read(args, list, why);
	if (argument_given(args, "overcommit"))
		return fail(why, EXIT_USAGE, "Leave the option out.",
			    "run lab %s --overcommit: it is done in the mode "
			    "that is set",
			    lab->name);
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

static int write_host(const struct lab_files *files)
{
	json_t *host = host_facts();
	int error;

	if (!host)
		return -ENOMEM;
	json_object_set_new(host, "run_id", json_string(files->dir.run_id));
	error = host_write(files->dir.path, host);
	json_decref(host);
	return error;
}

static int create_files(const struct lab *lab, struct lab_files *files,
			struct failure *why)
{
	int error = lab_files_create(files);

	if (!error) {
		error = lab_files_header(files, lab->columns);
		if (error)
			lab_files_discard(files);
	}
	if (!error)
		return 0;
	return fail(why, EXIT_FAILED, "Use --out DIR to write elsewhere.",
		    "write to %s: %s", files->dir.path, strerror(-error));
}

/* What was found out is kept whatever came after it; a lab that could not
 * begin leaves nothing behind. Of a closed standard output main.c tells. */
static int keep(struct lab_files *files, const char *text, size_t bytes,
		int error)
{
	int kept;

	if (error && lab_files_empty(files)) {
		lab_files_discard(files);
		return 0;
	}
	fwrite(text, 1, bytes, stdout);
	fflush(stdout);
	kept = lab_files_finish(files, text, bytes);
	return kept ? kept : write_host(files);
}

static int perform(const struct lab *lab, struct lab_context *context)
{
	lab_bound_modes(context);
	return context->mode_count ? lab->run(context) : 0;
}

/* The lab itself, with its text. */
static int experiment(const struct lab *lab, struct lab_context *context,
		      struct lab_files *files, struct failure *why)
{
	char *text = NULL;
	size_t bytes = 0;
	int error, lost;

	context->text = open_memstream(&text, &bytes);
	context->csv.stream = files->csv;
	lab_interrupt_watch(files);
	error = context->text ? perform(lab, context) : -errno;
	if (context->text)
		fclose(context->text);
	lost = keep(files, text, bytes, error);
	free(text);
	if (error && context->why[0])
		return fail(why, EXIT_FAILED, context->cure, "%s",
			    context->why);
	if (error || lost)
		return fail(why, EXIT_FAILED, "See whether the disk is full.",
			    "run lab %s: %s", lab->name,
			    strerror(error ? -error : -lost));
	return context->skipped ? EXIT_PARTLY : EXIT_DONE;
}

/* A chart is a gift, not a duty: without gnuplot the lab is done too. */
static void draw(const struct lab_files *files)
{
	const char *path = files->dir.path;
	char reason[480];
	int error;

	error = plot_run(path, path, NULL, reason, sizeof reason);
	if (error && error != -ENODATA)
		fprintf(stderr, "There is no chart: %s\n", reason);
	fprintf(stderr, "The results are in %s.\n", path);
}

static int run_lab(const struct lab *lab, const struct arguments *args,
		   const struct mode_list *list, struct failure *why)
{
	struct lab_context context = {
		.columns = lines_columns(stdout), /* the file's text too */
		.users_mode = list->users,
		.mode_count = list->count,
		.alone = argument_given(args, "alone"),
	};
	struct failure guard_why = { 0 };
	struct guardian guardian;
	struct lab_files files;
	int code, guarded = 0;

	memcpy(context.modes, list->modes, sizeof context.modes);
	code = choose_folder(args, lab, &files, why);
	if (!code && needs_guardian(list)) {
		code = run_guardian_start(&guardian, why);
		context.guardian = &guardian;
	}
	if (code)
		return code;
	code = create_files(lab, &files, why);
	if (!code)
		code = experiment(lab, &context, &files, why);
	if (context.guardian)
		guarded = run_guardian_stop(&guardian, &guard_why);
	if (guarded)
		*why = guard_why;
	else if (code == EXIT_DONE || code == EXIT_PARTLY)
		draw(&files);
	return guarded ? guarded : code;
}

static int lab_verb(const struct arguments *args, struct failure *why)
{
	const struct lab *lab;
	struct mode_list list = { 0 };
	int code;

	if (!args->operand_count) {
		list_labs(stdout);
		return EXIT_DONE;
	}
	lab = find_lab(args->operands[0], why);
	if (!lab)
		return EXIT_USAGE;
	code = run_guardian_check(false, why);
	if (!code)
		code = run_guardian_repair(why);
	if (!code)
		code = read_modes(lab, args, &list, why);
	return code ? code : run_lab(lab, args, &list, why);
}

static const struct option_spec options[] = {
	{ "out", 'o', "DIR",
	  "write into DIR (default: a new folder in data/runs here, or in the "
	  "working folder)",
	  NULL },
	{ "overcommit", 'm', "LIST", "current, 0, 1, 2, or all", "all" },
	{ "alone", 0, NULL,
	  "nobody else uses this machine: hold mode 2 even where it leaves no "
	  "memory to other programs",
	  NULL },
	OPTION_LAST,
};

static const char *const examples[] = {
	"spawnwise lab",
	"spawnwise lab promise --overcommit current",
	"sudo spawnwise lab promise --out ./promise",
	NULL,
};

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
	.options = options,
	.examples = examples,
	.run = lab_verb,
};
