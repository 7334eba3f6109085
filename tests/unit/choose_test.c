/* SPDX-License-Identifier: MIT */
/*
 * What is chosen, what never is, and whether the reasons say so.
 */

#include "tests/unit/choose_run.h"

static void fast_takes_the_lowest_time(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_FAST };
	struct choice choice = choose_among(&query, all, COUNT(all));

	(void)state;
	assert_string_equal(choice.name, "helper");
	assert_string_equal(choice.reasons[0],
			    "helper: has the lowest reap, 70 µs when quiet "
			    "(p95 90 µs)");
	assert_int_equal(choice.reason_count, COUNT(all));
	assert_true(says(&choice, "floor: it creates nothing"));
	assert_true(says(&choice, "shell: a baseline, measured for "
				  "comparison only"));
	assert_true(says(&choice, "novelty: it is experimental"));
	assert_true(says(&choice, "copier: works too (demands: 3), reap "
				  "40 ms when quiet, p95 50 ms"));
	choice_release(&choice);
	assert_null(choice.reasons);
}

static void safe_takes_the_fewest_demands(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_SAFE };
	struct choice choice = choose_among(&query, all, COUNT(all));

	(void)state;
	assert_string_equal(choice.name, "sharer");
	assert_string_equal(choice.reasons[0],
			    "sharer: asks least of the caller (demands: 0), "
			    "reap 80 µs when quiet, p95 100 µs");
	choice_release(&choice);
}

static void equal_demands_go_by_p95(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_SAFE };
	struct choice_candidate two[] = { all[2], all[3] };
	struct choice choice;

	(void)state;
	two[1].traits = two[0].traits;
	choice = choose_among(&query, two, 2);
	assert_string_equal(choice.name, "helper");
	choice_release(&choice);
}

static void predicted_failure_is_out(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_FAST };
	struct choice_candidate candidates[COUNT(all)];
	struct choice choice;

	(void)state;
	memcpy(candidates, all, sizeof all);
	candidates[3].predicted = ENOMEM;
	choice = choose_among(&query, candidates, COUNT(all));
	assert_string_equal(choice.name, "sharer");
	assert_true(says(&choice,
			 "helper: predicted to fail with ENOMEM at 1G in "
			 "mode 0"));
	choice_release(&choice);
}

/* One refused cell among good ones is enough. */
static void observed_failure_is_out(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_FAST };
	struct choice choice;

	(void)state;
	rows[row_count++] = refused("helper", GIB, 0);
	choice = choose_among(&query, all, COUNT(all));
	assert_string_equal(choice.name, "sharer");
	assert_true(
		says(&choice, "helper: failed with ENOMEM at 1G in mode 0"));
	choice_release(&choice);
}

/* Sometimes is too often, but it is said. */
static void rare_failure_is_out(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_FAST };
	struct choice choice;

	(void)state;
	for (size_t i = 0; i < row_count; i++)
		if (!strcmp(rows[i].cell.strategy, "helper")) {
			rows[i].ok = 222;
			rows[i].failed = 12;
			rows[i].observed = ENOMEM;
		}
	choice = choose_among(&query, all, COUNT(all));
	assert_string_equal(choice.name, "sharer");
	assert_true(says(&choice, "helper: failed 12 of 234 times with ENOMEM "
				  "at 1G in mode 0"));
	choice_release(&choice);
}

static void failure_elsewhere_is_not(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_FAST };
	struct choice choice;

	(void)state;
	rows[row_count++] = refused("helper", 8 * GIB, 0);
	rows[row_count++] = refused("helper", GIB, 2);
	choice = choose_among(&query, all, COUNT(all));
	assert_string_equal(choice.name, "helper");
	choice_release(&choice);
}

static void worst_cell_counts(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_FAST };
	struct choice choice;

	(void)state;
	rows[row_count++] = row("helper", GIB, 0, 81e3, 82e3);
	choice = choose_among(&query, all, COUNT(all));
	assert_string_equal(choice.name, "sharer");
	choice_release(&choice);
}

static void other_times_do_not_count(void **state)
{
	const struct choice_query query = { GIB, 0, CHOICE_FAST };
	struct choice choice;

	(void)state;
	rows[row_count] = row("copier", GIB, 0, 1, 1);
	rows[row_count++].time = TIME_RETURN;
	rows[0].quiet_ns = NAN;
	choice = choose_among(&query, all, COUNT(all));
	assert_string_equal(choice.name, "helper");
	assert_true(says(&choice, "copier: not measured at 1G in mode 0"));
	choice_release(&choice);
}

static void demands_are_counted(void **state)
{
	(void)state;
	assert_int_equal(choice_demands(SOUND), 0);
	assert_int_equal(choice_demands(0), 2);
	assert_int_equal(choice_demands(all[0].traits), 3);
	assert_int_equal(choice_demands(all[3].traits), 2);
	assert_int_equal(choice_demands(SOUND | SW_SHARES_MEMORY), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fast_takes_the_lowest_time, measure),
		cmocka_unit_test_setup(safe_takes_the_fewest_demands, measure),
		cmocka_unit_test_setup(equal_demands_go_by_p95, measure),
		cmocka_unit_test_setup(predicted_failure_is_out, measure),
		cmocka_unit_test_setup(observed_failure_is_out, measure),
		cmocka_unit_test_setup(rare_failure_is_out, measure),
		cmocka_unit_test_setup(failure_elsewhere_is_not, measure),
		cmocka_unit_test_setup(worst_cell_counts, measure),
		cmocka_unit_test_setup(other_times_do_not_count, measure),
		cmocka_unit_test(demands_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
