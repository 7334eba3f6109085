/* SPDX-License-Identifier: MIT */
/*
 * spawnwise compare: two runs, or two strategies of one.
 *
 * What differs between the machines is said first: a reader who does not know
 * that blames the strategies. Longer than other files: both ways to a
 * comparison end in the same one.
 */

#include "bench/verbs/compare.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/files/run_dir.h"
#include "bench/files/samples.h"
#include "bench/judge/compare.h"
#include "bench/judge/quality.h"
#include "bench/machine/cure.h"
#include "bench/show/comparison.h"
#include "bench/show/plot.h"
#include "bench/verbs/choose.h"
#include "bench/verbs/verbs.h"

struct options {
	const char *strategies, *ab, *format, *out;
	uint64_t horizon, fail_above;
};

/* A smaller difference does not count: --horizon, and its default. */
#define HORIZON 0.03
/* What copies page tables goes at the pace of the machine's memory, which is
 * another one from minute to minute. */
#define HORIZON_COPYING 0.1

/* What is compared, and what came of it. */
struct compare {
	struct comparison_report report;
	char text[128];
	const char *sides[2];  /* strategies or settings, of one run */
	struct cells cells[2]; /* of two */
	struct samples samples;
	struct result result; /* of these */
	struct comparisons found;
};

static void release(struct compare *compare)
{
	for (int i = 0; i < 2; i++) {
		json_decref(compare->report.hosts[i]);
		cells_release(&compare->cells[i]);
	}
	samples_release(&compare->samples);
	free(compare->result.rows);
	free(compare->found.list);
}

static const char run_cure[] =
	"Name the folder of a run; `spawnwise run --out DIR` makes one.";

/* Whether a run is from before there was a quiet estimate. */
static bool is_old(const struct cells *cells)
{
	for (size_t i = 0; i < cells->count; i++)
		if (cells->rows[i].ok && isnan(cells->rows[i].quiet_share))
			return true;
	return false;
}

static int read_side(struct compare *compare, int side, struct failure *why)
{
	const char *dir = compare->report.names[side];
	struct failure unknown;
	int code = run_read(dir, &compare->cells[side], run_cure, why);

	/* A run can be compared without what is known of its machine. */
	if (!code && host_read(dir, &compare->report.hosts[side], &unknown))
		fprintf(stderr,
			"What the machines differ in is not known: "
			"%s/host.json: %s.\n",
			dir, unknown.what);
	if (!code && is_old(&compare->cells[side]))
		fprintf(stderr,
			"%s has no quiet times: its medians, which are higher, "
			"stand for them.\n",
			dir);
	return code == EXIT_FAILED ? EXIT_USAGE : code;
}

/* Keep the cells of one setting, as if they were of B's. */
static void keep_setting(struct compare *compare, int side)
{
	struct cells *cells = &compare->cells[side];
	size_t kept = 0;

	for (size_t i = 0; i < cells->count; i++)
		if (!strcmp(cells->rows[i].cell.label, compare->sides[side])) {
			cells->rows[kept] = cells->rows[i];
			cells->rows[kept++].cell.label = compare->sides[1];
		}
	cells->count = kept;
	compare->report.names[side] = compare->sides[side];
}

static int compare_two_runs(struct compare *compare, const double horizon[2],
			    struct failure *why)
{
	int code = 0;

	for (int i = 0; i < 2 && !code; i++) {
		code = read_side(compare, i, why);
		if (!code && compare->sides[i])
			keep_setting(compare, i);
	}
	if (code)
		return code;
	compare->report.run_id = compare->cells[1].run_id;
	return fail_errno(why, EXIT_FAILED, CURE_SELF,
			  compare_runs(&compare->cells[0], &compare->cells[1],
				       horizon, &compare->found),
			  NULL, "compare");
}

static int split_names(struct compare *compare, const char *text,
		       struct failure *why)
{
	snprintf(compare->text, sizeof compare->text, "%s", text);
	compare->sides[0] = strtok(compare->text, ",");
	compare->sides[1] = strtok(NULL, ",");
	if (compare->sides[1] && !strtok(NULL, ","))
		return 0;
	return fail(why, EXIT_USAGE, "Give two, with a comma between them.",
		    "compare %s", text);
}

static int compare_two_strategies(struct compare *compare, const char *dir,
				  double horizon, struct failure *why)
{
	struct samples *samples = &compare->samples;
	struct result *result = &compare->result;
	struct cells cells;
	int error = samples_read(dir, samples, why);

	if (error)
		return fail_because(why, EXIT_USAGE,
				    error == -EBUSY ? "Wait for its end."
						    : run_cure,
				    "compare in %s", dir);
	compare->report.names[0] = compare->sides[0];
	compare->report.names[1] = compare->sides[1];
	compare->report.run_id = samples->cells.run_id;
	error = result_sum(result, samples);
	cells = (struct cells){ .rows = result->rows, .count = result->count };
	if (!error)
		error = compare_strategies(&cells, samples->list,
					   samples->count, compare->sides[0],
					   compare->sides[1], horizon,
					   &compare->found);
	return fail_errno(why, EXIT_FAILED, CURE_SELF, error, NULL, "compare");
}

void compare_labels(const char *run, const struct value_list *labels)
{
	static const double horizon[2] = { HORIZON, HORIZON_COPYING };
	struct failure why;

	for (size_t i = 1; i < labels->count; i++) {
		struct compare compare = {
			.report = { .names = { run, run },
				    .found = &compare.found },
			.sides = { labels->values[0].word,
				   labels->values[i].word }
		};

		if (!compare_two_runs(&compare, horizon, &why) &&
		    compare.found.count)
			comparison_print(&compare.report, "table");
		release(&compare);
	}
}

/* compare.csv and its chart. */
static int keep(const struct comparison_report *report, const char *dir,
		struct failure *why)
{
	struct replace replace;
	int error = mkdir(dir, 0777) && errno != EEXIST ? -errno : 0;

	if (!error)
		error = replace_begin(&replace, dir, compare_row.file);
	if (!error) {
		error = comparison_put_csv(report, replace.stream);
		error = replace_end(&replace, error);
	}
	if (error)
		return fail(why, EXIT_USAGE,
			    "Name a folder that you may write to.",
			    "write to %s: %s", dir, strerror(-error));
	return plot_run(dir, dir, NULL, NULL, why)
		       ? fail_because(why, EXIT_FAILED,
				      "`spawnwise doctor` tells whether "
				      "gnuplot is here and whole.",
				      "draw %s/%s", dir, compare_row.file)
		       : 0;
}

/* Whether B was shown to be slower by more than so many percent. */
static bool fails(const struct compare *compare, uint64_t percent)
{
	for (size_t i = 0; i < compare->found.count; i++) {
		const struct comparison *pair = &compare->found.list[i];

		if (pair->verdict == COMPARE_REFUSED ||
		    (pair->verdict == COMPARE_SLOWER &&
		     pair->lo > 1 + (double)percent / 100))
			return true;
	}
	return false;
}

/* Both runs for tools that compare by themselves. */
static int print_for_benchstat(char *const *runs, struct failure *why)
{
	for (int i = 0; i < 2; i++) {
		struct samples samples;
		int error = samples_read(runs[i], &samples, why);

		if (error)
			return fail_because(why, EXIT_USAGE, run_cure,
					    "read run %s", runs[i]);
		error = comparison_put_run(runs[i], &samples, stdout);
		samples_release(&samples);
		if (error)
			return fail_errno(why, EXIT_FAILED, CURE_FILE, error,
					  NULL, "print run %s", runs[i]);
	}
	return EXIT_DONE;
}

static int compare_verb(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const double horizon[2] = {
		(double)options->horizon / 100,
		argument_given(args, "horizon") ? (double)options->horizon / 100
						: HORIZON_COPYING,
	};
	const bool strategies = options->strategies;
	const char *sides = options->ab ? options->ab : options->strategies;
	char *const *runs = args->operands;
	struct compare compare = { .report = { .names = { runs[0],
							  runs[!options->ab] },
					       .strategies = strategies,
					       .found = &compare.found } };
	int code = 0;

	if (args->operand_count != (sides ? 1 : 2) ||
	    (strategies && options->ab))
		return fail(why, EXIT_USAGE,
			    "`spawnwise compare A B`, or `spawnwise compare "
			    "RUN --strategy NAME,NAME` or `--ab LABEL,LABEL`.",
			    "compare: it takes two runs, or one and two "
			    "strategies or settings");
	if (!strcmp(options->format, "benchstat"))
		return sides ? fail(why, EXIT_USAGE,
				    "Name two runs; the tool compares.",
				    "compare --format benchstat in one run")
			     : print_for_benchstat(runs, why);
	if (sides)
		code = split_names(&compare, sides, why);
	if (!code)
		code = strategies ? compare_two_strategies(&compare, runs[0],
							   *horizon, why)
				  : compare_two_runs(&compare, horizon, why);
	if (!code && !compare.found.count)
		code = fail(why, EXIT_USAGE,
			    sides ? "Name two that this run measured."
				  : "Measure what works, and the same heaps, "
				    "modes and strategies in both.",
			    "compare %s: no cell that can be compared is in "
			    "both",
			    sides ? sides : "the runs");
	if (!code)
		code = fail_errno(
			why, EXIT_FAILED, CURE_FILE,
			comparison_print(&compare.report, options->format),
			"See where its output goes.", "print the comparison");
	if (!code && options->out)
		code = keep(&compare.report, options->out, why);
	if (!code && argument_given(args, "fail-above") &&
	    fails(&compare, options->fail_above))
		code = EXIT_PARTLY;
	release(&compare);
	return code;
}

static const char *const formats[] = { "table",	   "csv",	"json",
				       "markdown", "benchstat", NULL };

static const struct option_spec compare_options[] = {
	OPTION("strategy", 's', TEXT,
	       "compare two strategies of one run, inside its processes",
	       INTO(strategies), .placeholder = "A,B"),
	OPTION("ab", 0, TEXT,
	       "compare two settings of one run, by their labels", INTO(ab),
	       .placeholder = "A,B"),
	OPTION("horizon", 0, COUNT,
	       "a smaller difference does not count (of runs and settings, "
	       "where page tables are copied: 10)",
	       INTO(horizon), "3", "PCT", .low = 1, .high = 100),
	OPTION("fail-above", 0, COUNT,
	       "end with 3 if a cell is slower by more than PCT %, or refused",
	       INTO(fail_above), .placeholder = "PCT", .high = 1000),
	OPTION("format", 0, WORD, "what is printed", INTO(format), "table",
	       "FORMAT", formats),
	OPTION("out", 'o', TEXT, "write compare.csv and a chart into DIR",
	       INTO(out), .placeholder = "DIR"),
	{ 0 },
};

const struct verb verb_compare = {
	.name = "compare",
	.summary = "say which cells of two runs, settings or strategies differ",
	.operands = "A B | RUN --strategy A,B | RUN --ab A,B",
	.details =
		"Compares what spawns cost when nothing disturbs them (quiet), "
		"by cells that both have. A cell of B is slower, faster or the "
		"same as in A, or the difference is not shown (unproven). The "
		"intervals hold for all cells together. What differs between "
		"the two machines is said first.",
	.operands_min = 1,
	.operands_max = 2,
	.options = compare_options,
	.examples =
		(const char *const[]){
			"spawnwise compare data/runs/A data/runs/B",
			"spawnwise compare before after --fail-above 10",
			"spawnwise compare RUN --strategy fork,posix_spawn",
			"spawnwise compare A B --format markdown -o ./made",
			NULL },
	.run = compare_verb,
};
