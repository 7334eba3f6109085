/* SPDX-License-Identifier: MIT */
/*
 * What is chosen when the heap or the mode asked for was not measured.
 */

#include "tests/unit/choose_run.h"

static void nearest_heap_above(void **state)
{
	const struct choice_query query = { 2 * GIB, 0, CHOICE_FAST };
	struct choice choice = choose_among(&query, all, COUNT(all));

	(void)state;
	assert_string_equal(choice.name, "helper");
	assert_string_equal(choice.reasons[1],
			    "heap 2G was not measured: timings are of 4G, the "
			    "nearest above");
	assert_true(says(&choice, "copier: works too (demands: 3), reap "
				  "160 ms when quiet, p95 50 ms"));
	choice_release(&choice);
}

static void largest_heap_below(void **state)
{
	const struct choice_query query = { 16 * GIB, 0, CHOICE_FAST };
	struct choice_candidate candidates[COUNT(all)];
	struct choice choice;

	(void)state;
	memcpy(candidates, all, sizeof all);
	candidates[3].predicted = OUTCOME_UNKNOWN;
	choice = choose_among(&query, candidates, COUNT(all));
	assert_string_equal(choice.name, "sharer");
	assert_string_equal(choice.reasons[1],
			    "heap 16G was not measured: timings are of 4G, the "
			    "largest measured");
	assert_true(says(&choice, "helper: not measured at 16G in mode 0, nor "
				  "predicted"));
	choice_release(&choice);
}

static void other_mode_needs_a_prediction(void **state)
{
	const struct choice_query query = { GIB, 2, CHOICE_FAST };
	struct choice_candidate candidates[COUNT(all)];
	struct choice choice;

	(void)state;
	memcpy(candidates, all, sizeof all);
	candidates[0].predicted = ENOMEM;
	candidates[3].predicted = OUTCOME_UNKNOWN;
	choice = choose_among(&query, candidates, COUNT(all));
	assert_string_equal(choice.name, "sharer");
	assert_string_equal(choice.reasons[1],
			    "mode 2 was not measured: timings are of mode 0, "
			    "whether it works is predicted");
	assert_true(says(&choice, "copier: predicted to fail with ENOMEM at 1G "
				  "in mode 2"));
	choice_release(&choice);
}

/* A skipped cell is no measurement: 1 GiB in mode 0 stands in. */
static void skipped_mode_is_not_measured(void **state)
{
	const struct choice_query query = { GIB, 2, CHOICE_FAST };
	struct choice choice;

	(void)state;
	rows[row_count] = row("helper", GIB, 2, NAN, NAN);
	rows[row_count++].observed = OUTCOME_UNKNOWN;
	choice = choose_among(&query, all, COUNT(all));
	assert_string_equal(choice.name, "helper");
	choice_release(&choice);
}

static void nothing_to_choose_from(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_SAFE };
	struct choice choice;

	(void)state;
	row_count = 0;
	choice = choose_among(&query, all, COUNT(all));
	assert_null(choice.name);
	assert_true(says(&choice, "the run has no measured cell"));
	choice_release(&choice);
	choice = choose_among(&query, NULL, 0);
	assert_null(choice.name);
	choice_release(&choice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nearest_heap_above, measure),
		cmocka_unit_test_setup(largest_heap_below, measure),
		cmocka_unit_test_setup(other_mode_needs_a_prediction, measure),
		cmocka_unit_test_setup(skipped_mode_is_not_measured, measure),
		cmocka_unit_test_setup(nothing_to_choose_from, measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
