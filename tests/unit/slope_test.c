/* SPDX-License-Identifier: MIT */
/*
 * Robust slopes, against hand-worked numbers and against scipy's.
 *
 * The golden file is made and checked by stats_scipy.py.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Before cmocka, which has a macro of the name fail. */
#include "bench/machine/failure.h"

#include <cmocka.h>

#include "bench/judge/stats.h"
#include "bench/rows/csv.h"
#include "tests/unit/source.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_near(double is, double should)
{
	assert_true(fabs(is - should) <= 1e-9 * fmax(1, fabs(should)));
}

/* Pairs: 1, 1.5, 13.67, 2, 20, 38 (one outlier does not matter). */
static void slope_by_hand(void **state)
{
	const double x[] = { 0, 1, 2, 3 }, y[] = { 0, 1, 3, 41 };
	const double same_x[] = { 5, 5, 5 };
	double slope;

	(void)state;
	assert_int_equal(stats_theil_sen(x, y, 4, &slope), 0);
	assert_near(slope, (2 + 41 / 3.0) / 2);
	assert_int_equal(stats_theil_sen(x, y, 3, &slope), 0);
	assert_near(slope, 1.5);
	assert_int_equal(stats_theil_sen(same_x, y, 3, &slope), 0);
	assert_true(isnan(slope));
	assert_int_equal(stats_theil_sen(x, y, 1, &slope), 0);
	assert_true(isnan(slope));
	assert_int_equal(stats_theil_sen(NULL, NULL, 0, &slope), 0);
	assert_true(isnan(slope));
}

/* Five that ascend: S 10, variance 5*4*15/18; one pair of them equal: S 9,
 * and 2*1*9/18 less. */
static void score_by_hand(void **state)
{
	const double up[] = { 1, 2, 3, 4, 5 }, tied[] = { 1, 2, 2, 4, 5 };
	const double down[] = { 5, 4, 3, 2, 1 }, flat[] = { 3, 3, 3 };
	double score;

	(void)state;
	assert_int_equal(stats_mann_kendall(up, 5, &score), 0);
	assert_near(score, 9 / sqrt(300.0 / 18));
	assert_int_equal(stats_mann_kendall(down, 5, &score), 0);
	assert_near(score, -9 / sqrt(300.0 / 18));
	assert_int_equal(stats_mann_kendall(tied, 5, &score), 0);
	assert_near(score, 8 / sqrt(282.0 / 18));
	assert_int_equal(stats_mann_kendall(flat, 3, &score), 0);
	assert_near(score, 0);
	assert_int_equal(stats_mann_kendall(up, 1, &score), 0);
	assert_near(score, 0);
	assert_int_equal(stats_mann_kendall(NULL, 0, &score), 0);
	assert_near(score, 0);
}

static double number(const char *text)
{
	double value = NAN;

	assert_int_equal(csv_get_real(text, &value), 0);
	return value;
}

static int check_case(void *context, char *const *fields, unsigned long line)
{
	double x[400], y[400], slope, score;
	size_t count = 0;
	char *rest = NULL;

	(void)line;
	for (char *word = strtok_r(fields[0], ";", &rest); word;
	     word = strtok_r(NULL, ";", &rest)) {
		x[count] = (double)count;
		y[count++] = number(word);
	}
	assert_int_equal(stats_theil_sen(x, y, count, &slope), 0);
	assert_near(slope, number(fields[1]));
	assert_int_equal(stats_mann_kendall(y, count, &score), 0);
	assert_near(score, number(fields[2]));
	++*(int *)context;
	return 0;
}

static void same_as_scipy(void **state)
{
	const char *const columns[] = { "values", "theil_sen", "mann_kendall" };
	FILE *golden = fopen("tests/data/golden/slopes.csv", "re");
	struct failure why = { 0 };
	int cases = 0;

	(void)state;
	assert_non_null(golden);
	assert_int_equal(
		csv_read(golden,
			 &(struct csv_reading){ .columns = columns,
						.column_count = COUNT(columns),
						.row = check_case,
						.context = &cases,
						.why = &why }),
		0);
	assert_string_equal(why.what, "");
	assert_int_equal(cases, 18);
	fclose(golden);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slope_by_hand),
		cmocka_unit_test(score_by_hand),
		cmocka_unit_test(same_as_scipy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
