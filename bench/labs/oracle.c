/* SPDX-License-Identifier: MIT */
/*
 * oracle: which spawn is refused, predicted and observed.
 *
 * Every strategy that creates something, in every overcommit mode, with every
 * kind of memory. The rules are in bench/judge/predict.c; what they want to
 * know is read from smaps and meminfo just before.
 */

#include "bench/labs/oracle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/labs/labs.h"
#include "bench/labs/oracle_answer.h"
#include "bench/labs/oracle_text.h"
#include "bench/labs/subject.h"
#include "bench/rows/errname.h"

#define LIMIT_MS 20000

static const char columns[] =
	"strategy,overcommit,memory,stage,predicted,observed,agrees,"
	"heap_bytes,mapped_overcommit,asked_bytes,accountable_bytes,"
	"largest_vma_bytes,total_vm_bytes,ram_bytes,swap_bytes,"
	"commit_limit_bytes,committed_bytes,left_bytes,address_limit_bytes,"
	"data_bytes,data_limit_bytes,skipped";

static void put_limit(struct csv_writer *csv, uint64_t bytes)
{
	if (bytes)
		csv_put_size(csv, bytes);
	else
		csv_put_text(csv, NULL);
}

static void put_facts(struct csv_writer *csv, const struct predict_facts *facts)
{
	csv_put_size(csv, facts->accountable_bytes);
	csv_put_size(csv, facts->largest_vma_bytes);
	csv_put_size(csv, facts->total_vm_bytes);
	csv_put_size(csv, facts->ram_bytes);
	csv_put_size(csv, facts->swap_bytes);
	csv_put_size(csv, facts->commit_limit_bytes);
	csv_put_size(csv, facts->committed_bytes);
	csv_put_size(csv, predict_left(facts));
	put_limit(csv, facts->address_limit_bytes);
	csv_put_size(csv, facts->data_bytes);
	put_limit(csv, facts->data_limit_bytes);
}

static int write_row(struct lab_context *context, const struct oracle *oracle,
		     size_t i)
{
	const struct sw_strategy *strategy = oracle->attempt.strategies[i];
	const struct oracle_answer answer = oracle_answer(oracle, i);
	struct csv_writer *csv = &context->csv;

	csv_put_text(csv, strategy->name);
	csv_put_integer(csv, oracle->mode);
	csv_put_text(csv, oracle->memory->name);
	csv_put_text(csv, answer.at_map ? "map" : "spawn");
	csv_put_text(csv, outcome_name(answer.predicted));
	csv_put_text(csv, answer.tried ? outcome_name(answer.observed) : NULL);
	csv_put_text(csv, !answer.tried ? NULL : answer.agrees ? "yes" : "no");
	csv_put_size(csv, oracle->heap_bytes);
	csv_put_integer(csv, oracle->map_mode);
	csv_put_size(csv, answer.at_map ? oracle->heap_bytes
					: predict_asked(strategy->traits,
							answer.facts));
	put_facts(csv, answer.facts);
	csv_put_text(csv, answer.skipped[0] ? answer.skipped : NULL);
	return csv_end_row(csv);
}

static int write_rows(struct lab_context *context, const struct oracle *oracle)
{
	int error = 0;

	for (size_t i = 0; i < oracle->attempt.count && !error; i++)
		error = write_row(context, oracle, i);
	return error;
}

static int ask(struct lab_context *context, struct oracle *oracle)
{
	int error =
		subject_run(context->guardian, oracle->mode, LIMIT_MS,
			    oracle_prepare, oracle_act, oracle, sizeof *oracle);

	if (!error)
		error = oracle->error;
	if (error)
		return lab_fail(context, error, "Try again.",
				"spawn with memory '%s' in overcommit mode "
				"%d: %s",
				oracle->memory->name, oracle->mode,
				subject_error(error));
	return write_rows(context, oracle);
}

/* All kinds of memory in one mode; seen[] keeps them. */
static int ask_mode(struct lab_context *context, int mode,
		    struct oracle *shared, struct oracle *seen)
{
	int error = 0;

	for (size_t i = 0; memories[i].name && !error; i++) {
		memset(shared, 0, sizeof *shared);
		attempt_list(&shared->attempt);
		shared->memory = &memories[i];
		shared->mode = mode;
		shared->users_mode = context->users_mode;
		shared->alone = context->alone;
		error = ask(context, shared);
		seen[i] = *shared;
	}
	return error;
}

static int run(struct lab_context *context)
{
	struct oracle *shared = subject_share(sizeof *shared);
	struct oracle *seen = calloc(LAB_MODES * MEMORY_COUNT, sizeof *seen);
	size_t count = 0;
	int error = 0, told;

	if (!shared || !seen) {
		error = lab_fail(context, -ENOMEM, "Free some memory.",
				 "begin the lab: no memory");
		goto release;
	}
	for (size_t i = 0; i < context->mode_count && !error; i++) {
		error = ask_mode(context, context->modes[i], shared,
				 seen + count);
		if (!error)
			count += MEMORY_COUNT;
	}
	/* The modes that were done are told whatever came after them. */
	told = count ? oracle_tell(context, seen, count) : 0;
	if (!error)
		error = told;
release:
	free(seen);
	if (shared)
		subject_unshare(shared, sizeof *shared);
	return error;
}

extern const struct lab lab_oracle;

const struct lab lab_oracle = {
	.name = "oracle",
	.summary = "which spawn is refused in which mode, predicted, observed",
	.columns = columns,
	.modes = true,
	.run = run,
};
