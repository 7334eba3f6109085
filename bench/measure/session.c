/* SPDX-License-Identifier: MIT */
/*
 * The runner's side of a conversation with a parent; see session.h.
 *
 * Longer than other files: the parent's messages, its end and our signals all
 * change one state, and must be read together.
 */

#include "bench/measure/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
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

/* In memory and in samples.csv. */
static int keep(struct run *run, const struct sample *sample)
{
	const int error = samples_keep(&run->samples, sample);

	return error ? error
		     : samples_append(&run->samples_file,
				      &run->plan->cells[sample->cell_id],
				      sample);
}

int run_flush(struct run *run)
{
	const int error = row_file_flush(&run->samples_file);

	return error ? error : row_file_flush(&run->plan_file);
}

void run_release(struct run *run)
{
	samples_release(&run->samples);
	free(run->outcomes);
	run->outcomes = NULL;
}

/* The errno by which its strategy was refused when it was attested, which the
 * cell will meet too; 0: none, or one of a moment (no memory). */
static int refusal(const struct run *run, size_t cell)
{
	const int refused =
		run->attested[plan_strategy(run->plan, cell)].refused;

	return refused == ENOMEM || refused == EAGAIN ? 0 : refused;
}

static bool is_foreign(const struct session *session)
{
	const struct plan *plan = session->run->plan;

	return plan->cells[session->cell].overcommit != plan->original_mode;
}

static bool is_in_other_mode(const struct session *session)
{
	int mode;

	return overcommit_get(&mode) ||
	       mode != session->run->plan->cells[session->cell].overcommit;
}

/* Open the window of the current block. What an earlier lease left to say
 * concerns blocks that have been marked by then: ask again. */
static int open_window(struct session *session)
{
	const struct plan *plan = session->run->plan;
	double seconds = LEASE_MARGIN_S +
			 LEASE_FACTOR * plan_block_seconds(plan, session->cell);
	int mode = plan->cells[session->cell].overcommit;
	int error;

	if (seconds > LIMIT_MAX_S)
		seconds = LIMIT_MAX_S;
	do
		error = guardian_lease(session->run->guardian, mode,
				       (int)(seconds * 1000));
	while (error == -ETIMEDOUT || error == -ESTALE);
	session->leased = !error;
	return error;
}

static int close_window(struct session *session)
{
	int error;

	if (!session->leased)
		return 0;
	session->leased = false;
	error = guardian_release(session->run->guardian);
	if (error != -ETIMEDOUT && error != -ESTALE)
		return error;
	session->disturbed = true;
	return 0;
}

/* What is expected of the cell; true if it may be run now. */
static bool predict_cell(struct session *session)
{
	struct run *run = session->run;
	struct summary *expected = &run->samples.cells.rows[session->cell];
	const struct cell *cell = &expected->cell;
	const struct sw_strategy *strategy =
		run->plan->strategies[session->cell];
	const unsigned traits = strategy->traits;
	struct cell_outcome *outcome = &run->outcomes[session->cell];
	const int refused = refusal(run, session->cell);
	struct predict_facts facts;
	const char *lack;

	if (predict_facts_read(&session->facts, session->process.pid, &facts)) {
		if (cell->overcommit != 2 || !is_foreign(session))
			return true;
		snprintf(outcome->skipped, sizeof outcome->skipped,
			 "Mode 2 is not set without knowing from /proc what it "
			 "would leave for others.");
		return false;
	}
	expected->commit_bytes = (int64_t)predict_commit(traits, &facts);
	expected->predicted = predict(traits, cell->overcommit, &facts);
	if (axes_fields(cell) & ~strategy->honours)
		expected->predicted = ENOTSUP;
	if (refused)
		expected->predicted = refused;
	if (cell->overcommit != 2 || !is_foreign(session))
		return true;
	lack = headroom_lack(traits, &facts);
	if (lack)
		snprintf(outcome->skipped, sizeof outcome->skipped, "%s", lack);
	return !lack;
}

/* Write the prediction down where it is another one than before. */
static bool predict_and_note(struct session *session)
{
	const struct summary *expected =
		&session->run->samples.cells.rows[session->cell];
	const struct summary before = *expected;
	const bool allowed = predict_cell(session);

	/* An error sticks: the next flush tells. */
	if (expected->predicted != before.predicted ||
	    expected->commit_bytes != before.commit_bytes)
		row_file_append(&session->run->plan_file, expected);
	return allowed;
}

static int answer(const struct session *session, enum parent_order order)
{
	/* A parent that died just now is noticed at its next report. */
	send(session->process.socket, &order, sizeof order, MSG_NOSIGNAL);
	return 0;
}

static int begin_block(struct session *session, size_t cell)
{
	int error = 0;

	session->cell = cell;
	if (session->run->outcomes[cell].barred || !predict_and_note(session)) {
		session->run->outcomes[cell].skipped_count++;
		return answer(session, ORDER_SKIP);
	}
	session->run->outcomes[cell].measured_count++;
	if (is_foreign(session))
		error = open_window(session);
	if (error)
		return error;
	session->in_block = true;
	session->disturbed = is_in_other_mode(session);
	return answer(session, ORDER_RUN);
}

static int keep_samples(struct session *session)
{
	int count = atomic_load(&session->job.record->count);
	int error = 0;

	for (int i = 0; i < count && !error; i++) {
		struct sample *sample = &session->job.record->samples[i];

		/* Kept and flagged: nothing is thrown away. */
		sample->warmup |= session->disturbed;
		error = keep(session->run, sample);
	}
	atomic_store(&session->job.record->count, 0);
	return error ? error : run_flush(session->run);
}

static int end_block(struct session *session)
{
	int error, kept;

	if (!session->in_block)
		return 0;
	session->disturbed |= is_in_other_mode(session);
	error = close_window(session);
	kept = keep_samples(session);
	session->in_block = false;
	session->run->blocks_disturbed += session->disturbed;
	progress_step(session->run->progress,
		      plan_block_seconds(session->run->plan, session->cell));
	return error ? error : kept;
}

/* A state whose heap could not be had: none of its cells is measured. */
static void skip_state(struct session *session,
		       const struct parent_report *message)
{
	for (size_t i = 0; i < session->job.order_count; i++) {
		struct cell_outcome *outcome =
			&session->run->outcomes[session->job.state->first_cell +
						session->job.order[i]];

		outcome->skipped_count++;
		snprintf(outcome->skipped, sizeof outcome->skipped, "%s",
			 message->why[0] ? message->why
					 : strerror(-message->error));
	}
}

static int on_report(struct session *session,
		     const struct parent_report *message)
{
	switch (message->kind) {
	case REPORT_READY:
		session->facts = message->facts;
		return 0;
	case REPORT_FAILED:
		skip_state(session, message);
		session->done = true;
		return 0;
	case REPORT_BEGIN:
		return begin_block(session, message->cell);
	case REPORT_END:
		return end_block(session);
	case REPORT_DONE:
		session->done = true;
		return message->error;
	}
	return -EPROTO;
}

/* The samples of the block in progress are good; its death is one more. */
static int record_death(struct session *session)
{
	struct sample death = {
		.cell_id = (int)(session->in_block
					 ? session->cell
					 : session->job.state->first_cell),
		.parent = session->job.parent,
		.sample = atomic_load(&session->job.record->count),
		.error = EOWNERDEAD,
	};
	int error;

	if (death.sample > 0)
		death.block = session->job.record->samples[0].block;
	for (int time = 0; time < TIME_COUNT; time++)
		death.ns[time] = TIME_UNKNOWN;
	death.ref_ns = TIME_UNKNOWN;
	error = end_block(session);
	session->run->parents_died++;
	session->done = true;
	return error ? error : keep(session->run, &death);
}

/* ^Z: nothing of ours may stay changed while we are stopped. */
static int suspend(struct session *session)
{
	const bool reopen = session->leased;
	int error;

	kill(session->process.pid, SIGSTOP);
	session->disturbed = true;
	error = close_window(session);
	live_end(&session->run->progress->live);
	raise(SIGSTOP);
	if (!error && reopen)
		error = open_window(session);
	kill(session->process.pid, SIGCONT);
	return error;
}

static int on_signal(struct session *session)
{
	struct signalfd_siginfo info;

	if (read(session->run->signal_fd, &info, sizeof info) != sizeof info)
		return 0;
	if (info.ssi_signo == SIGTSTP)
		return suspend(session);
	session->run->signal = (int)info.ssi_signo;
	return 0;
}

static int on_parent(struct session *session)
{
	struct parent_report message;
	ssize_t length =
		recv(session->process.socket, &message, sizeof message, 0);

	if (length != sizeof message)
		return record_death(session);
	return on_report(session, &message);
}

static int limit_ms(const struct session *session)
{
	double seconds;

	if (session->facts.vmas)
		seconds = BLOCK_LIMIT_S +
			  BLOCK_LIMIT_FACTOR *
				  plan_block_seconds(session->run->plan,
						     session->cell);
	else
		seconds = GROW_LIMIT_S +
			  GROW_LIMIT_S_PER_GIB *
				  (double)session->job.state->cell.heap_bytes /
				  GIB;
	return seconds < LIMIT_MAX_S ? (int)(seconds * 1000) : -1;
}

int session_serve(struct session *session)
{
	struct pollfd events[] = {
		{ .fd = session->process.socket, .events = POLLIN },
		{ .fd = session->run->signal_fd, .events = POLLIN },
	};
	int error = 0;

	session->cell = session->job.state->first_cell;
	while (!error && !session->done && !session->run->signal) {
		int ready = poll(events, 2, limit_ms(session));

		if (ready == 0) /* stuck: its end makes it a recorded death */
			kill(session->process.pid, SIGKILL);
		if (ready > 0 && events[1].revents)
			error = on_signal(session);
		else if (ready > 0)
			error = on_parent(session);
	}
	if (!session->done) {
		int ended;

		/* Or it would go on spawning in the original mode. */
		kill(session->process.pid, SIGKILL);
		ended = end_block(session);
		error = error ? error : ended;
	}
	return error;
}
