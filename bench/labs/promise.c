/* SPDX-License-Identifier: MIT */
/*
 * promise: how much memory does malloc promise, and what stops it?
 *
 * Steps of 1 GiB until NULL, then finer ones, as in the classic experiment;
 * here in a process of its own, once per overcommit mode, against what the
 * rules of mm/util.c predict.
 */

#include <errno.h>
#include <string.h>

#include "bench/labs/labs.h"
#include "bench/labs/promise.h"
#include "bench/labs/promise_text.h"
#include "bench/labs/worker.h"
#include "bench/show/table.h"

#define LIMIT_MS 60000

static uint64_t minus(uint64_t from, uint64_t bytes)
{
	return from > bytes ? from - bytes : 0;
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static uint64_t address_limit(const struct predict_facts *facts)
{
	return smaller(facts->address_limit_bytes ? facts->address_limit_bytes
						  : ADDRESS_SPACE_BYTES,
		       ADDRESS_SPACE_BYTES);
}

/* What addresses and the limits of the process leave; *word is which of them
 * it is. */
static uint64_t room(const struct predict_facts *facts, const char **word)
{
	const uint64_t address_bytes = address_limit(facts);
	uint64_t bytes = minus(address_bytes, facts->total_vm_bytes);

	*word = address_bytes < ADDRESS_SPACE_BYTES ? "rlimit_as"
						    : "address_space";
	if (facts->data_limit_bytes &&
	    minus(facts->data_limit_bytes, facts->data_bytes) < bytes) {
		bytes = minus(facts->data_limit_bytes, facts->data_bytes);
		*word = "rlimit_data";
	}
	return bytes;
}

/* What the rules grant in all, if there is room for it. The reserve for others
 * grows with the process. */
static uint64_t granted(const struct promise *promise, uint64_t room_bytes)
{
	struct predict_facts facts = promise->facts;

	if (promise->mode != 2)
		return room_bytes;
	facts.total_vm_bytes += predict_left(&facts);
	return smaller(room_bytes, predict_left(&facts));
}

static void judge(struct promise *promise)
{
	const struct predict_facts *facts = &promise->facts;
	const char *word;
	const uint64_t room_bytes = room(facts, &word);
	const uint64_t bytes = granted(promise, room_bytes);

	if (bytes < room_bytes)
		word = "commit_limit";
	promise->stopped_by = promise->held_back ? "room_for_others" : word;
	promise->predicted_bytes =
		promise->unusual && !strcmp(word, "address_space")
			? BYTES_UNKNOWN
			: bytes;
	/* In mode 1 it is the largest gap in the address space, which the
	 * loader chooses. */
	promise->largest_predicted_bytes =
		promise->mode == 0
			? smaller(bytes, facts->ram_bytes + facts->swap_bytes)
		: promise->mode == 1 ? BYTES_UNKNOWN
				     : promise->predicted_bytes;
	promise->commit_left_bytes =
		minus(facts->commit_limit_bytes, facts->committed_bytes);
	promise->address_limit_bytes = address_limit(facts);
}

#define AT(member) offsetof(struct promise, member)

static const struct row_field fields[] = {
	FIELD("overcommit", COUNT, AT(mode),
	      "mode of `vm.overcommit_memory`: 0, 1, 2"),
	FIELD("promised_bytes", BYTES, AT(promised_bytes),
	      "what one process was granted in all, in requests of 1 GiB and "
	      "then of halves down to 64 KiB"),
	FIELD("ram_bytes", BYTES, AT(facts.ram_bytes)),
	FIELD("swap_bytes", BYTES, AT(facts.swap_bytes),
	      "MemTotal and SwapTotal"),
	FIELD("commit_limit_bytes", BYTES, AT(facts.commit_limit_bytes),
	      "CommitLimit"),
	FIELD("commit_left_bytes", BYTES, AT(commit_left_bytes),
	      "CommitLimit less Committed_AS just before"),
	FIELD("stopped_by", TEXT, AT(stopped_by),
	      "`address_space`; `commit_limit`; `rlimit_as`: RLIMIT_AS; "
	      "`rlimit_data`: RLIMIT_DATA; `room_for_others`: by us, see "
	      "`--alone`"),
	FIELD("predicted_bytes", BYTES, AT(predicted_bytes),
	      "what `promised_bytes` should be by the rules of mm/util.c; "
	      "empty where the addresses end first and are in the legacy "
	      "layout (setarch -L, an unlimited stack)"),
	FIELD("committed_bytes", BYTES, AT(committed_bytes),
	      "by how much Committed_AS grew"),
	FIELD("largest_bytes", BYTES, AT(largest_bytes),
	      "the largest single request that was granted"),
	FIELD("largest_predicted_bytes", BYTES, AT(largest_predicted_bytes),
	      "what that should be; empty in mode 1, where the largest gap "
	      "between mappings decides"),
	FIELD("address_limit_bytes", BYTES, AT(address_limit_bytes),
	      "size of the address space, or RLIMIT_AS"),
	FIELD("data_limit_bytes", LIMIT, AT(facts.data_limit_bytes),
	      "RLIMIT_DATA; empty: none"),
	{ 0 },
};

static const struct row_type row = { "promise.csv", { { .fields = fields } } };

static void tabulate(struct table *table, const struct promise *promise)
{
	table_cell(table, "%d", promise->mode);
	table_size(table, promise->promised_bytes);
	table_size(table, promise->predicted_bytes);
	table_size(table, promise->largest_bytes);
	table_size(table, promise->largest_predicted_bytes);
	table_cell(table, "%s", promise->stopped_by);
	table_row(table, TABLE_PLAIN);
}

/* One mode: a process that takes what it gets. */
static int promise_in(struct lab_context *context, struct promise *promise)
{
	int error = worker_run(context->guardian, promise->mode, LIMIT_MS, NULL,
			       promise_take, promise, sizeof *promise);

	if (!error)
		error = promise->error;
	if (error)
		return lab_fail(context, error, "Try again.",
				"take memory in overcommit mode %d: %s",
				promise->mode, worker_error(error));
	judge(promise);
	return row_put(&context->csv, &row, NULL, promise);
}

static int run(struct lab_context *context)
{
	static const char *const heads[] = { "mode",	  "promised",
					     "predicted", "at once",
					     "predicted", "stopped by",
					     NULL };
	struct promise *promise = worker_share(sizeof *promise);
	struct promise seen[LAB_MODES];
	struct table table;
	size_t count = 0;
	int error = 0, told = 0;

	if (!promise)
		return lab_fail(context, -ENOMEM, "Free some memory.",
				"begin the lab: no memory");
	table_init(&table, "lrrrrl");
	table_heads(&table, heads);
	for (size_t i = 0; i < context->mode_count && !error; i++) {
		*promise = (struct promise){
			.mode = context->modes[i],
			.alone = context->alone,
		};
		error = promise_in(context, promise);
		if (error)
			break;
		seen[count++] = *promise;
		tabulate(&table, promise);
	}
	worker_unshare(promise, sizeof *promise);
	/* What was promised is told whatever came after it. */
	if (count) {
		promise_tell_scale(context, &seen[0]);
		told = lab_tell_table(context, &table);
		promise_tell(context, seen, count);
	}
	table_release(&table);
	return error ? error : told;
}

extern const struct lab lab_promise;

const struct lab lab_promise = {
	.name = "promise",
	.summary = "how much memory malloc promises, and what stops it",
	.row = &row,
	.modes = true,
	.run = run,
};
