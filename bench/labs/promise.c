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
#include "bench/labs/subject.h"
#include "bench/show/table.h"

#define LIMIT_MS 10000

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

/* What the rules grant, in all and at once. The reserve for others grows with
 * the process. */
static uint64_t predict_promise(const struct promise *promise)
{
	struct predict_facts facts = promise->facts;
	const char *word;
	const uint64_t room_bytes = room(&facts, &word);

	if (promise->mode != 2)
		return room_bytes;
	facts.total_vm_bytes += predict_left(&facts);
	return smaller(room_bytes, predict_left(&facts));
}

bool promise_is_predicted(const struct promise *promise)
{
	const char *word;
	const uint64_t room_bytes = room(&promise->facts, &word);

	return !promise->unusual || strcmp(word, "address_space") != 0 ||
	       predict_promise(promise) < room_bytes;
}

static uint64_t predict_largest(const struct promise *promise)
{
	const struct predict_facts *facts = &promise->facts;
	const uint64_t all = predict_promise(promise);

	return promise->mode
		       ? all
		       : smaller(all, facts->ram_bytes + facts->swap_bytes);
}

/* In mode 1 it is the largest gap in the address space, which the loader
 * chooses. */
static bool largest_is_known(const struct promise *promise)
{
	return promise->mode != 1 &&
	       (!promise->mode || promise_is_predicted(promise));
}

const char *promise_stop(const struct promise *promise)
{
	const char *word;
	const uint64_t room_bytes = room(&promise->facts, &word);

	if (promise->held_back)
		return "room_for_others";
	return predict_promise(promise) < room_bytes ? "commit_limit" : word;
}

static const char columns[] =
	"overcommit,promised_bytes,ram_bytes,swap_bytes,commit_limit_bytes,"
	"commit_left_bytes,stopped_by,predicted_bytes,committed_bytes,"
	"largest_bytes,largest_predicted_bytes,address_limit_bytes,"
	"data_limit_bytes";

static int write_row(struct lab_context *context, const struct promise *promise)
{
	const struct predict_facts *facts = &promise->facts;
	struct csv_writer *csv = &context->csv;

	csv_put_integer(csv, promise->mode);
	csv_put_size(csv, promise->promised_bytes);
	csv_put_size(csv, facts->ram_bytes);
	csv_put_size(csv, facts->swap_bytes);
	csv_put_size(csv, facts->commit_limit_bytes);
	csv_put_size(csv,
		     minus(facts->commit_limit_bytes, facts->committed_bytes));
	csv_put_text(csv, promise_stop(promise));
	csv_put_size(csv, promise_is_predicted(promise)
				  ? predict_promise(promise)
				  : UINT64_MAX);
	csv_put_size(csv, promise->committed_bytes);
	csv_put_size(csv, promise->largest_bytes);
	if (largest_is_known(promise))
		csv_put_size(csv, predict_largest(promise));
	else
		csv_put_text(csv, NULL);
	csv_put_size(csv, address_limit(facts));
	if (facts->data_limit_bytes)
		csv_put_size(csv, facts->data_limit_bytes);
	else
		csv_put_text(csv, NULL);
	return csv_end_row(csv);
}

static void tabulate(struct table *table, const struct promise *promise)
{
	table_cell(table, "%d", promise->mode);
	table_size(table, promise->promised_bytes);
	if (promise_is_predicted(promise))
		table_size(table, predict_promise(promise));
	else
		table_cell(table, "-");
	table_size(table, promise->largest_bytes);
	if (largest_is_known(promise))
		table_size(table, predict_largest(promise));
	else
		table_cell(table, "-");
	table_cell(table, "%s", promise_stop(promise));
	table_row(table, TABLE_PLAIN);
}

/* One mode: a process that takes what it gets. */
static int promise_in(struct lab_context *context, struct promise *promise)
{
	int error = subject_run(context->guardian, promise->mode, LIMIT_MS,
				NULL, promise_take, promise, sizeof *promise);

	if (!error)
		error = promise->error;
	if (error)
		return lab_fail(context, error, "Try again.",
				"take memory in overcommit mode %d: %s",
				promise->mode, subject_error(error));
	return 0;
}

static int run(struct lab_context *context)
{
	static const char *const heads[] = { "mode",	  "promised",
					     "predicted", "at once",
					     "predicted", "stopped by",
					     NULL };
	struct promise *promise = subject_share(sizeof *promise);
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
		if (!error)
			error = write_row(context, promise);
		if (error)
			break;
		seen[count++] = *promise;
		tabulate(&table, promise);
	}
	subject_unshare(promise, sizeof *promise);
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
	.columns = columns,
	.modes = true,
	.run = run,
};
