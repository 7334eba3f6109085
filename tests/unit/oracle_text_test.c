/* SPDX-License-Identifier: MIT */
/*
 * What the oracle says of trials that were made by hand.
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

#include "bench/labs/oracle_memory.h"
#include "bench/labs/report.h"
#include "lib/spawnwise.h"

extern const struct lab lab_oracle;

static const struct sw_strategy strategy = { .name = "by_hand" };

/* One strategy in mode 1; skipped are its reasons by kind of memory. */
static void make_rows(struct oracle *rows, const char *const *skipped,
		      struct lab_context *context)
{
	for (size_t i = 0; i < MEMORY_COUNT; i++) {
		rows[i].trial =
			(struct trial){ .context = context,
					.mode = 1,
					.strategy = &strategy,
					.strategy_name = strategy.name,
					.one = &memories[i].one,
					.case_name = memories[i].one.name,
					.agrees = skipped[i] ? -1 : 1 };
		snprintf(rows[i].trial.skipped, sizeof rows[i].trial.skipped,
			 "%s", skipped[i] ? skipped[i] : "");
	}
}

/* The text, to be freed; lines have no end. */
static char *told(const char *const *skipped, size_t *skips)
{
	struct oracle *rows = calloc(MEMORY_COUNT, sizeof *rows);
	struct lab_context context = { .columns = 1000,
				       .lab = &lab_oracle,
				       .part = lab_oracle.parts[0],
				       .rows = (char *)rows,
				       .count = MEMORY_COUNT };
	char *text = NULL;
	size_t bytes = 0;

	assert_non_null(rows);
	make_rows(rows, skipped, &context);
	context.text = open_memstream(&text, &bytes);
	assert_non_null(context.text);
	assert_int_equal(report(&context), 0);
	assert_int_equal(fclose(context.text), 0);
	free(rows);
	*skips = context.skipped;
	return text;
}

static void each_reason_is_told_once(void **state)
{
	const char *const skipped[MEMORY_COUNT] = { "One.", "Other.", "One.",
						    NULL, "Other." };
	size_t skips;
	char *text = told(skipped, &skips);

	(void)state;
	assert_non_null(strstr(
		text, "Skipped in mode 1: small, merged with by_hand. One.\n"));
	assert_non_null(strstr(
		text,
		"Skipped in mode 1: large, dontfork with by_hand. Other.\n"));
	assert_int_equal(skips, 2);
	assert_non_null(strstr(text, "5 of 5 cells are as predicted"));
	free(text);
}

static void where_nothing_was_tried_nothing_agrees(void **state)
{
	const char *const skipped[MEMORY_COUNT] = { "No.", "No.", "No.",
						    "No.", "No.", "No.",
						    "No.", "No.", "No." };
	size_t skips;
	char *text = told(skipped, &skips);

	(void)state;
	assert_non_null(strstr(text, "No spawn was tried.\n"));
	assert_null(strstr(text, "as predicted from"));
	assert_int_equal(skips, 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_is_told_once),
		cmocka_unit_test(where_nothing_was_tried_nothing_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
