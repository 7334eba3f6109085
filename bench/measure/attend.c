/* SPDX-License-Identifier: MIT */
/*
 * The runner's side of a conversation with a parent; see attend.h.
 *
 * Longer than other files: the parent's messages, its end and our signals all
 * change one state, and must be read together.
 */

#include "bench/measure/attend.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/judge/predict.h"
#include "bench/measure/predict_facts.h"

#define GIB ((double)(1 << 30))
#define GROW_LIMIT_S 60.0	  /* an idle machine needs a few */
#define GROW_LIMIT_S_PER_GIB 30.0 /* the slowest seen took 2 */
#define BLOCK_LIMIT_S 20.0
#define BLOCK_LIMIT_FACTOR 20.0
#define LIMIT_MAX_S 1e6 /* more is for ever: an int of ms ends */
#define LEASE_MARGIN_S 0.3
#define LEASE_FACTOR 4.0

static bool is_foreign(const struct attendance *at)
{
	const struct plan *plan = at->run->plan;

	return plan->cells[at->cell].overcommit != plan->original_mode;
}

/* Open the window of the current block. What an earlier lease left to say
 * concerns blocks that have been marked by then: ask again. */
static int open_window(struct attendance *at)
{
	const struct plan *plan = at->run->plan;
	double seconds = LEASE_MARGIN_S +
			 LEASE_FACTOR * plan_block_seconds(plan, at->cell);
	int mode = plan->cells[at->cell].overcommit;
	int error;

	if (seconds > LIMIT_MAX_S)
		seconds = LIMIT_MAX_S;
	do
		error = guardian_lease(at->run->guardian, mode,
				       (int)(seconds * 1000));
	while (error == -ETIMEDOUT || error == -ESTALE);
	at->leased = !error;
	return error;
}

static int close_window(struct attendance *at)
{
	int error;

	if (!at->leased)
		return 0;
	at->leased = false;
	error = guardian_release(at->run->guardian);
	if (error != -ETIMEDOUT && error != -ESTALE)
		return error;
	at->disturbed = true;
	return 0;
}

/* What is expected of the cell; true if it may be run now. */
static bool forecast(struct attendance *at)
{
	const struct cell *cell = &at->run->plan->cells[at->cell];
	const struct sw_strategy *strategy =
		at->run->plan->strategies[at->cell];
	const unsigned traits = strategy->traits;
	struct cell_outcome *outcome = &at->run->outcomes[at->cell];
	struct predict_facts facts;

	if (predict_facts_read(&at->facts, at->pid, &facts)) {
		if (cell->overcommit != 2 || !is_foreign(at))
			return true;
		snprintf(outcome->skipped, sizeof outcome->skipped,
			 "Mode 2 is not set without knowing from /proc what it "
			 "would leave for others.");
		return false;
	}
	outcome->commit_bytes = (int64_t)predict_commit(traits, &facts);
	outcome->predicted = predict(traits, cell->overcommit, &facts);
	if (!strcmp(cell->cpu, "split") && !(strategy->honours & SW_AFFINITY))
		outcome->predicted = ENOTSUP;
	if (runner_refusal(at->run, strategy))
		outcome->predicted = runner_refusal(at->run, strategy);
	return cell->overcommit != 2 || !is_foreign(at) ||
	       headroom_ok(traits, &facts, outcome->skipped,
			   sizeof outcome->skipped);
}

/* The forecast, written down where it is another one than before. */
static bool forecast_and_note(struct attendance *at)
{
	const struct cell_outcome *outcome = &at->run->outcomes[at->cell];
	const struct cell_outcome before = *outcome;
	const bool allowed = forecast(at);
	const struct summary cell = runner_cell(at->run, at->cell);

	/* An error sticks: the next flush tells. */
	if (outcome->predicted != before.predicted ||
	    outcome->commit_bytes != before.commit_bytes)
		row_file_append(at->run->plan_file, &cell);
	return allowed;
}

static int send_order(const struct attendance *at, enum parent_order order)
{
	/* A parent that died just now is noticed at its next report. */
	send(at->socket, &order, sizeof order, MSG_NOSIGNAL);
	return 0;
}

static int begin_block(struct attendance *at, size_t cell)
{
	int error = 0;
	int mode;

	at->cell = cell;
	if (at->run->outcomes[cell].barred || !forecast_and_note(at)) {
		at->run->outcomes[cell].skipped_count++;
		return send_order(at, ORDER_SKIP);
	}
	at->run->outcomes[cell].measured_count++;
	if (is_foreign(at))
		error = open_window(at);
	if (error)
		return error;
	at->in_block = true;
	at->disturbed = overcommit_get(&mode) ||
			mode != at->run->plan->cells[cell].overcommit;
	return send_order(at, ORDER_RUN);
}

static int keep_samples(struct attendance *at)
{
	int count = atomic_load(&at->record->count);
	int error = 0;

	for (int i = 0; i < count && !error; i++) {
		struct sample *sample = &at->record->samples[i];

		/* Kept and flagged: nothing is thrown away. */
		sample->warmup |= at->disturbed;
		error = runner_keep(at->run, sample);
	}
	atomic_store(&at->record->count, 0);
	return error ? error : runner_flush(at->run);
}

static int end_block(struct attendance *at)
{
	int error, kept, mode;

	if (!at->in_block)
		return 0;
	if (overcommit_get(&mode) ||
	    mode != at->run->plan->cells[at->cell].overcommit)
		at->disturbed = true;
	error = close_window(at);
	kept = keep_samples(at);
	at->in_block = false;
	at->run->blocks_disturbed += at->disturbed;
	progress_step(at->run->progress,
		      plan_block_seconds(at->run->plan, at->cell));
	return error ? error : kept;
}

/* A state whose heap could not be had: none of its cells is measured. */
static void skip_state(struct attendance *at,
		       const struct parent_report *message)
{
	for (size_t i = 0; i < at->state->cell_count; i++) {
		struct cell_outcome *outcome =
			&at->run->outcomes[at->state->first_cell + i];

		outcome->skipped_count++;
		snprintf(outcome->skipped, sizeof outcome->skipped, "%s",
			 message->why[0] ? message->why
					 : strerror(-message->error));
	}
}

static int obey(struct attendance *at, const struct parent_report *message)
{
	switch (message->kind) {
	case REPORT_READY:
		at->facts = message->facts;
		return 0;
	case REPORT_FAILED:
		skip_state(at, message);
		at->done = true;
		return 0;
	case REPORT_BEGIN:
		return begin_block(at, message->cell);
	case REPORT_END:
		return end_block(at);
	case REPORT_DONE:
		at->done = true;
		return message->error;
	}
	return -EPROTO;
}

/* The samples of the block in progress are good; its death is one more. */
static int record_death(struct attendance *at)
{
	struct sample death = {
		.cell_id =
			(int)(at->in_block ? at->cell : at->state->first_cell),
		.parent = at->parent,
		.sample = atomic_load(&at->record->count),
		.error = EOWNERDEAD,
	};
	int error;

	if (death.sample > 0)
		death.block = at->record->samples[0].block;
	for (int time = 0; time < TIME_COUNT; time++)
		death.ns[time] = TIME_UNKNOWN;
	death.ref_ns = TIME_UNKNOWN;
	error = end_block(at);
	at->run->parents_died++;
	at->done = true;
	return error ? error : runner_keep(at->run, &death);
}

/* ^Z: nothing of ours may stay changed while we are stopped. */
static int suspend(struct attendance *at)
{
	const bool reopen = at->leased;
	int error;

	kill(at->pid, SIGSTOP);
	at->disturbed = true;
	error = close_window(at);
	progress_end(at->run->progress);
	raise(SIGSTOP);
	if (!error && reopen)
		error = open_window(at);
	kill(at->pid, SIGCONT);
	return error;
}

static int heed_signal(struct attendance *at)
{
	struct signalfd_siginfo info;

	if (read(at->signal_fd, &info, sizeof info) != sizeof info)
		return 0;
	if (info.ssi_signo == SIGTSTP)
		return suspend(at);
	at->run->signal = (int)info.ssi_signo;
	return 0;
}

static int heed_parent(struct attendance *at)
{
	struct parent_report message;
	ssize_t length = recv(at->socket, &message, sizeof message, 0);

	if (length != sizeof message)
		return record_death(at);
	return obey(at, &message);
}

static int limit_ms(const struct attendance *at)
{
	double seconds;

	if (at->facts.vmas)
		seconds = BLOCK_LIMIT_S +
			  BLOCK_LIMIT_FACTOR *
				  plan_block_seconds(at->run->plan, at->cell);
	else
		seconds = GROW_LIMIT_S + GROW_LIMIT_S_PER_GIB *
						 (double)at->state->heap_bytes /
						 GIB;
	return seconds < LIMIT_MAX_S ? (int)(seconds * 1000) : -1;
}

int attend(struct attendance *at)
{
	struct pollfd events[] = {
		{ .fd = at->socket, .events = POLLIN },
		{ .fd = at->signal_fd, .events = POLLIN },
	};
	int error = 0;

	at->cell = at->state->first_cell;
	while (!error && !at->done && !at->run->signal) {
		int ready = poll(events, 2, limit_ms(at));

		if (ready == 0) /* stuck: its end makes it a recorded death */
			kill(at->pid, SIGKILL);
		if (ready > 0 && events[1].revents)
			error = heed_signal(at);
		else if (ready > 0)
			error = heed_parent(at);
	}
	if (!at->done) {
		int ended;

		/* Or it would go on spawning in the original mode. */
		kill(at->pid, SIGKILL);
		ended = end_block(at);
		error = error ? error : ended;
	}
	return error;
}
