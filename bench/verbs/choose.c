/* SPDX-License-Identifier: MIT */
/*
 * spawnwise choose: one word on stdout, the why on stderr.
 *
 * A script can say `--strategy $(spawnwise choose --heap 4G)`; when nothing is
 * known to work it gets no word and a failure, never a guess.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "bench/files/cells.h"
#include "bench/judge/choose.h"
#include "bench/machine/memory.h"
#include "bench/machine/overcommit.h"
#include "bench/machine/text.h"
#include "bench/show/cure.h"
#include "bench/verbs/advice.h"
#include "bench/verbs/axes.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/newest.h"
#include "bench/verbs/verbs.h"

static int read_heap(const struct arguments *args, uint64_t *bytes,
		     struct failure *why)
{
	static const char cure[] =
		"Say how large the program is: --heap 4G, --heap 512M.";
	const char *text = argument_value(args, "heap");
	int error;

	if (!text)
		return fail(why, EXIT_USAGE, cure,
			    "choose a strategy: --heap is missing");
	error = size_parse(text, bytes);
	if (error)
		return fail(why, EXIT_USAGE, cure, "read size '%s': %s", text,
			    size_error(error));
	return 0;
}

static int read_mode(const struct arguments *args, int *mode,
		     struct failure *why)
{
	const char *text = argument_value(args, "overcommit");
	long number;
	int error;

	if (!strcmp(text, "current")) {
		error = users_mode(mode);
		if (error)
			return fail(why, EXIT_FAILED,
				    "Name the mode: --overcommit 0, 1 or 2.",
				    "read %s: %s", overcommit_path(),
				    strerror(-error));
		return 0;
	}
	if (count_parse(text, 0, 2, &number))
		return fail(why, EXIT_USAGE, "Use current, 0, 1 or 2.",
			    "read overcommit mode '%s': there is no such mode",
			    text);
	*mode = (int)number;
	return 0;
}

static int read_policy(const struct arguments *args, enum choice_policy *policy,
		       struct failure *why)
{
	const char *text = argument_value(args, "policy");

	if (strcmp(text, "safe") && strcmp(text, "fast"))
		return fail(why, EXIT_USAGE, "Use safe or fast.",
			    "read policy '%s': there is no such policy", text);
	*policy = strcmp(text, "safe") ? CHOICE_FAST : CHOICE_SAFE;
	return 0;
}

static int open_data(const struct arguments *args, struct cells *cells,
		     struct failure *why)
{
	const char *data = argument_value(args, "data");
	char newest[PATH_MAX], reason[256];
	int error;

	if (!data) {
		error = newest_run(newest, sizeof newest);
		if (error)
			return fail(why, EXIT_FAILED,
				    "Measure first with `spawnwise run "
				    "--quick`, or name a run with --data.",
				    "find a run: there is none here");
		data = newest;
	}
	error = cells_read(data, cells, reason, sizeof reason);
	if (error == -ENODATA)
		return fail_unsummarised(why, data, reason);
	if (error)
		return fail(why, EXIT_FAILED,
			    "Name the folder of a run with --data, or measure "
			    "with `spawnwise run --quick`.",
			    "read run %s: %s", data, reason);
	fputs("By run ", stderr);
	text_put(cells->run_id, "", stderr);
	fprintf(stderr, " in %s:\n", data);
	return 0;
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
	struct choice_query query = { 0 };
	struct choice choice;
	struct cells cells = { 0 };
	int code = read_heap(args, &query.heap_bytes, why);

	if (!code)
		code = read_mode(args, &query.overcommit, why);
	if (!code)
		code = read_policy(args, &query.policy, why);
	if (!code)
		code = open_data(args, &cells, why);
	if (code)
		return code;
	code = advise(&query, cells.rows, cells.count, &choice);
	if (code) {
		code = fail(why, EXIT_FAILED,
			    cure_of(CURE_PROC, code, "Try again."),
			    "choose a strategy: %s", meminfo_error(code));
	} else {
		code = print_choice(&choice, why);
		choice_release(&choice);
	}
	cells_release(&cells);
	return code;
}

static const struct option_spec choose_options[] = {
	{ "heap", 0, "SIZE", "memory of the program that spawns", NULL },
	{ "overcommit", 0, "MODE", "vm.overcommit_memory: current, 0, 1 or 2",
	  "current" },
	{ "policy", 0, "POLICY", "safe: fewest demands; fast: lowest median",
	  "safe" },
	{ "data", 0, "RUN", "folder of the run to judge by, if not the newest",
	  NULL },
	OPTION_LAST,
};

static const char *const choose_examples[] = {
	"spawnwise choose --heap 4G",
	"spawnwise choose --heap 8G --overcommit 2 --policy fast",
	NULL,
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
	.examples = choose_examples,
	.run = choose_run,
};
