/* SPDX-License-Identifier: MIT */
/*
 * spawnwise choose: one word on stdout, the why on stderr.
 *
 * A script can say `--strategy $(spawnwise choose --heap 4G)`; when nothing is
 * known to work it gets no word and a failure, never a guess.
 */

#include "bench/verbs/choose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/attest/trial.h"
#include "bench/files/run_dir.h"
#include "bench/machine/text.h"
#include "bench/measure/predict_facts.h"
#include "bench/show/table.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/strategies.h"
#include "bench/verbs/verbs.h"

/* What the run predicted for the cell asked for: the worst of several, or
 * OUTCOME_UNKNOWN. */
static int predicted_by_run(const struct choice_query *query,
			    const struct summary *rows, size_t count,
			    const char *strategy)
{
	int predicted = OUTCOME_UNKNOWN;

	for (size_t i = 0; i < count; i++)
		if (rows[i].time == TIME_REAP &&
		    rows[i].cell.heap_bytes == query->heap_bytes &&
		    rows[i].cell.overcommit == query->overcommit &&
		    !strcmp(rows[i].cell.strategy, strategy) &&
		    rows[i].predicted > predicted)
			predicted = rows[i].predicted;
	return predicted;
}

static int predicted(const struct sw_strategy *strategy,
		     const struct choice_query *query,
		     const struct summary *rows, size_t count,
		     const struct predict_facts *facts)
{
	const char *step;
	const int refused = trial_run(strategy, &step);
	int predicted;

	if (refused)
		return -refused;
	predicted = predicted_by_run(query, rows, count, strategy->name);
	if (predicted != OUTCOME_UNKNOWN)
		return predicted;
	return predict(strategy->traits, query->overcommit, facts);
}

int advise(const struct choice_query *query, const struct summary *rows,
	   size_t count, struct choice *choice)
{
	struct choice_candidate *candidates;
	struct predict_facts facts;
	size_t candidate_count = 0;
	int error = predict_facts_imagined(query->heap_bytes, &facts);

	if (error)
		return error;
	while (strategies()[candidate_count])
		candidate_count++;
	candidates = calloc(candidate_count + 1, sizeof *candidates);
	if (!candidates)
		return -ENOMEM;
	for (size_t i = 0; i < candidate_count; i++)
		candidates[i] = (struct choice_candidate){
			.name = strategies()[i]->name,
			.traits = strategies()[i]->traits,
			.predicted = predicted(strategies()[i], query, rows,
					       count, &facts),
		};
	error = choose(query, rows, count, candidates, candidate_count, choice);
	free(candidates);
	return error;
}

struct options {
	uint64_t heap_bytes;
	const char *mode;
	const char *policy;
	const char *data;
};

/* The user's mode, or the one that is named. */
static int read_mode(const struct options *options, int *mode,
		     struct failure *why)
{
	*mode = *options->mode - '0';
	return strcmp(options->mode, "current")
		       ? 0
		       : users_mode(mode,
				    "Name the mode: --overcommit 0, 1 or 2.",
				    why);
}

int run_find(const char *named, char dir[PATH_MAX], const char *cure,
	     struct failure *why)
{
	if (named)
		snprintf(dir, PATH_MAX, "%s", named);
	else if (run_dir_newest(dir))
		return fail(why, EXIT_FAILED, cure,
			    "find a run: there is none here");
	return 0;
}

int run_read(const char *dir, struct cells *cells, const char *cure,
	     struct failure *why)
{
	const int error = cells_read(dir, cells, why);

	if (!error)
		return 0;
	if (error == -ENODATA) { /* it was killed, or is at work */
		fail_cure(why,
			  "`spawnwise summarise %.400s` makes it from "
			  "samples.csv.",
			  shell_word(dir).text);
		cure = NULL;
	}
	return fail_because(why, error == -ENODATA ? EXIT_FAILED : EXIT_USAGE,
			    cure, "read run %s", dir);
}

static int print_choice(const struct choice *choice, struct failure *why)
{
	/* The first reason is the answer; without one it is the error. */
	for (size_t i = !choice->name; i < choice->reason_count; i++)
		fprintf(stderr, "%s%s\n", i ? "  " : "", choice->reasons[i]);
	if (!choice->name)
		return fail(why, EXIT_FAILED,
			    "Measure this heap and mode: `spawnwise run "
			    "--heap SIZE --overcommit MODE`.",
			    "choose a strategy: %s",
			    choice->reason_count ? choice->reasons[0] : "");
	puts(choice->name);
	return EXIT_DONE;
}

static int choose_run(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	struct choice_query query = {
		.heap_bytes = options->heap_bytes,
		.policy = strcmp(options->policy, "safe") ? CHOICE_FAST
							  : CHOICE_SAFE,
	};
	static const char cure[] =
		"Name the folder of a run with --data, or measure with "
		"`spawnwise run --quick`.";
	struct choice choice;
	struct cells cells = { 0 };
	char dir[PATH_MAX];
	size_t known = 0;
	int code = read_mode(options, &query.overcommit, why);

	if (!code)
		code = run_find(options->data, dir, cure, why);
	if (!code)
		code = run_read(dir, &cells, cure, why);
	if (code)
		return code;
	while (known < cells.count &&
	       strategy_find(cells.rows[known].cell.strategy))
		known++;
	if (known < cells.count) /* a plugin */
		fprintf(stderr, "Not built in, so never chosen: %s.\n",
			cells.rows[known].cell.strategy);
	text_print(stderr, "By run %s in %s:\n", cells.run_id, dir);
	code = advise(&query, cells.rows, cells.count, &choice);
	if (code) {
		code = fail_errno(why, EXIT_FAILED, CURE_PROC, code, NULL,
				  "choose a strategy");
	} else {
		code = print_choice(&choice, why);
		choice_release(&choice);
	}
	cells_release(&cells);
	return code;
}

static const char *const modes[] = { "current", "0", "1", "2", NULL };
static const char *const policies[] = { "safe", "fast", NULL };

static const struct option_spec choose_options[] = {
	OPTION("heap", 'H', SIZE, "memory of the program that spawns",
	       INTO(heap_bytes), .what = "read size",
	       .required = "choose a strategy",
	       .hint = "Say how large the program is: --heap 4G, --heap 512M."),
	OPTION("overcommit", 'm', WORD, "vm.overcommit_memory", INTO(mode),
	       "current", "MODE", modes, .what = "read overcommit mode"),
	OPTION("policy", 0, WORD, "fewest demands, or lowest time",
	       INTO(policy), "safe", "POLICY", policies, .what = "read policy"),
	OPTION("data", 0, TEXT,
	       "folder of the run to judge by, if not the newest", INTO(data),
	       .placeholder = "RUN"),
	{ 0 },
};

const struct verb verb_choose = {
	.name = "choose",
	.summary = "say which strategy a program should use, from a run",
	.details =
		"Prints one word, the strategy, on stdout and the reasons on "
		"stderr. A strategy that is predicted or was seen to fail is "
		"never chosen; when none is left, nothing is printed on stdout "
		"and the exit status is 1.",
	.options = choose_options,
	.examples = (const char *const[]){ "spawnwise choose --heap 4G",
					   "spawnwise choose --heap 8G "
					   "--overcommit 2 --policy fast",
					   NULL },
	.run = choose_run,
};
