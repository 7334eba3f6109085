/* SPDX-License-Identifier: MIT */
/* The life of a process under test; see parent.h. */

#include "bench/measure/parent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/machine/cpu.h"
#include "bench/machine/failure.h"
#include "bench/machine/text.h"
#include "bench/measure/gbench.h"

#define FAILURES_IN_A_ROW 5

struct parent {
	const struct parent_job *job;
	struct sw_handle
		*handles[AXIS_VALUES_MAX]; /* by strategy of the axis */
	int open_errors[AXIS_VALUES_MAX];
	struct target target;
	struct cpu_mask others;
};

/* A block's data while the library runs it. */
struct run_block {
	struct parent *parent;
	size_t cell;
	int number; /* within the parent */
	int taken;
	int failures_in_a_row;
	int64_t ref_ns;
	struct axes_place name;
	struct gbench_block hooks;
};

static void report(const struct parent *parent, struct parent_report *message)
{
	if (send(parent->job->runner_socket, message, sizeof *message,
		 MSG_NOSIGNAL) != sizeof *message)
		_exit(1); /* no runner, no run */
}

static int take(struct run_block *block, bool warmup)
{
	struct parent *parent = block->parent;
	struct record *record = parent->job->record;
	size_t strategy = plan_strategy(parent->job->plan, block->cell);
	struct sample *sample = &record->samples[block->taken];
	int error = parent->open_errors[strategy];

	*sample = (struct sample){
		.cell_id = (int)block->cell,
		.parent = parent->job->parent,
		.block = block->number,
		.sample = block->taken,
		.warmup = warmup,
		.ref_ns = block->ref_ns,
		.error = -error,
	};
	for (int time = 0; time < TIME_COUNT; time++)
		sample->ns[time] = TIME_UNKNOWN;
	if (!error)
		error = recorder_take(parent->handles[strategy],
				      &parent->target, sample);
	block->failures_in_a_row = error ? block->failures_in_a_row + 1 : 0;
	block->taken++;
	atomic_store(&record->count, block->taken);
	return error;
}

static int block_before(void *data)
{
	struct run_block *block = data;
	const struct parent_job *job = block->parent->job;
	struct parent_report message = { .kind = REPORT_BEGIN,
					 .cell = block->cell };
	enum parent_order order;

	report(block->parent, &message);
	if (recv(job->runner_socket, &order, sizeof order, 0) != sizeof order)
		_exit(1);
	if (order == ORDER_SKIP)
		return -ECANCELED;
	/* Without a reference the spawns count all the same. */
	block->ref_ns = reference_measure(&job->reference, REFERENCE_SPAWNS);
	if (block->ref_ns < 0)
		block->ref_ns = TIME_UNKNOWN;
	for (int i = 0; i < job->plan->blocks[block->cell].warmups; i++)
		take(block, true);
	return 0;
}

static int block_sample(void *data, double *seconds)
{
	struct run_block *block = data;
	struct sample *samples = block->parent->job->record->samples;
	const int error = take(block, false);

	*seconds = (double)samples[block->taken - 1].ns[TIME_REAP] / 1e9;
	return error;
}

static int block_give_up(void *data)
{
	const struct run_block *block = data;

	return block->failures_in_a_row >= FAILURES_IN_A_ROW;
}

static void block_after(void *data)
{
	struct run_block *block = data;
	struct parent_report message = { .kind = REPORT_END,
					 .cell = block->cell };

	report(block->parent, &message);
}

static void add_block(struct run_block *block)
{
	const struct plan *plan = block->parent->job->plan;

	block->name = axes_name(&plan->cells[block->cell], ':');
	text_join(block->name.text, sizeof block->name.text, "/", "block:%d",
		  block->number);
	block->hooks = (struct gbench_block){
		.name = block->name.text,
		.iterations = plan->blocks[block->cell].samples,
		.data = block,
		.before = block_before,
		.sample = block_sample,
		.give_up = block_give_up,
		.after = block_after,
	};
	gbench_add(&block->hooks);
}

static int run_blocks(struct parent *parent, char **json)
{
	const struct parent_job *job = parent->job;
	struct run_block *blocks = calloc(job->order_count, sizeof *blocks);
	int error;

	if (!blocks)
		return -ENOMEM;
	for (size_t i = 0; i < job->order_count; i++) {
		blocks[i].parent = parent;
		blocks[i].cell = job->state->first_cell + job->order[i];
		blocks[i].number = (int)i;
		add_block(&blocks[i]);
	}
	error = gbench_run(json);
	free(blocks);
	return error;
}

static void open_strategies(struct parent *parent)
{
	const struct axes *axes = &parent->job->plan->axes;

	for (size_t i = 0; i < axes->strategy_count; i++)
		parent->open_errors[i] =
			sw_open(axes->strategies[i], &parent->handles[i]);
}

static int init_target(struct parent *parent)
{
	const struct parent_job *job = parent->job;
	const int stdout_fd = recorder_stdout(job->child.stamps);
	const struct row_field *axis;
	int error = stdout_fd < 0 ? stdout_fd : 0;

	parent->target = (struct target){
		.request = { .path = job->child.program,
			     .argv = job->child.argv,
			     .stdout_fd = stdout_fd },
		.stamp_fd = job->child.stamps ? stdout_fd : -1,
	};
	parent->target.request.fields = axes_fields(&job->state->cell);
	for (size_t i = 0; (axis = axis_at(i)) && !error; i++)
		if (axis->axis->ask)
			error = axis->axis->ask(&job->state->cell,
						&parent->target.request);
	if (job->others_cpu >= 0) {
		cpu_mask_set(&parent->others, job->others_cpu);
		parent->target.request.cpu_mask = parent->others.bits;
		parent->target.request.cpu_mask_bytes = sizeof parent->others;
	}
	return error;
}

/* Everything up to the first block. Helpers are born on the CPU they shall
 * live on; populating uses every CPU; then the caller takes its place. */
static int prepare(struct parent *parent, struct failure *why)
{
	const struct parent_job *job = parent->job;
	const struct row_field *axis;
	const int helper_cpu =
		job->others_cpu >= 0 ? job->others_cpu : job->caller_cpu;
	int error = 0;

	if (helper_cpu >= 0)
		error = cpu_pin(helper_cpu);
	if (error)
		return error;
	open_strategies(parent);
	if (helper_cpu >= 0)
		error = cpu_unpin();
	for (size_t i = 0; (axis = axis_at(i)) && !error; i++)
		if (axis->axis->apply)
			error = axis->axis->apply(&job->state->cell, why);
	if (!error)
		error = init_target(parent);
	if (!error && job->caller_cpu >= 0)
		error = cpu_pin(job->caller_cpu);
	return error;
}

static void begin_life(void)
{
	sigset_t none;

	setpgid(0, 0); /* ^C and ^Z are the runner's business */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void parent_run(const struct parent_job *job)
{
	struct parent parent = { .job = job };
	struct parent_report message = { .kind = REPORT_READY };
	struct failure why = { 0 };
	char *json = NULL;

	begin_life();
	message.error = prepare(&parent, &why);
	snprintf(message.why, sizeof message.why, "%.159s", why.what);
	if (!message.error)
		message.error = smaps_read(0, &message.facts);
	if (message.error)
		message.kind = REPORT_FAILED;
	report(&parent, &message);
	if (message.kind == REPORT_FAILED)
		_exit(1);
	message.error = run_blocks(&parent, &json);
	if (!message.error && dprintf(job->json_fd, "%s", json) < 0)
		message.error = -errno;
	free(json);
	for (size_t i = 0; i < job->plan->axes.strategy_count; i++)
		sw_close(parent.handles[i]);
	message.kind = REPORT_DONE;
	report(&parent, &message);
	_exit(0);
}
