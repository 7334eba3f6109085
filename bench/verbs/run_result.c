/* SPDX-License-Identifier: MIT */
/*
 * What a run tells; see run_result.h. Longer than other files: all of it is
 * said in one order, after the files are written.
 */

#include "bench/verbs/run_result.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bench/attest/attest.h"
#include "bench/files/cells.h"
#include "bench/judge/summary.h"
#include "bench/machine/host.h"
#include "bench/machine/signals.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/show/matrix.h"
#include "bench/show/plot.h"
#include "bench/show/table.h"
#include "bench/verbs/choose.h"
#include "bench/verbs/run_request.h"

static struct units_text time_text(double seconds)
{
	return seconds < 99.5 ? duration_human(seconds * 1e9)
			      : span_human(seconds);
}

void run_result_plan(FILE *stream, const struct plan *plan)
{
	size_t windows;
	double foreign_s = plan_foreign_seconds(plan, &windows);

	fprintf(stream,
		"Plan: %zu cells, %zu samples by %zu processes; up to %s of "
		"memory at a time.\n",
		plan->cell_count, plan_samples(plan), plan_processes(plan),
		size_human(plan_peak_bytes(plan)).text);
	if (windows)
		fprintf(stream,
			"Writes vm.overcommit_memory %zu times for %s in "
			"all%s, "
			"and puts %d back each time.\n",
			windows, duration_human(foreign_s * 1e9).text,
			plan->precision > 0 ? ", or more for precision" : "",
			plan->original_mode);
	else
		fprintf(stream,
			"Changes no kernel setting; overcommit mode "
			"is %d.\n",
			plan->original_mode);
	if (plan->child_ns > 0)
		fprintf(stream,
			"The command was tried once and took %s; each sample "
			"waits for it.\n",
			duration_human(plan->child_ns).text);
	fprintf(stream, "About %s", time_text(plan_seconds(plan)).text);
	if (plan->precision > 0)
		fprintf(stream, ", up to %s until all is within %g %%",
			time_text(plan->limit_s).text, 100 * plan->precision);
	fprintf(stream, "; seed %llu.\n", (unsigned long long)plan->seed);
}

static json_t *command_line(const struct arguments *args)
{
	json_t *list = json_array();

	for (int i = 0; i < args->argc; i++)
		json_array_append_new(list, host_string(args->argv[i]));
	return list;
}

/* Write host.json; quality: NULL before the run, what comes of that is null
 * then. `summarise` completes it after a kill. */
static int write_host(const struct run *run, const struct run_dir *dir,
		      const struct arguments *args,
		      const struct quality *quality)
{
	const struct quality unknown = { NAN, NAN, NAN, NAN, NAN, NAN, 0, "" };
	json_auto_t *host = host_facts();

	if (!host)
		return -ENOMEM;
	json_object_update_new(
		host,
		json_pack("{ss, sI, so, so, so, si}", "run_id", dir->run_id,
			  "seed", (json_int_t)run->plan->seed, "argv",
			  command_line(args), "child",
			  host_string(run->child.program), "attested",
			  attest_json(run->plan->axes.strategies, run->attested,
				      run->plan->axes.strategy_count),
			  "parents_per_state", run->plan->parents));
	json_object_update_new(
		host, quality ? json_pack("{si, si, si, sb}", "parents_added",
					  run->parents_added, "parents_died",
					  run->parents_died, "blocks_disturbed",
					  run->blocks_disturbed, "interrupted",
					  run->signal || run->error)
			      : json_pack("{sn sn sn sn}", "parents_added",
					  "parents_died", "blocks_disturbed",
					  "interrupted"));
	json_object_update_new(host,
			       row_json(&quality_row, quality ?: &unknown));
	return host_write(dir->path, host);
}

int run_result_begin(struct run *run, const struct run_dir *dir,
		     const struct arguments *args)
{
	int error = write_host(run, dir, args, NULL);

	for (size_t i = 0; i < run->plan->cell_count && !error; i++)
		error = row_file_append(&run->plan_file,
					&run->samples.cells.rows[i]);
	return error ? error : row_file_flush(&run->plan_file);
}

static bool is_measured(const struct summary *row)
{
	return row->ok || row->failed;
}

/* Whether a cell of each strategy was measured at that heap in that mode. */
static bool is_whole(const struct plan *plan, const struct summary *rows,
		     const struct cell *place)
{
	for (size_t i = 0; i < plan->cell_count; i++)
		if (plan->cells[i].heap_bytes == place->heap_bytes &&
		    plan->cells[i].overcommit == place->overcommit &&
		    !is_measured(&rows[i * TIME_COUNT + TIME_REAP]))
			return false;
	return true;
}

/* The largest heap is where strategies differ most: answer for that, if all
 * were measured there. What none could measure, or ^C left out, has no times.
 */
static const struct cell *place_to_answer(const struct plan *plan,
					  const struct summary *rows)
{
	const struct cell *best = plan->cells; /* there is one at least */
	int best_rank = -1;

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct cell *cell = &plan->cells[i];
		const int rank =
			4 * is_measured(&rows[i * TIME_COUNT + TIME_REAP]) +
			2 * is_whole(plan, rows, cell) +
			(cell->overcommit == plan->original_mode);

		if (rank > best_rank || (rank == best_rank &&
					 cell->heap_bytes > best->heap_bytes)) {
			best = cell;
			best_rank = rank;
		}
	}
	return best;
}

static void tell_answer(const struct run *run, const struct summary *rows)
{
	const struct plan *plan = run->plan;
	const struct cell *place = place_to_answer(plan, rows);
	const struct choice_query query = {
		.heap_bytes = place->heap_bytes,
		.overcommit = place->overcommit,
		.policy = CHOICE_SAFE,
	};
	struct choice choice;

	if (advise(&query, rows, plan->cell_count * TIME_COUNT, &choice))
		return;
	if (choice.name) /* the first reason is "NAME: why" */
		printf("\nUse %s when the heap is %s and the overcommit mode "
		       "%d: it %s.\n",
		       choice.name, size_human(query.heap_bytes).text,
		       query.overcommit,
		       choice.reasons[0] + strlen(choice.name) + 2);
	else if (choice.reason_count)
		printf("\n%s\n", choice.reasons[0]);
	if (choice.name && !is_whole(plan, rows, place))
		puts("Some strategies were not measured there: see the table.");
	choice_release(&choice);
}

/* Which cells the time was not enough for; those that were disturbed all the
 * time are in the verdict. */
static void tell_inexact(const struct run *run, const struct result *result)
{
	const double precision = run->plan->precision;
	const struct summary *worst = NULL;
	size_t count = 0;

	for (size_t i = TIME_REAP; i < result->count; i += TIME_COUNT) {
		const struct summary *row = &result->rows[i];

		if (isinf(summary_precision(row)) ||
		    runner_is_exact(row, precision))
			continue;
		if (!worst || summary_precision(row) > summary_precision(worst))
			worst = row;
		count++;
	}
	if (precision > 0 && worst && !run->signal && !run->error)
		printf("The time was over before %zu of %zu cells were as "
		       "exact as --precision says; the worst, %s, is within "
		       "%.1f %%.\n",
		       count, run->plan->cell_count,
		       axes_name(&worst->cell, ':').text,
		       100 * summary_precision(worst));
}

static void show(const struct run *run, const struct run_dir *dir,
		 const struct result *result, bool plot)
{
	struct failure why;

	show_matrix(stdout, result->rows, result->count);
	putchar('\n');
	fflush(stdout);
	if (plot_run(dir->path, dir->path, "dumb", NULL, &why))
		fprintf(stderr, "No chart: %s\n", why.what);
	tell_answer(run, result->rows);
	tell_inexact(run, result);
	printf("%s\n", result->quality.verdict);
	if (!ferror(stdout)) /* else main() flushes, and tells the reason */
		fflush(stdout);
	if (run->parents_died)
		fprintf(stderr,
			"%d of the processes under test died; their cells "
			"show EOWNERDEAD.\n",
			run->parents_died);
	if (run->blocks_disturbed)
		fprintf(stderr,
			"%d blocks were suspended or had their overcommit "
			"mode changed: they are flagged as warm-ups.\n",
			run->blocks_disturbed);
	text_print(stderr, "Written to %s.\n", dir->path);
	if (plot)
		return;
	text_print(stderr, "Draw its charts with: %s plot %s\n",
		   shell_word(program_invocation_name).text,
		   shell_word(dir->path).text);
}

/* Files are written: ^Z may stop us, and gnuplot with us. Signals that end us
 * stay held, so that the last line says what is kept. */
static void let_suspend(const struct run *run)
{
	sigset_t suspends;

	sigemptyset(&suspends);
	if (sigismember(&run->held, SIGTSTP))
		sigaddset(&suspends, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &suspends, NULL);
}

static int write_result(const struct run *run, const struct run_dir *dir,
			const struct arguments *args, struct result *result)
{
	int error = result_sum(result, &run->samples);

	if (error)
		return error;
	error = cells_write(dir->path, dir->run_id, result->rows,
			    result->count);
	if (!error)
		error = write_host(run, dir, args, &result->quality);
	if (error)
		free(result->rows);
	return error;
}

/* samples.csv is whole as far as it goes: the rest can be made of it. */
static int unwritten(const struct run_dir *dir, int error, struct failure *why)
{
	fail_cure(why,
		  "What was measured is in its samples.csv: make room, then "
		  "`spawnwise summarise %.300s`.",
		  shell_word(dir->path).text);
	return fail(why, EXIT_FAILED, NULL, "write the result to %s: %s",
		    dir->path, strerror(-error));
}

/* Whether two cells are told on one line: they differ in their strategy only.
 */
static bool share_line(const struct run *run, size_t a, size_t b)
{
	const struct cell_outcome *one = &run->outcomes[a];
	const struct cell_outcome *other = &run->outcomes[b];

	return !strcmp(one->skipped, other->skipped) &&
	       !axes_compare(&run->plan->cells[a], &run->plan->cells[b]) &&
	       one->measured_count == other->measured_count &&
	       one->skipped_count == other->skipped_count;
}

/* "  clone_vm, fork at 1 GiB, mode 2: 5 of 6 processes measured it"; what is
 * the same in the whole run is left out. */
static void tell_line(FILE *stream, struct run *run, size_t first)
{
	const struct cell_outcome *outcome = &run->outcomes[first];
	const char *before = "  ";

	for (size_t i = first; i < run->plan->cell_count; i++) {
		if (!share_line(run, first, i))
			continue;
		fprintf(stream, "%s%s", before, run->plan->cells[i].strategy);
		before = ", ";
		run->outcomes[i].told = true;
	}
	fprintf(stream, " at %s", axes_place(&run->plan->cells[first]).text);
	fprintf(stream, ": %d of %d processes measured it\n",
		outcome->measured_count,
		outcome->measured_count + outcome->skipped_count);
}

size_t run_result_skipped(FILE *stream, struct run *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->plan->cell_count; i++) {
		const char *reason = run->outcomes[i].skipped;

		if (!*reason)
			continue;
		count++;
		if (run->outcomes[i].told)
			continue;
		fprintf(stream, "Not measured by all processes: %s\n", reason);
		for (size_t k = i; k < run->plan->cell_count; k++)
			if (!run->outcomes[k].told &&
			    !strcmp(run->outcomes[k].skipped, reason))
				tell_line(stream, run, k);
	}
	return count;
}

/* Whether a spawn has worked, or memory was refused to all, as predicted. */
static bool has_answer(const struct result *result)
{
	bool failed = false;

	for (size_t i = 0; i < result->count; i++) {
		const struct summary *row = &result->rows[i];

		if (row->ok)
			return true;
		failed |= row->failed && (row->predicted != row->error ||
					  row->error != ENOMEM);
	}
	return !failed;
}

int run_result(struct run *run, const struct run_dir *dir,
	       const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	const bool plot = options->plot;
	struct result result;
	size_t skipped;
	bool answered;
	int signal, error = write_result(run, dir, args, &result);

	if (error)
		return unwritten(dir, error, why);
	error = run_dir_publish(dir);
	if (error)
		fprintf(stderr, "data/latest does not point at this run: %s.\n",
			strerror(-error));
	let_suspend(run);
	show(run, dir, &result, plot);
	error = plot && !run->signal
			? plot_run(dir->path, dir->path, NULL, NULL, why)
			: 0;
	answered = has_answer(&result);
	free(result.rows);
	attest_report(stderr, run->plan->axes.strategies, run->attested,
		      run->plan->axes.strategy_count);
	skipped = run_result_skipped(stderr, run);
	if (run->signal)
		return fail(why, EXIT_INTERRUPTED,
			    "What was measured until then is kept.",
			    "finish run %s: %s", dir->run_id,
			    strsignal(run->signal));
	signal = signals_pending(&run->held);
	if (signal)
		return fail(why, EXIT_INTERRUPTED,
			    "All was measured and is kept.", "show run %s: %s",
			    dir->run_id, strsignal(signal));
	if (error)
		return fail_because(why, EXIT_FAILED,
				    "What was measured is kept.", "plot %s",
				    dir->path);
	if (!answered)
		fputs("Nothing was measured: every spawn failed.\n", stderr);
	return skipped || run->parents_died || !answered ? EXIT_PARTLY
							 : EXIT_DONE;
}
