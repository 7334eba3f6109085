/* SPDX-License-Identifier: MIT */
/*
 * spawnwise plot: the charts of a run, as files or in the terminal.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/files/axes.h"
#include "bench/judge/compare.h"
#include "bench/machine/text.h"
#include "bench/rows/row_file.h"
#include "bench/show/plot.h"
#include "bench/verbs/choose.h"
#include "bench/verbs/verbs.h"

struct options {
	const char *out;
	const char *terminal;
	const char *state;
};

/* The states of a run's parents, "one, another", as far as there is room; their
 * cells stand together. Returns how many there are; *has: state is one. */
static size_t list_states(const struct cells *cells, const char *state,
			  bool *has, char *list, size_t size)
{
	char text[AXES_STATE_BYTES], before[AXES_STATE_BYTES] = "";
	size_t count = 0;

	for (size_t i = 0; i < cells->count; i++) {
		axes_state(&cells->rows[i].cell, text);
		if (!strcmp(text, before))
			continue;
		*has |= state && !strcmp(text, state);
		text_join(list, size, ", ", "%s", text);
		strcpy(before, text);
		count++;
	}
	if (strlen(list) + 1 == size) /* it was cut off */
		strcpy(list + size - sizeof ", ...", ", ...");
	return count;
}

/* Whether the state is one of them; of several without a choice that is told.
 */
static int check_state(const struct cells *cells, const char *state,
		       struct failure *why)
{
	char list[400] = "";
	bool has = false;
	const size_t count = list_states(cells, state, &has, list, sizeof list);

	if (state && !has)
		return fail(why, EXIT_USAGE,
			    "Take a state that it has: backing/threads/cpu.",
			    "draw parents of the state %s: the run has %s",
			    state, list);
	if (!state && count > 1)
		fprintf(stderr,
			"Draws the first of the states %s; --state takes "
			"another.\n",
			list);
	return 0;
}

static int check_run(const char *named, char dir[PATH_MAX], const char *state,
		     struct failure *why)
{
	static const char cure[] =
		"Measure first with `spawnwise run --quick`, or name the "
		"folder of a run.";
	struct cells cells;
	int code = run_find(named, dir, cure, why);

	if (!code && !has_file(dir, "samples.csv") &&
	    !has_file(dir, "cells.csv") &&
	    (has_file(dir, "host.json") || has_file(dir, compare_row.file)))
		return 0; /* a lab's results, or a comparison */
	/* gnuplot reads the file again, but it tells no reasons, and a file of
	 * somebody else's shall not tell gnuplot what to do. */
	if (!code)
		code = run_read(dir, &cells, cure, why);
	if (code)
		return code;
	code = cells.count
		       ? check_state(&cells, state, why)
		       : fail(why, EXIT_USAGE, cure,
			      "draw run %s: its cells.csv has no rows", dir);
	cells_release(&cells);
	return code;
}

/* A folder that was asked for is created; only its last part, so that a
 * misspelled path is an error and not a new tree. */
static int create_out(const char *out, struct failure *why)
{
	if (!out || !mkdir(out, 0777) || errno == EEXIST)
		return 0;
	return fail(why, EXIT_USAGE, "Name a folder that you may write to.",
		    "create folder %s: %s", out, strerror(errno));
}

/* Of what plot_run() may answer. */
static const char *cure_drawing(int error)
{
	if (error == -ENODATA || error == -ENOMSG)
		return "What it holds is told by its .txt and .csv files.";
	if (error == -EBADMSG)
		return "Make it again, or take that line out.";
	/* Only the start of gnuplot waits for a process to be free. */
	return cure_of(error == -EAGAIN ? CURE_SELF : CURE_FILE, error,
		       "`spawnwise doctor` tells whether gnuplot is here and "
		       "whole.");
}

static int plot_verb(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const char *out = options->out;
	char run[PATH_MAX];
	int error,
		code = check_run(args->operands[0], run, options->state, why);

	if (!code)
		code = create_out(out, why);
	if (code)
		return code;
	if (!out)
		out = run;
	error = plot_run(run, out, options->terminal, options->state, why);
	if (error)
		return fail_because(
			why, error == -EBADMSG ? EXIT_USAGE : EXIT_FAILED,
			cure_drawing(error), "plot %s", run);
	if (!options->terminal)
		text_print(stderr, "The charts are in %s.\n", out);
	return EXIT_DONE;
}

static const char *const terminals[] = { "dumb", NULL };

static const struct option_spec plot_options[] = {
	OPTION("out", 'o', TEXT,
	       "write the charts into DIR (default: into RUN)", INTO(out),
	       .placeholder = "DIR"),
	OPTION("terminal", 0, WORD, "draw in the terminal, write no files",
	       INTO(terminal), .placeholder = "dumb", .words = terminals,
	       .what = "plot for terminal",
	       .hint = "Use --terminal dumb, or none to write svg and png "
		       "files."),
	OPTION("state", 0, TEXT,
	       "parents to draw (default: the first that was measured)",
	       INTO(state), .placeholder = "BACKING/THREADS/CPU"),
	{ 0 },
};

const struct verb verb_plot = {
	.name = "plot",
	.summary = "draw the charts of a run or a lab",
	.operands = "[RUN]",
	.details = "RUN is the folder of a run, or of a lab's results; without "
		   "it the newest run is drawn.",
	.operands_max = 1,
	.options = plot_options,
	.examples =
		(const char *const[]){
			"spawnwise plot",
			"spawnwise plot data/latest --terminal dumb",
			"spawnwise plot data/latest --out ./charts",
			"spawnwise plot --state thp/64/same", NULL },
	.run = plot_verb,
};
