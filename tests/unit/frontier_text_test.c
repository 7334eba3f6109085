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

#include "bench/labs/frontier_text.h"
#include "lib/spawnwise.h"

#define MIB (UINT64_C(1) << 20)

static const struct sw_strategy strategy = { .name = "by_hand" };

static struct frontier make_frontier(int mode, uint64_t moved_bytes)
{
	struct frontier frontier = {
		.mode = mode,
		.vmas = 1,
		.moved_bytes = moved_bytes,
		.facts = { .ram_bytes = 1024 * MIB,
			   .commit_limit_bytes = 512 * MIB },
		.room_bytes = 1024 * MIB,
		.room_ends = "address_space",
		.predicted_bytes = 512 * MIB,
		.lower_bytes = 512 * MIB,
		.upper_bytes = 513 * MIB,
		.stage = STAGE_MAP,
	};

	frontier.attempt.strategies[0] = &strategy;
	return frontier;
}

/* The text, to be freed. */
static char *told_all(int mode, const struct frontier *rows, size_t count)
{
	struct lab_context context = { .columns = 1000,
				       .modes = { mode },
				       .mode_count = 1 };
	char *text = NULL;
	size_t bytes = 0;

	context.text = open_memstream(&text, &bytes);
	assert_non_null(context.text);
	assert_int_equal(frontier_tell(&context, rows, count), 0);
	fclose(context.text);
	return text;
}

static char *told(int mode, uint64_t moved_bytes)
{
	const struct frontier row = make_frontier(mode, moved_bytes);

	return told_all(mode, &row, 1);
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
	for (int i = 0; i < 3; i++) {
		rows[i].room_bytes = 512 * MIB;
		rows[i].room_ends = "rlimit_as";
	}
	text = told_all(1, rows, 3);
	assert_non_null(strstr(text, "ended at 512 MiB, by RLIMIT_AS"));
	free(text);
	rows[1].lower_bytes = rows[1].upper_bytes = rows[1].room_bytes =
		rows[1].predicted_bytes = 600 * MIB;
	rows[2].lower_bytes = 700 * MIB;
	text = told_all(1, rows, 3);
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
