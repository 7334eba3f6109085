/* SPDX-License-Identifier: MIT */
/*
 * Statistics against hand-worked numbers and against scipy's.
 *
 * The golden file is made and checked by stats_scipy.py.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

static void quantiles_by_hand(void **state)
{
	const double four[] = { 10, 20, 30, 50 };

	(void)state;
	/* Position p * 3: 0.75 -> 10 + 0.75 * 10; 2.85 -> 30 + 0.85 * 20. */
	assert_near(stats_quantile(four, 4, 0), 10);
	assert_near(stats_quantile(four, 4, 0.25), 17.5);
	assert_near(stats_median(four, 4), 25);
	assert_near(stats_quantile(four, 4, 0.95), 47);
	assert_near(stats_quantile(four, 4, 1), 50);
	assert_near(stats_median(four, 3), 20);
	assert_near(stats_median(four, 1), 10);
	assert_near(stats_mean(four, 4), 27.5);
}

static void nothing_is_nan(void **state)
{
	(void)state;
	assert_true(isnan(stats_median(NULL, 0)));
	assert_true(isnan(stats_median_of(NULL, 0)));
	assert_true(isnan(stats_mean(NULL, 0)));
	assert_true(isnan(stats_spread(NULL, 0, 0.25)));
	assert_true(isnan(stats_median_interval(NULL, 0).lo));
	stats_sort(NULL, 0);
}

static void median_sorts(void **state)
{
	double values[] = { 9, -1, 4, 1e15, 4 };
	const double sorted[] = { -1, 4, 4, 9, 1e15 };

	(void)state;
	assert_near(stats_median_of(values, 5), 4);
	assert_memory_equal(values, sorted, sizeof sorted);
}

static void spread_by_hand(void **state)
{
	const double five[] = { 80, 90, 100, 120, 160 };

	(void)state;
	assert_near(stats_spread(five, 5, 0.25), 0.3);
	assert_near(stats_spread(five, 5, 0), 0.8);
}

/* 1 - 2/2^5 = 93.8 %, 1 - 2/2^6 = 96.9 %; 8: 1 - 18/256 = 93.0 %, so still
 * the extremes; 9: 1 - 20/512 = 96.1 %, one rank inwards. The ranks for
 * larger counts are those of common tables of the sign test. */
static void interval_ranks(void **state)
{
	const struct {
		size_t count, lo, hi;
	} known[] = { { 6, 1, 6 },   { 7, 1, 7 },    { 8, 1, 8 },
		      { 9, 2, 8 },   { 10, 2, 9 },   { 12, 3, 10 },
		      { 20, 6, 15 }, { 50, 18, 33 }, { 100, 40, 61 } };
	double ranks[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		ranks[i] = i + 1;
	assert_true(isnan(stats_median_interval(ranks, 5).lo));
	assert_true(isnan(stats_median_interval(ranks, 5).hi));
	for (size_t i = 0; i < COUNT(known); i++) {
		struct stats_interval interval =
			stats_median_interval(ranks, known[i].count);

		assert_near(interval.lo, (double)known[i].lo);
		assert_near(interval.hi, (double)known[i].hi);
	}
}

/* 2^-5000 is no double; the normal approximation gives 2500 -+ 69. */
static void interval_of_many(void **state)
{
	static double ranks[5000];
	struct stats_interval interval;

	(void)state;
	for (int i = 0; i < 5000; i++)
		ranks[i] = i + 1;
	interval = stats_median_interval(ranks, 5000);
	assert_true(fabs(interval.lo - 2431) <= 1);
	assert_near(interval.lo + interval.hi, 5001);
}

static double number(const char *text)
{
	double value = NAN;

	assert_int_equal(csv_get_real(text, &value), 0);
	return value;
}

static void assert_same(double is, double should)
{
	if (isnan(should))
		assert_true(isnan(is));
	else
		assert_near(is, should);
}

static int check_case(void *context, char *const *fields, unsigned long line)
{
	const double p[] = { 0.05, 0.25, 0.5, 0.75, 0.95, 0.99 };
	struct stats_interval interval;
	double values[400];
	size_t count = 0;
	char *rest = NULL;

	(void)line;
	for (char *word = strtok_r(fields[0], ";", &rest); word;
	     word = strtok_r(NULL, ";", &rest))
		values[count++] = number(word);
	stats_sort(values, count);
	for (size_t i = 0; i < COUNT(p); i++)
		assert_same(stats_quantile(values, count, p[i]),
			    number(fields[i + 1]));
	assert_same(stats_mean(values, count), number(fields[7]));
	assert_same(stats_spread(values, count, 0.25), number(fields[8]));
	interval = stats_median_interval(values, count);
	assert_same(interval.lo, number(fields[9]));
	assert_same(interval.hi, number(fields[10]));
	++*(int *)context;
	return 0;
}

static void same_as_scipy(void **state)
{
	const char *const columns[] = { "values", "p5",	  "p25",
					"p50",	  "p75",  "p95",
					"p99",	  "mean", "iqr_over_median",
					"lo",	  "hi" };
	FILE *golden = fopen("tests/data/golden/stats.csv", "re");
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
	assert_int_equal(cases, 19);
	fclose(golden);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_by_hand),
		cmocka_unit_test(nothing_is_nan),
		cmocka_unit_test(median_sorts),
		cmocka_unit_test(spread_by_hand),
		cmocka_unit_test(interval_ranks),
		cmocka_unit_test(interval_of_many),
		cmocka_unit_test(same_as_scipy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
