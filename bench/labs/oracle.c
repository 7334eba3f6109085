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
#include "bench/labs/worker.h"

#define LIMIT_MS 20000

/* One strategy's answer, and what it is about. */
struct oracle_row {
	struct oracle_answer answer;
	struct predict_facts facts;
	const char *strategy;
	const char *memory;
	int mode;
	int map_mode;
	uint64_t heap_bytes;
	uint64_t asked_bytes;
	uint64_t left_bytes;
};

static const char *const stages[] = { "spawn", "map" };

#define AT(member) offsetof(struct oracle_row, member)

static const struct row_field fields[] = {
	FIELD("strategy", TEXT, AT(strategy)),
	FIELD("overcommit", COUNT, AT(mode), "what spawned in which mode"),
	FIELD("memory", TEXT, AT(memory), "the parent's; see below"),
	FIELD("stage", CHOICE, AT(answer.at_map),
	      "`map`: the memory itself was refused, so there was no spawn; "
	      "else `spawn`",
	      stages),
	FIELD("predicted", OUTCOME, AT(answer.predicted),
	      "`ok` or an error name, from the facts in the same row"),
	FIELD("observed", OUTCOME, AT(answer.observed),
	      "likewise; empty if it was not tried"),
	FIELD("agrees", YES, AT(answer.agrees),
	      "`yes`, `no`; empty if it was not tried"),
	FIELD("heap_bytes", BYTES, AT(heap_bytes), "size of the memory"),
	FIELD("mapped_overcommit", COUNT, AT(map_mode),
	      "the mode in which it was mapped"),
	FIELD("asked_bytes", BYTES, AT(asked_bytes),
	      "what this step asks the kernel to commit"),
	FIELD("accountable_bytes", BYTES, AT(facts.accountable_bytes),
	      "what a copy of the parent asks for: VMAs with the flag `ac`, "
	      "without `dc` (smaps)"),
	FIELD("largest_vma_bytes", BYTES, AT(facts.largest_vma_bytes),
	      "the largest of them, which mode 0 judges"),
	FIELD("total_vm_bytes", BYTES, AT(facts.total_vm_bytes),
	      "VmSize; a 32nd of it, or vm.user_reserve_kbytes, is kept for "
	      "others"),
	FIELD("ram_bytes", BYTES, AT(facts.ram_bytes)),
	FIELD("swap_bytes", BYTES, AT(facts.swap_bytes)),
	FIELD("commit_limit_bytes", BYTES, AT(facts.commit_limit_bytes),
	      "MemTotal, SwapTotal, CommitLimit"),
	FIELD("committed_bytes", BYTES, AT(facts.committed_bytes),
	      "Committed_AS; where memory is `exhausted`, at least what the "
	      "kernel's last refusal proves"),
	FIELD("left_bytes", BYTES, AT(left_bytes), "as in `frontier.csv`"),
	FIELD("address_limit_bytes", LIMIT, AT(facts.address_limit_bytes),
	      "RLIMIT_AS; empty: none"),
	FIELD("data_bytes", BYTES, AT(facts.data_bytes),
	      "VmData: what is private and writable"),
	FIELD("data_limit_bytes", LIMIT, AT(facts.data_limit_bytes),
	      "its limit, RLIMIT_DATA; empty: none"),
	FIELD("skipped", TEXT, AT(answer.skipped),
	      "why it was not tried, a sentence; a limit on processes (EAGAIN) "
	      "is such a reason"),
	{ 0 },
};

static const struct row_type type = { "oracle.csv", { { .fields = fields } } };

static int write_row(struct lab_context *context, const struct oracle *oracle,
		     size_t i)
{
	const struct sw_strategy *strategy = oracle->attempt.strategies[i];
	const struct oracle_answer answer = oracle_answer(oracle, i);
	const struct oracle_row row = {
		.answer = answer,
		.facts = *answer.facts,
		.strategy = strategy->name,
		.memory = oracle->memory->name,
		.mode = oracle->mode,
		.map_mode = oracle->map_mode,
		.heap_bytes = oracle->heap_bytes,
		.asked_bytes = answer.at_map ? oracle->heap_bytes
					     : predict_asked(strategy->traits,
							     answer.facts),
		.left_bytes = predict_left(answer.facts),
	};

	return row_put(&context->csv, &type, NULL, &row);
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
		worker_run(context->guardian, oracle->mode, LIMIT_MS,
			   oracle_prepare, oracle_act, oracle, sizeof *oracle);

	if (!error)
		error = oracle->error;
	if (error)
		return lab_fail(context, error, "Try again.",
				"spawn with memory '%s' in overcommit mode "
				"%d: %s",
				oracle->memory->name, oracle->mode,
				worker_error(error));
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
	struct oracle *shared = worker_share(sizeof *shared);
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
		worker_unshare(shared, sizeof *shared);
	return error;
}

extern const struct lab lab_oracle;

const struct lab lab_oracle = {
	.name = "oracle",
	.summary = "which spawn is refused in which mode, predicted, observed",
	.row = &type,
	.modes = true,
	.run = run,
};
