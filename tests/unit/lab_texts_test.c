/* SPDX-License-Identifier: MIT */
/*
 * The texts of the labs: each {name} in them is a field, values are written as
 * people read them, and reasons to skip are told once.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/labs/driver.h"
#include "bench/labs/report.h"
#include "bench/rows/rows.h"
#include "bench/show/table.h"
#include "lib/spawnwise.h"

static void check_text(const struct lab_context *context, const char *text)
{
	static char row[1 << 16] __attribute__((aligned(16)));
	char *filled;

	if (!text)
		return;
	*(struct trial *)(void *)row =
		(struct trial){ .context = (struct lab_context *)context,
				.one = lab_case(context->part, 0) };
	assert_true(context->part->row_bytes <= sizeof row);
	filled = report_fill(context, text, row);
	assert_non_null(filled);
	if (strchr(filled, '{'))
		print_error("%s: %s\n", context->lab->name, filled);
	assert_null(strchr(filled, '{'));
	free(filled);
}

static void check_part(const struct lab_context *context)
{
	const struct lab_part *part = context->part;

	check_text(context, part->doing);
	check_text(context, part->matrix);
	check_text(context, part->all);
	check_text(context, part->some);
	check_text(context, part->none);
	if (part->intro)
		check_text(context, part->intro);
	for (size_t i = 0; part->columns && part->columns[i].cell; i++)
		check_text(context, part->columns[i].cell);
	for (size_t i = 0; part->lessons && part->lessons[i].text; i++)
		check_text(context, part->lessons[i].text);
}

static void each_name_in_a_text_is_a_field(void **state)
{
	size_t parts = 0;

	(void)state;
	for (size_t i = 0; all_labs[i]; i++) {
		struct lab_context context = { .lab = all_labs[i] };

		for (size_t j = 0; context.lab->parts[j]; j++, parts++) {
			context.part = context.lab->parts[j];
			check_part(&context);
		}
	}
	assert_true(parts >= 8);
}

struct values {
	int yes, count, choice, error, outcome;
	uint64_t bytes, limit;
	int64_t integer;
	double ns;
	const char *word, *nothing;
	char line[8];
};

#define AT(member) offsetof(struct values, member)

static const char *const choices[] = { NULL, "one", "two" };
static const char *const phrases[] = { "word", "a phrase", NULL };

static const struct row_field fields[] = {
	FIELD("yes", YES, AT(yes)),
	FIELD("count", COUNT, AT(count)),
	FIELD("choice", CHOICE, AT(choice), NULL, choices),
	FIELD("error", ERRNO, AT(error)),
	FIELD("outcome", OUTCOME, AT(outcome)),
	FIELD("bytes", BYTES, AT(bytes)),
	FIELD("limit_bytes", LIMIT, AT(limit)),
	FIELD("integer", INTEGER, AT(integer)),
	FIELD("ns", NS, AT(ns)),
	FIELD("word", TEXT, AT(word)),
	FIELD("phrase", TEXT, AT(word), NULL, phrases),
	FIELD("nothing", TEXT, AT(nothing)),
	FIELD("line", LINE, AT(line)),
	{ 0 },
};

static const struct row_part parts[] = { { .fields = fields }, { 0 } };

static void check_fill(const struct values *values, const char *expected)
{
	char *text =
		fill("{yes} {count} {choice} {error} {outcome} {bytes} "
		     "{limit_bytes} {integer} {ns} {word} {phrase} {nothing} "
		     "{line} {lin} {line",
		     parts, values);

	assert_string_equal(text, expected);
	free(text);
}

static void values_are_as_people_read_them(void **state)
{
	const struct values known = {
		.yes = 1,
		.count = 7,
		.choice = 2,
		.error = ENOMEM,
		.bytes = 1536,
		.limit = 1 << 20,
		.integer = -2,
		.ns = 1e6,
		.word = "word",
		.line = "a line",
	};
	const struct values unknown = {
		.yes = -1,
		.outcome = OUTCOME_UNKNOWN,
		.bytes = BYTES_UNKNOWN,
		.integer = INTEGER_UNKNOWN,
		.ns = 0.0 / 0.0,
		.word = "other",
	};

	(void)state;
	check_fill(&known, "yes 7 two ENOMEM ok 1.5 KiB 1 MiB -2 1 ms word a "
			   "phrase - a line {lin} {line");
	check_fill(&unknown, "- 0 -   - - - - other other -  {lin} {line");
}

static const struct row_field agrees_field[] = {
	FIELD("agrees", YES, offsetof(struct trial, agrees)),
	{ 0 },
};

static const struct row_type agrees_row = { "agrees.csv",
					    { { .fields = agrees_field } } };

/* In its row, by a mark, and in the command's status. */
static void a_wrong_prediction_is_told(void **state)
{
	static const struct lab_column columns[] = {
		{ "agrees", 'l', "{agrees}{mark}" },
		{ 0 },
	};
	static const struct lab_part part = {
		.row_bytes = sizeof(struct trial),
		.columns = columns,
		.all = "All.",
		.some = "{wrong} of {tried}.",
	};
	static const struct lab lab = { .row = &agrees_row };
	struct lab_context context = { .lab = &lab,
				       .file = { .type = &agrees_row },
				       .part = &part,
				       .columns = 80 };
	const struct trial right = { .context = &context, .agrees = 1 };
	const struct trial wrong = { .context = &context, .agrees = 0 };
	const struct trial untold = { .context = &context, .agrees = -1 };
	char *text = NULL;
	size_t bytes = 0;

	(void)state;
	context.text = context.file.writer.stream =
		open_memstream(&text, &bytes);
	assert_int_equal(lab_keep(&context, &right), 0);
	assert_int_equal(lab_keep(&context, &wrong), 0);
	assert_int_equal(lab_keep(&context, &untold), 0);
	assert_int_equal(report(&context), 0);
	assert_int_equal(fclose(context.text), 0);
	assert_string_equal(text, "yes\nno\n\nagrees\nyes\nno!\n-\n\n"
				  "1 of 2.\n\n");
	assert_int_equal(context.skipped, 1);
	free(context.rows);
	free(text);
}

/* Each cell stands below its case, whatever was skipped. */
static void what_was_skipped_is_a_dash(void **state)
{
	static const struct lab_case cases[] = { { .name = "one" },
						 { .name = "two" } };
	static const struct lab_part part = {
		.row_bytes = sizeof(struct trial),
		.strategies = true,
		.cases = cases,
		.case_bytes = sizeof *cases,
		.case_count = 2,
		.matrix = "{agrees}",
	};
	static const struct lab lab = { .row = &agrees_row };
	struct lab_context context = { .lab = &lab,
				       .part = &part,
				       .columns = 80 };
	struct trial rows[] = {
		{ .one = &cases[0], .skipped = "No.", .agrees = -1 },
		{ .one = &cases[1], .agrees = 1 },
	};
	char *text = NULL;
	size_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		rows[i].context = &context;
		rows[i].strategy_name = "by_hand";
		rows[i].case_name = rows[i].one->name;
	}
	context.rows = (char *)rows;
	context.count = 2;
	context.text = open_memstream(&text, &bytes);
	assert_int_equal(report(&context), 0);
	assert_int_equal(fclose(context.text), 0);
	assert_string_equal(text, "strategy  one  two\n"
				  "by_hand   -    yes\n\n"
				  "Skipped in mode 0: one with by_hand. "
				  "No.\n\n");
	assert_int_equal(context.skipped, 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name_in_a_text_is_a_field),
		cmocka_unit_test(a_wrong_prediction_is_told),
		cmocka_unit_test(what_was_skipped_is_a_dash),
		cmocka_unit_test(values_are_as_people_read_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
