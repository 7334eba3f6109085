/* SPDX-License-Identifier: MIT */
/*
 * Going through a plan, one process after the other; see runner.h. Longer than
 * other files: what is done before the first process and after the last one
 * stands here, too.
 */

#include "bench/measure/runner.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/judge/summary.h"
#include "bench/machine/clock.h"
#include "bench/machine/cpu.h"
#include "bench/machine/signals.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/measure/ab.h"
#include "bench/measure/parent.h"

/* A strategy that is not what it says would be measured under a false name. */
static void bar(struct run *run, const struct sw_strategy *strategy,
		const char *fault)
{
	for (size_t i = 0; i < run->plan->cell_count; i++)
		if (run->plan->strategies[i] == strategy) {
			struct cell_outcome *outcome = &run->outcomes[i];

			outcome->barred = true;
			snprintf(outcome->skipped, sizeof outcome->skipped,
				 "%s is not what it says: %s.", strategy->name,
				 fault);
		}
}

int runner_begin(struct run *run)
{
	const struct axes *axes = &run->plan->axes;
	int error = 0;

	run->outcomes = calloc(run->plan->cell_count, sizeof *run->outcomes);
	if (!run->outcomes)
		return -ENOMEM;
	for (size_t i = 0; i < run->plan->cell_count && !error; i++)
		error = cells_add_planned(&run->samples.cells,
					  &run->plan->cells[i]);
	if (error)
		return error;
	for (size_t i = 0; i < axes->strategy_count; i++) {
		const struct sw_strategy *strategy = axes->strategies[i];

		attest(strategy, &run->attested[i]);
		if (run->attested[i].contradiction)
			bar(run, strategy, run->attested[i].contradiction);
	}
	return 0;
}

/* The library's report, which the parent has written to a memory file. */
static int keep_report(struct run *run, int json_fd)
{
	struct stat status;
	OWNED_TEXT json = NULL;
	int error = -ENOMEM;

	if (fstat(json_fd, &status))
		return -errno;
	if (!status.st_size) /* the parent died first */
		return 0;
	json = malloc((size_t)status.st_size + 1);
	if (!json)
		return -ENOMEM;
	if (pread(json_fd, json, (size_t)status.st_size, 0) == status.st_size) {
		json[status.st_size] = '\0';
		error = gbench_file_append(&run->gbench_file, json);
	}
	return error == -EBADMSG ? 0 : error;
}

/* Where caller and others of a placement run; -1 is anywhere. */
static int place(const char *cpu, struct parent_job *job)
{
	job->caller_cpu = job->others_cpu = -1;
	if (!strcmp(cpu, "same"))
		return cpu_same(&job->caller_cpu);
	if (!strcmp(cpu, "split"))
		return cpu_split(&job->caller_cpu, &job->others_cpu);
	return 0;
}

static _Noreturn void be_parent(struct session *session, struct run *run)
{
	close(run->signal_fd);
	/* What the run has gathered so far is no part of the process that is
	 * measured: a fork would copy its page tables. */
	run_release(run);
	gbench_file_close(&run->gbench_file);
	malloc_trim(0);
	if (run->guardian)
		watchdog_forget(&run->guardian->watchdog);
	session->job.runner_socket = session->process.socket;
	if (run->again)
		ab_execute(&session->job, run);
	parent_run(&session->job);
}

/* One parent's life with its reference beside it. */
static int run_parent(struct run *run, struct session *session)
{
	struct parent_job *job = &session->job;
	int error = place(job->state->cell.cpu, job);

	/* A library that calls exit(3) in the parent would write once more
	 * what its copy of our buffer holds. */
	if (!error)
		error = run_flush(run);
	if (!error)
		error = reference_start(&job->reference, &run->child,
					job->caller_cpu);
	if (error)
		return error;
	job->json_fd = memfd_create("gbench.json", MFD_CLOEXEC);
	if (job->json_fd < 0) {
		error = -errno;
		goto stop_reference;
	}
	error = coprocess_fork(&session->process, "spawnwise-par");
	if (error)
		goto close_json;
	if (!session->process.pid)
		be_parent(session, run);
	error = session_serve(session);
	if (!error)
		error = keep_report(run, job->json_fd);
	coprocess_end(&session->process, NULL);
close_json:
	close(job->json_fd);
stop_reference:
	coprocess_end(&job->reference, NULL);
	return error;
}

#define COPYING_PRECISION (5.0 / 3) /* of that of the other cells */

/* Going through the states, again and again. */
struct rounds {
	struct run *run;
	uint64_t seed;
	int round;
	int parent;	     /* the next one's number in the run */
	size_t *state_order; /* of this round */
	size_t *cell_order;  /* of the state at hand */
	bool over;	     /* nothing more is wanted, or there is no time */
};

static bool is_extra(const struct rounds *rounds)
{
	return rounds->round >= rounds->run->plan->parents;
}

/* Of an earlier run that goes on, a cell may have been measured often enough.
 */
static bool is_wanted(const struct rounds *rounds, const struct state *state,
		      const struct cell_outcome *outcome)
{
	return !outcome->done &&
	       (is_extra(rounds) || outcome->measured_count < state->parents);
}

/* Which cells of a state are measured now, in a random order; how many. */
static size_t choose_cells(struct rounds *rounds, const struct state *state)
{
	const struct cell_outcome *outcomes =
		rounds->run->outcomes + state->first_cell;
	size_t count = 0;

	plan_shuffle(&rounds->seed, rounds->cell_order, state->cell_count);
	for (size_t k = 0; k < state->cell_count; k++)
		if (is_wanted(rounds, state, &outcomes[rounds->cell_order[k]]))
			rounds->cell_order[count++] = rounds->cell_order[k];
	return count;
}

/* A state that has fewer processes than there are rounds sits out some of them,
 * evenly. */
static bool sits_out(const struct rounds *rounds, const struct state *state)
{
	const int all = rounds->run->plan->parents;
	const int round = rounds->round;

	return !is_extra(rounds) && (round + 1) * state->parents / all ==
					    round * state->parents / all;
}

static bool has_time(const struct run *run, double seconds)
{
	const double elapsed_s = (double)(clock_now_ns() - run->begin_ns) / 1e9;

	return elapsed_s + seconds <= run->plan->limit_s;
}

/* Say which process is at work. */
static void announce(const struct rounds *rounds, const struct state *state)
{
	const struct plan *plan = rounds->run->plan;
	const struct units_text heap = size_human(state->cell.heap_bytes);

	if (is_extra(rounds))
		progress_note(rounds->run->progress,
			      "process %d, heap %s, until all is within %g %%",
			      rounds->parent + 1, heap.text,
			      100 * plan->precision);
	else
		progress_note(rounds->run->progress,
			      "process %d of %zu, heap %s", rounds->parent + 1,
			      plan_processes(plan), heap.text);
}

static int run_state(struct rounds *rounds, const struct state *state)
{
	struct run *run = rounds->run;
	struct session session = {
		.run = run,
		.job = { .plan = run->plan,
			 .state = state,
			 .parent = rounds->parent,
			 .order = rounds->cell_order,
			 .order_count = choose_cells(rounds, state),
			 .record = run->record,
			 .child = run->child },
	};
	const double expected_s = plan_parent_seconds(
		run->plan, state, session.job.order, session.job.order_count);
	double done_s;
	int error;

	if (!session.job.order_count || sits_out(rounds, state))
		return 0;
	if (is_extra(rounds)) {
		rounds->over = !has_time(run, expected_s);
		if (rounds->over)
			return 0;
		run->parents_added++;
		run->progress->limit_s = run->plan->limit_s;
	}
	announce(rounds, state);
	done_s = run->progress->done_s + expected_s;
	rounds->parent++;
	error = run_parent(run, &session);
	/* Its growth, and blocks that it did not come to. */
	progress_step(run->progress, done_s - run->progress->done_s);
	return error;
}

/* Over all states, so that a slow phase of the machine is shared by all of them
 * instead of falling on one. */
static int run_round(struct rounds *rounds)
{
	const struct plan *plan = rounds->run->plan;
	int error = 0;

	plan_shuffle(&rounds->seed, rounds->state_order, plan->state_count);
	for (size_t i = 0; i < plan->state_count && !error && !rounds->over &&
			   !rounds->run->signal;
	     i++)
		error = run_state(rounds,
				  &plan->states[rounds->state_order[i]]);
	return error;
}

bool runner_is_exact(const struct summary *row, double precision)
{
	return !row->ok || row->cell.creates_nothing ||
	       summary_precision(row) <=
		       precision * (row->cell.copies_page_tables
					    ? COPYING_PRECISION
					    : 1);
}

/* After the least number of rounds: which cells want no more. */
static int judge_cells(struct rounds *rounds)
{
	struct run *run = rounds->run;
	const size_t count = run->plan->cell_count;
	struct result result;
	const int error = result_sum(&result, &run->samples);

	if (error)
		return error;
	rounds->over = true;
	for (size_t i = 0; i < count; i++) {
		const struct summary *row =
			&result.rows[i * TIME_COUNT + TIME_REAP];

		run->outcomes[i].done =
			runner_is_exact(row, run->plan->precision);
		rounds->over &= run->outcomes[i].done;
	}
	free(result.rows);
	return 0;
}

static int run_rounds(struct run *run)
{
	const struct plan *plan = run->plan;
	struct rounds rounds = {
		.run = run,
		.seed = plan->seed,
		.parent = run->first_parent,
		.state_order = calloc(plan->state_count, sizeof(size_t)),
		.cell_order = calloc(plan->cell_count, sizeof(size_t)),
	};
	int error = rounds.state_order && rounds.cell_order ? 0 : -ENOMEM;

	run->begin_ns = clock_now_ns();
	for (; !error && !run->signal && !rounds.over; rounds.round++) {
		error = run_round(&rounds);
		if (rounds.round + 1 < plan->parents || error || rounds.over)
			continue;
		rounds.over = plan->precision <= 0;
		if (!rounds.over)
			error = judge_cells(&rounds);
	}
	free(rounds.state_order);
	free(rounds.cell_order);
	return error;
}

int runner_run(struct run *run)
{
	/* They end it, or suspend it. */
	static const int numbers[] = { SIGINT, SIGQUIT, SIGTERM,
				       SIGHUP, SIGTSTP, 0 };
	struct ab_memory *memory = MAP_FAILED;
	int error;

	run->record_fd = memfd_create("record", MFD_CLOEXEC);
	if (run->record_fd >= 0 && !ftruncate(run->record_fd, sizeof *memory))
		memory = mmap(NULL, sizeof *memory, PROT_READ | PROT_WRITE,
			      MAP_SHARED, run->record_fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	/* Or the first samples would page it in. */
	memset(memory, 0, sizeof *memory);
	run->record = &memory->record;
	signals_choose(numbers, &run->held);
	sigprocmask(SIG_BLOCK, &run->held, NULL);
	run->signal_fd = signalfd(-1, &run->held, SFD_CLOEXEC);
	error = run->signal_fd < 0 ? -errno : run_rounds(run);
	if (run->signal_fd >= 0)
		close(run->signal_fd);
	munmap(memory, sizeof *memory);
	close(run->record_fd);
	return error;
}
