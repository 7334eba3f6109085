/* SPDX-License-Identifier: MIT */
/*
 * samples.csv against a golden file, and what happens when it cannot be
 * written.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/files/samples.h"
#include "tests/unit/scratch.h"

static const struct cell cells[] = {
	{ 0,
	  "vfork",
	  0,
	  "base",
	  0,
	  0,
	  0,
	  "same",
	  0,
	  0,
	  0,
	  0,
	  { { 0 } },
	  "none" },
	{ 7,
	  "fork",
	  8ull << 30,
	  "base",
	  2,
	  4,
	  100,
	  "split",
	  2,
	  0,
	  0,
	  0,
	  { { 0 } },
	  "none" },
	{ 8,
	  "odd,name",
	  1,
	  "thp",
	  0,
	  0,
	  0,
	  "free",
	  1,
	  0,
	  0,
	  0,
	  { { 0 } },
	  "none" },
};

static const struct sample samples[] = {
	{ 0, 0, 0, 0, true, 0, { 33000, 33100, 60000, 71000, 41000 }, 70500 },
	{ 0, 0, 0, 1, false, 0, { 32000, 32100, -1, 70000, 40000 }, 70500 },
	{ 7, 11, 3, 0, false, ENOMEM, { -1, -1, -1, -1, -1 }, 70900 },
	{ 8, 1, 2, 59, false, 0, { 0, 1, 2, INT64_MAX, 4 }, TIME_UNKNOWN },
};

static void same_as_golden(void **state)
{
	struct row_file file;
	char *is, *should = scratch_read(GOLDEN, "samples.csv");

	assert_int_equal(row_file_open(&file, *state, "20240607-080910-1",
				       &samples_row, false),
			 0);
	assert_int_equal(samples_append(&file, &cells[0], &samples[0]), 0);
	assert_int_equal(samples_append(&file, &cells[0], &samples[1]), 0);
	assert_int_equal(samples_append(&file, &cells[1], &samples[2]), 0);
	assert_int_equal(samples_append(&file, &cells[2], &samples[3]), 0);
	assert_int_equal(row_file_flush(&file), 0);
	is = scratch_read(*state, "samples.csv");
	assert_non_null(is);
	assert_non_null(should);
	assert_string_equal(is, should);
	assert_int_equal(row_file_close(&file), 0);
	free(is);
	free(should);
}

static void never_overwritten(void **state)
{
	struct row_file file;

	assert_int_equal(
		row_file_open(&file, *state, "first", &samples_row, false), 0);
	assert_int_equal(row_file_close(&file), 0);
	assert_int_equal(
		row_file_open(&file, *state, "second", &samples_row, false),
		-EEXIST);
	assert_int_equal(
		row_file_open(&file, "/nowhere", "x", &samples_row, false),
		-ENOENT);
	assert_int_equal(row_file_close(&file), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_as_golden, scratch_make,
						scratch_remove),
		cmocka_unit_test_setup_teardown(never_overwritten, scratch_make,
						scratch_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
