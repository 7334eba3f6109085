/* SPDX-License-Identifier: MIT */
/*
 * What is said of frontiers that were made by hand: some while other programs
 * took memory and gave it back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/labs/frontier_find.h"
#include "bench/labs/report.h"
#include "lib/spawnwise.h"

#define MIB (UINT64_C(1) << 20)

static const struct sw_strategy strategy = { .name = "by_hand" };

extern const struct lab lab_frontier;

static struct frontier make_frontier(int mode, uint64_t moved_bytes)
{
	static const struct lab_case none;

	return (struct frontier){
		.trial = { .mode = mode,
			   .strategy = &strategy,
			   .strategy_name = strategy.name,
			   .one = &none,
			   .agrees = 1 },
		.vmas = 1,
		.moved_bytes = moved_bytes,
		.facts = { .ram_bytes = 1024 * MIB,
			   .commit_limit_bytes = 512 * MIB },
		.stopped_by = mode == 2 ? "commit_limit" : "ram_and_swap",
		.predicted_bytes = 512 * MIB,
		.lower_bytes = 512 * MIB,
		.upper_bytes = 513 * MIB,
		.stage = STAGE_MAP,
	};
}

/* The text, to be freed. */
static char *told_all(struct frontier *rows, size_t count)
{
	struct lab_context context = { .columns = 1000,
				       .lab = &lab_frontier,
				       .part = lab_frontier.parts[0],
				       .rows = (char *)rows,
				       .count = count };
	char *text = NULL;
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		rows[i].trial.context = &context;
	context.text = open_memstream(&text, &bytes);
	assert_non_null(context.text);
	assert_int_equal(report(&context), 0);
	fclose(context.text);
	return text;
}

static char *told(int mode, uint64_t moved_bytes)
{
	struct frontier row = make_frontier(mode, moved_bytes);

	return told_all(&row, 1);
}

/* The counter may be wrong by RAM / 256, 4 MiB here. */
static void what_others_did_is_said(void **state)
{
	char *text = told(2, 5 * MIB);

	(void)state;
	assert_non_null(strstr(text, "other programs' commits moved"));
	assert_non_null(strstr(text, "of 1 row, by up to 5 MiB (by_hand)"));
	free(text);
}

static void what_plays_no_part_is_not(void **state)
{
	char *quiet = told(2, 4 * MIB);
	char *heuristic = told(0, 5 * MIB);

	(void)state;
	assert_null(strstr(quiet, "other programs' commits"));
	assert_null(strstr(heuristic, "other programs' commits"));
	free(quiet);
	free(heuristic);
}

/* A parent with a large helper has less room, and does not speak for all. */
static void all_parents_are_told_of(void **state)
{
	struct frontier rows[] = { make_frontier(1, 0), make_frontier(1, 0),
				   make_frontier(2, 0) };
	char *text;

	(void)state;
	for (int i = 0; i < 3; i++)
		rows[i].stopped_by = "rlimit_as";
	text = told_all(rows, 3);
	assert_non_null(strstr(text, "ended at 512 MiB, by RLIMIT_AS"));
	free(text);
	rows[1].lower_bytes = 600 * MIB;
	rows[2].lower_bytes = 700 * MIB;
	text = told_all(rows, 3);
	assert_non_null(strstr(text, "ended at 512 MiB to 600 MiB, by RLIM"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_others_did_is_said),
		cmocka_unit_test(what_plays_no_part_is_not),
		cmocka_unit_test(all_parents_are_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
