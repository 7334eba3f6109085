/* SPDX-License-Identifier: MIT */
/*
 * frontier: the largest heap from which each strategy still spawns.
 *
 * Found by bisection on memory that is mapped and never touched, and held
 * against what the rules of bench/judge/predict.c say.
 */

#include "bench/labs/frontier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/labs/frontier_text.h"
#include "bench/labs/labs.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"

#define LIMIT_MS 60000
#define ROWS_MAX (LAB_MODES * (2 * ATTEMPT_STRATEGIES_MAX))

static const char *const stages[] = { NULL, "map", "spawn" };

#define AT(member) offsetof(struct frontier, member)

static const struct row_field fields[] = {
	FIELD("strategy", TEXT, AT(strategy)),
	FIELD("overcommit", COUNT, AT(mode), "what spawned in which mode"),
	FIELD("vmas", COUNT, AT(vmas),
	      "mappings that the heap consists of, of equal size: 1, or 2 that "
	      "cannot merge"),
	FIELD("lower_bytes", BYTES, AT(lower_bytes),
	      "the largest heap with which a spawn worked"),
	FIELD("upper_bytes", LIMIT, AT(upper_bytes),
	      "the smallest that was refused; empty: none was, the heap "
	      "reached the end of `room_bytes`"),
	FIELD("predicted_bytes", BYTES, AT(predicted_bytes),
	      "the frontier by the rules of mm/util.c"),
	FIELD("exact", YES, AT(exact),
	      "`yes`: the two are at most 64 KiB apart, or nothing was "
	      "refused; `no`: what lies between was not tried, it would have "
	      "left too little to other programs (`--alone` tries it)"),
	FIELD("agrees", YES, AT(agrees),
	      "`yes`: the prediction is within 1 % of the two (or of the one) "
	      "or between them, in mode 2 within `slack_bytes` if that is "
	      "more; else `no`"),
	FIELD("stage", CHOICE, AT(stage),
	      "what was refused at `upper_bytes`: `map`, the heap itself, or "
	      "`spawn`; empty: nothing",
	      stages),
	FIELD("errno", ERRNO, AT(refused), "by which error; empty: by none"),
	FIELD("stopped_by", TEXT, AT(stopped_by),
	      "the limit by the rules: `ram_and_swap`: of one request in mode "
	      "0; `commit_limit`; `rlimit_as`: RLIMIT_AS; `rlimit_data`: "
	      "RLIMIT_DATA; `address_space`"),
	FIELD("probes", COUNT, AT(probes), "heaps that were tried"),
	FIELD("ram_bytes", BYTES, AT(facts.ram_bytes)),
	FIELD("swap_bytes", BYTES, AT(facts.swap_bytes)),
	FIELD("commit_limit_bytes", BYTES, AT(facts.commit_limit_bytes),
	      "MemTotal, SwapTotal, CommitLimit"),
	FIELD("left_bytes", BYTES, AT(left_bytes),
	      "what mode 2 would still grant this process: CommitLimit less "
	      "Committed_AS and what the kernel keeps for root and for small "
	      "processes"),
	FIELD("room_bytes", BYTES, AT(room_bytes),
	      "the largest run of free addresses, or what RLIMIT_AS or "
	      "RLIMIT_DATA leaves; in mode 2 no more than CommitLimit and the "
	      "slack"),
	FIELD("slack_bytes", BYTES, AT(slack_bytes),
	      "by how much the kernel's own count of commits may be wrong in "
	      "mode 2"),
	FIELD("accountable_bytes", BYTES, AT(facts.accountable_bytes),
	      "what a copy of the parent asks for without a heap"),
	{ 0 },
};

static const struct row_type type = { "frontier.csv",
				      { { .fields = fields } } };

static int write_row(struct lab_context *context, struct frontier *frontier)
{
	frontier->strategy = frontier->attempt.strategies[0]->name;
	frontier->stopped_by = frontier_stop(frontier);
	frontier->exact = !frontier->held_back;
	frontier->agrees = frontier_agrees(frontier);
	frontier->left_bytes = predict_left(&frontier->facts);
	frontier->slack_bytes = predict_slack(&frontier->facts);
	return row_put(&context->csv, &type, NULL, frontier);
}

static bool is_measured(const struct frontier *frontier)
{
	return !frontier->attempt.refusals[0] && !frontier->hindered;
}

/* A worker in a window of its own: each is short. */
static int find_one(struct lab_context *context, struct frontier *shared)
{
	char reason[256];
	int error = worker_run(context->guardian, shared->mode, LIMIT_MS,
			       frontier_prepare, frontier_act, shared,
			       sizeof *shared);

	if (!error)
		error = shared->error;
	if (error)
		return lab_fail(context, error, "Try again.",
				"find the largest heap in overcommit mode %d: "
				"%s",
				shared->mode, worker_error(error));
	if (is_measured(shared))
		return write_row(context, shared);
	attempt_why(shared->hindered ? EAGAIN : -shared->attempt.refusals[0],
		    reason, sizeof reason);
	lab_skip(context, "Skipped in mode %d: %s. %s", shared->mode,
		 shared->attempt.strategies[0]->name, reason);
	return 0;
}

/* Two VMAs only where the rules make a difference: where a copy is judged by
 * each of them. */
static unsigned most_vmas(const struct sw_strategy *strategy, int mode)
{
	return mode == 0 && strategy->traits & SW_CHARGES_COMMIT ? 2 : 1;
}

static int find_all(struct lab_context *context, int mode,
		    struct frontier *shared, struct frontier *seen,
		    size_t *count)
{
	struct attempt all;
	int error = 0;

	attempt_list(&all);
	for (size_t i = 0; i < all.count; i++) {
		const struct sw_strategy *strategy = all.strategies[i];
		const unsigned most = most_vmas(strategy, mode);

		for (unsigned vmas = 1; vmas <= most && !error; vmas++) {
			memset(shared, 0, sizeof *shared);
			shared->mode = mode;
			shared->alone = context->alone;
			shared->vmas = vmas;
			shared->attempt.strategies[0] = strategy;
			shared->attempt.count = 1;
			error = find_one(context, shared);
			seen[*count] = *shared;
			if (error || !is_measured(shared))
				break; /* told once */
			(*count)++;
		}
	}
	return error;
}

static int run(struct lab_context *context)
{
	struct frontier *shared = worker_share(sizeof *shared);
	struct frontier *seen = calloc(ROWS_MAX, sizeof *seen);
	size_t count = 0;
	int error = 0, told;

	if (!shared || !seen) {
		error = lab_fail(context, -ENOMEM, "Free some memory.",
				 "begin the lab: no memory");
		goto release;
	}
	for (size_t i = 0; i < context->mode_count && !error; i++)
		error = find_all(context, context->modes[i], shared, seen,
				 &count);
	/* What was found is told whatever came after it. */
	told = count || !error ? frontier_tell(context, seen, count) : 0;
	if (!error)
		error = told;
release:
	free(seen);
	if (shared)
		worker_unshare(shared, sizeof *shared);
	return error;
}

extern const struct lab lab_frontier;

const struct lab lab_frontier = {
	.name = "frontier",
	.summary = "the largest heap from which each strategy still spawns",
	.row = &type,
	.modes = true,
	.run = run,
};
