/* SPDX-License-Identifier: MIT */
/*
 * spawnwise lab: an experiment on memory that is promised and not there.
 *
 * What is done around a lab: its options, the modes, the guardian, and its
 * files, NAME.csv and NAME.txt, in a folder that it may share with other labs.
 *
 * Longer than other files: a signal may come at any moment of a lab, and what
 * it finds then must be seen in one place.
 */

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/files/run_dir.h"
#include "bench/labs/driver.h"
#include "bench/machine/cure.h"
#include "bench/machine/host.h"
#include "bench/machine/signals.h"
#include "bench/machine/text.h"
#include "bench/show/plot.h"
#include "bench/show/table.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/verbs.h"

struct options {
	const char *out, *overcommit;
	bool alone;
	uint64_t heap_bytes, rate, seconds;
};

/* Of the lab that spawns at a rate are those behind this one. */
#define OPTION_ALONE 2

static const struct option_spec lab_options[] = {
	OPTION("out", 'o', TEXT,
	       "write into DIR (default: a new folder in data/runs here, or in "
	       "the working folder)",
	       INTO(out), .placeholder = "DIR"),
	OPTION("overcommit", 'm', TEXT,
	       "current, 0, 1, 2, or all; not of touch, oom, victim and harm, "
	       "which "
	       "are done in the mode that is set",
	       INTO(overcommit), "all", "LIST"),
	OPTION("alone", 0, SWITCH,
	       "nobody else uses this machine: hold mode 2 even where it "
	       "leaves no memory to other programs; of the same labs",
	       INTO(alone)),
	OPTION("heap", 'H', HEAP,
	       "of harm: at most so much memory, and a quarter of what there "
	       "is",
	       INTO(heap_bytes), "1G"),
	OPTION("rate", 0, COUNT, "of harm: spawns a second", INTO(rate), "10",
	       .low = 1, .high = 10000),
	OPTION("seconds", 0, COUNT, "of harm: how long, a strategy",
	       INTO(seconds), "3", .low = 1, .high = 3600),
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
	for (size_t i = 0; all_labs[i]; i++)
		if (!strcmp(name, all_labs[i]->name))
			return all_labs[i];
	fail_unknown(why, "run lab", name, all_labs, offsetof(struct lab, name),
		     "`spawnwise lab` lists them.");
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
		if (option > &lab_options[OPTION_ALONE] && !lab->load)
			return fail(why, EXIT_USAGE,
				    "`spawnwise lab harm` has that option.",
				    "run lab %s --%s: it spawns at no rate",
				    lab->name, name);
		if (option > lab_options &&
		    option <= &lab_options[OPTION_ALONE] && !lab->modes)
			return fail(why, EXIT_USAGE, "Leave the option out.",
				    "run lab %s --%s: it is done in the mode "
				    "that is set",
				    lab->name, name);
	}
	return 0;
}

/* The files of the one lab that this command does; its signal handler looks at
 * them. */
static struct lab_files {
	struct run_dir dir;
	char csv_path[PATH_MAX + 32];
	char *text; /* what the lab says; NULL: nothing */
	size_t text_bytes;
	volatile bool kept; /* all is in them */
	pid_t owner;	    /* not a process of the lab */
} files;

static struct lab_context context;

/* Choose the folder: out, or a new one as a run gets it. Nothing is created. */
static int choose_folder(const struct lab *lab, const char *out,
			 struct failure *why)
{
	int error = run_dir_choose(&files.dir, out);

	snprintf(files.csv_path, sizeof files.csv_path, "%s/%s", files.dir.path,
		 lab->row->file);
	/* Other files there do not matter. */
	if (error == -EEXIST || error == -ENOTEMPTY)
		error = access(files.csv_path, F_OK) ? 0 : -EEXIST;
	if (error == -EEXIST)
		return fail(why, EXIT_USAGE, "Choose another folder.",
			    "run lab %s --out %s: it holds %s already",
			    lab->name, out, lab->row->file);
	return fail_errno(why, out ? EXIT_USAGE : EXIT_FAILED, CURE_FILE, error,
			  "Use --out DIR to write elsewhere.", "write to %s",
			  files.dir.path);
}

/* Remove the CSV, and the folder if it was made for this lab. */
static void discard(void)
{
	unlink(files.csv_path);
	run_dir_remove(&files.dir);
}

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return; /* nobody reads it */
}

/* Only what a signal handler may do (signal-safety(7)). Processes of the lab
 * have it too, and only end; groups (memory_group.h) and modes (guardian.h) end
 * with us. */
static void end(int number)
{
	(void)number;
	if (getpid() != files.owner)
		_exit(EXIT_INTERRUPTED);
	if (files.kept) {
		say("spawnwise: interrupted; what was found is in ");
		say(files.dir.path);
		say(", perhaps without a chart\n");
	} else if (context.wrote_row) {
		say("spawnwise: interrupted; the rows until then are in ");
		say(files.csv_path);
		say("\n");
	} else {
		discard();
		say("spawnwise: interrupted before the first row\n");
	}
	_exit(EXIT_INTERRUPTED);
}

static void watch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	const struct sigaction action = { .sa_handler = end };
	sigset_t chosen;

	files.owner = getpid();
	signals_choose(numbers, &chosen);
	for (const int *number = numbers; *number; number++)
		if (sigismember(&chosen, *number))
			sigaction(*number, &action, NULL);
}

static int keep_text(void)
{
	struct replace replace;
	char name[64];
	int error;

	if (!files.text_bytes)
		return 0;
	snprintf(name, sizeof name, "%s.txt", context.lab->name);
	error = replace_begin(&replace, files.dir.path, name);
	if (error)
		return error;
	fwrite(files.text, 1, files.text_bytes, replace.stream);
	return replace_end(&replace, 0);
}

static int keep_host(void)
{
	json_t *host = host_facts();
	int error;

	json_object_set_new(host, "run_id", json_string(files.dir.run_id));
	error = host ? host_write(files.dir.path, host) : -ENOMEM;
	json_decref(host);
	return error;
}

/* Write what was found out, whatever came after it: error is the lab's. One
 * that could not begin leaves nothing behind, and has said nothing. Returns
 * error, or the first -errno of a write. */
static int keep(int error)
{
	const int unwritten = row_file_close(&context.file);
	int no_text, no_host;

	if (error && !context.wrote_row) {
		files.text_bytes = 0;
		discard();
		return error;
	}
	no_text = keep_text();
	if (error)
		text_print(stderr, "The rows until then are in %s.\n",
			   files.csv_path);
	no_host = keep_host();
	error = error ?: unwritten ?: no_text ?: no_host;
	files.kept = !error;
	return error;
}

/* Do the lab, with its files; what it has found is in them then. */
static int experiment(struct failure *why)
{
	sigset_t all, before;
	int error;

	/* Until who handles a signal knows of the folder. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	error = run_dir_create(&files.dir);
	if (!error)
		error = row_file_open(&context.file, files.dir.path, NULL,
				      context.lab->row, false);
	watch_signals();
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (error) {
		run_dir_remove(&files.dir);
		return fail_errno(why, EXIT_FAILED, CURE_FILE, error,
				  "Use --out DIR to write elsewhere.",
				  "write to %s", files.dir.path);
	}
	context.text = open_memstream(&files.text, &files.text_bytes);
	error = context.text ? 0 : -errno;
	if (!error) /* the header: where there is no room, nothing is done */
		error = row_file_flush(&context.file);
	if (!error)
		error = lab_run(&context);
	if (context.text && fclose(context.text) && !error)
		error = -ENOMEM; /* a part of the text is missing */
	error = keep(error);
	if (error && why->what[0])
		return EXIT_FAILED;
	if (error)
		return fail(why, EXIT_FAILED, cure_of(CURE_FILE, error, NULL),
			    "run lab %s: %s", context.lab->name,
			    run_guardian_reason(error));
	return context.skipped ? EXIT_PARTLY : EXIT_DONE;
}

/* Draw its chart, if there is one, and say where all is. A chart is a gift, not
 * a duty: without gnuplot the lab is done too. */
static void draw(void)
{
	const char *path = files.dir.path;
	struct failure reason;
	const int error = plot_run(path, path, NULL, NULL, &reason);

	if (error && error != -ENODATA)
		fprintf(stderr, "There is no chart: %s\n", reason.what);
	text_print(stderr, "The results are in %s.\n", path);
}

/* With the guardian, if there is one. What is printed may go to somebody who
 * does not read it all, and SIGPIPE ends us there: so that comes last. */
static int work(struct failure *why)
{
	int code = experiment(why);

	if (run_guardian_stop(context.guardian, why))
		code = EXIT_FAILED; /* nothing else matters as much */
	if (!why->what[0])
		draw();
	if (files.text_bytes)
		fwrite(files.text, 1, files.text_bytes, stdout);
	free(files.text);
	return code;
}

static int lab_verb(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const struct value_list *modes = &context.modes;
	static struct guardian guardian;
	const struct lab *lab = NULL;
	int code;

	if (args->operand_count) {
		lab = find_lab(args->operands[0], why);
		if (!lab)
			return EXIT_USAGE;
	}
	code = check_options(args, lab, why);
	if (!code && !lab)
		list_labs(stdout);
	if (code || !lab)
		return code;
	context.lab = lab;
	context.columns = lines_columns(stdout); /* the file's text too */
	context.alone = options->alone;
	context.heap_bytes = options->heap_bytes;
	context.rate = options->rate;
	context.seconds = options->seconds;
	context.failure = why;
	code = run_guardian_check(false, why);
	if (!code)
		code = modes_read(lab->modes ? options->overcommit : "current",
				  &context.modes, &context.users_mode, why);
	if (!code)
		code = choose_folder(lab, options->out, why);
	if (code)
		return code;
	if (modes->count > 1 ||
	    (int)modes->values[0].number != context.users_mode)
		context.guardian = &guardian;
	code = run_guardian_start(context.guardian, context.users_mode, why);
	return code ? code : work(why);
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
