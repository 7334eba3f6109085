/* SPDX-License-Identifier: MIT */
/*
 * From samples to cells, against numbers worked by hand.
 */

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/judge/summary.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_near(double is, double should)
{
	assert_true(fabs(is - should) <= 1e-9 * fmax(1, fabs(should)));
}

/* A good sample whose reap is given and whose other times are not known. */
static struct sample reap(int cell_id, int parent, int64_t reap_ns,
			  int64_t ref_ns)
{
	return (struct sample){ .cell_id = cell_id,
				.parent = parent,
				.ns = { -1, -1, -1, reap_ns, -1 },
				.ref_ns = ref_ns };
}

static struct sample failed(int cell_id, int parent, int error)
{
	return (struct sample){ .cell_id = cell_id,
				.parent = parent,
				.error = error,
				.ns = { -1, -1, -1, -1, -1 },
				.ref_ns = 50 };
}

static int sum(const struct summary *planned, size_t cell_count,
	       const struct sample *samples, size_t sample_count,
	       struct summary *rows)
{
	struct scales scales;
	const int error = scales_make(&scales, samples, sample_count);

	if (error)
		return error;
	summarise(planned, cell_count, &scales, rows);
	scales_release(&scales);
	return 0;
}

/* What was planned. */
static const struct summary cells[] = {
	{ .cell = { .id = 3,
		    .strategy = "a",
		    .backing = "base",
		    .cpu = "same" },
	  .predicted = OUTCOME_UNKNOWN,
	  .commit_bytes = -1 },
	{ .cell = { .id = 5,
		    .strategy = "b",
		    .backing = "base",
		    .cpu = "same" },
	  .predicted = ENOMEM,
	  .commit_bytes = 7 },
};

/* Six parents with medians 100 to 140 and, on a machine that was ten times
 * slower for a while, 1000. */
static void median_over_parents(void **state)
{
	const int64_t medians[] = { 130, 100, 1000, 120, 110, 140 };
	struct summary rows[2 * TIME_COUNT], *row = &rows[TIME_REAP];
	struct sample samples[24];
	size_t count = 0;

	(void)state;
	for (int parent = 0; parent < 6; parent++) {
		int64_t ns = medians[parent], ref_ns = ns == 1000 ? 500 : 50;

		samples[count++] = reap(3, parent, ns + 30, ref_ns);
		samples[count++] = reap(3, parent, 1000000, ref_ns);
		samples[count - 1].warmup = true;
		samples[count++] = reap(3, parent, ns - 10, ref_ns);
		samples[count++] = reap(3, parent, ns, ref_ns);
	}
	assert_int_equal(sum(cells, 2, samples, count, rows), 0);
	assert_int_equal(row->cell.id, 3);
	assert_int_equal(row->time, TIME_REAP);
	assert_int_equal(row->parents, 6);
	assert_int_equal(row->ok, 18);
	assert_int_equal(row->failed, 0);
	assert_near(row->p50_ns, 125);
	assert_near(row->p50_lo_ns, 100);
	assert_near(row->p50_hi_ns, 1000);
	/* 2.0 2.0 2.2 2.4 2.6 2.8: the slow phase is gone. */
	assert_near(row->ref_ratio, 2.3);
	assert_near(row->min_ns, 90);
	assert_near(row->max_ns, 1030);
	/* Sum 3 * 1600 + 6 * 20; position 0.05 * 17 = 0.85 of 90, 100. */
	assert_near(row->mean_ns, 4920.0 / 18);
	assert_near(row->p5_ns, 98.5);
	/* Position 16.15 of 18: 1000 + 0.15 * 30. */
	assert_near(row->p95_ns, 1004.5);
	assert_true(isnan(row->p99_ns) && isnan(row->p999_ns));
	assert_int_equal(row->observed, 0);
	assert_int_equal(row->predicted, OUTCOME_UNKNOWN);
	assert_true(row->commit_bytes == -1);
}

static void few_parents_give_no_interval(void **state)
{
	struct summary rows[TIME_COUNT], *row = &rows[TIME_REAP];
	struct sample samples[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		samples[i] = reap(3, i, 100 + i, 50);
	assert_int_equal(sum(cells, 1, samples, 5, rows), 0);
	assert_near(row->p50_ns, 102);
	assert_true(isnan(row->p50_lo_ns) && isnan(row->p50_hi_ns));
}

/* The 10 % quantile of 11 samples is the second: 1,001 to 1,011 in quiet
 * parents; ten more are in a slow phase, which their references do not feel. */
static void quiet_estimate(void **state)
{
	struct summary rows[TIME_COUNT], *row = &rows[TIME_REAP];
	struct sample samples[21 * 11];
	size_t count = 0;

	(void)state;
	for (int parent = 0; parent < 21; parent++)
		for (int i = 0; i < 11; i++)
			samples[count++] = reap(3, parent,
						1000 + parent + i * i * i +
							(parent > 10) * 9000,
						50);
	assert_int_equal(sum(cells, 1, samples, count, rows), 0);
	assert_near(row->quiet_ns, 1006);
	assert_near(row->quiet_share, 11.0 / 21);
	/* Ranks 2 and 10 of 11. */
	assert_near(row->quiet_lo_ns, 1002);
	assert_near(row->quiet_hi_ns, 1010);
	assert_near(summary_precision(row), 4.0 / 1006);
	/* The reference of five parents more says that they were disturbed. */
	for (int i = 0; i < 5 * 11; i++)
		samples[i].ref_ns = 56;
	assert_int_equal(sum(cells, 1, samples, count, rows), 0);
	assert_near(row->quiet_ns, 1008.5);
	assert_near(row->quiet_lo_ns, 1006);
	assert_near(row->quiet_hi_ns, 1011);
	/* ... and that of a block after the cell's. */
	samples[5 * 11].block = 1;
	samples[5 * 11].ref_ns = 56;
	assert_int_equal(sum(cells, 1, samples, count, rows), 0);
	assert_near(row->quiet_ns, 1009);
	assert_true(isnan(row->quiet_lo_ns) && isnan(row->quiet_hi_ns));
	assert_true(isinf(summary_precision(row)));
}

/* All that there is counts where nothing was undisturbed. */
static void nothing_is_quiet(void **state)
{
	struct summary rows[2 * TIME_COUNT];
	struct sample samples[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		samples[i] = reap(i < 10 ? 3 : 5, i, 100, i < 10 ? 50 : 80);
	assert_int_equal(sum(cells, 2, samples, 20, rows), 0);
	assert_near(rows[TIME_REAP].quiet_ns, 100);
	assert_near(rows[TIME_COUNT + TIME_REAP].quiet_ns, 100);
}

/* b takes twice as long as a in each parent, though every other one is slow;
 * the last one has no a. */
static void ranked_inside_parents(void **state)
{
	struct summary rows[2 * TIME_COUNT];
	struct sample samples[26];
	size_t count = 0;

	(void)state;
	for (int parent = 0; parent < 13; parent++) {
		const int64_t ns = parent % 2 ? 7000 : 100 + parent / 2;

		if (parent != 12)
			samples[count++] = reap(3, parent, ns, 50);
		samples[count++] = reap(5, parent, 2 * ns, 50);
	}
	assert_int_equal(sum(cells, 2, samples, count, rows), 0);
	assert_near(rows[TIME_REAP].over_best, 1);
	assert_near(rows[TIME_COUNT + TIME_REAP].over_best, 2);
	assert_near(rows[TIME_COUNT + TIME_REAP].over_best_lo, 2);
	assert_near(rows[TIME_COUNT + TIME_REAP].over_best_hi, 2);
	assert_true(isnan(rows[TIME_RETURN].over_best));
}

/* A parent with many samples weighs no more than one with few. */
static void parents_weigh_alike(void **state)
{
	struct summary rows[TIME_COUNT];
	struct sample samples[102];

	(void)state;
	for (int i = 0; i < 100; i++)
		samples[i] = reap(3, 0, 1000, 50);
	samples[100] = reap(3, 1, 10, 50);
	samples[101] = reap(3, 2, 20, 50);
	assert_int_equal(sum(cells, 1, samples, 102, rows), 0);
	assert_near(rows[TIME_REAP].p50_ns, 20);
}

static void times_are_apart(void **state)
{
	struct summary rows[2 * TIME_COUNT];
	const struct sample samples[] = {
		{ .cell_id = 5, .ns = { 1, 2, -1, 4, 5 }, .ref_ns = 2 },
		{ .cell_id = 5, .ns = { 3, 4, -1, 6, 7 }, .ref_ns = 2 },
		{ .cell_id = 99, .ns = { 9, 9, 9, 9, 9 }, .ref_ns = 2 },
	};
	const double means[] = { 2, 3, NAN, 5, 6 };

	(void)state;
	assert_int_equal(sum(cells, 2, samples, 3, rows), 0);
	for (int time = 0; time < TIME_COUNT; time++) {
		struct summary *row = &rows[TIME_COUNT + time];

		assert_int_equal(row->cell.id, 5);
		assert_int_equal(row->time, time);
		assert_int_equal(row->ok, 2);
		assert_int_equal(rows[time].ok, 0);
		if (time == TIME_START) {
			assert_true(isnan(row->mean_ns));
			assert_true(isnan(row->p50_ns));
			assert_true(isnan(row->ref_ratio));
			continue;
		}
		assert_near(row->mean_ns, means[time]);
		assert_near(row->ref_ratio, means[time] / 2);
	}
}

static void failures_are_counted(void **state)
{
	struct summary rows[TIME_COUNT], *row = &rows[TIME_REAP];
	struct sample samples[] = {
		reap(3, 0, 100, 50),  failed(3, 0, EAGAIN),
		failed(3, 1, ENOMEM), failed(3, 1, ENOMEM),
		failed(3, 2, ENOMEM), failed(3, 2, EPERM),
	};

	(void)state;
	samples[4].warmup = true;
	assert_int_equal(sum(cells, 1, samples, 6, rows), 0);
	assert_int_equal(row->ok, 1);
	assert_int_equal(row->failed, 5);
	assert_int_equal(row->parents, 1);
	assert_int_equal(row->error, ENOMEM);
	/* Equally frequent ones by their number: EPERM is 1. */
	assert_string_equal(row->errnos, "ENOMEM:3;EPERM:1;EAGAIN:1");
	assert_int_equal(row->observed, ENOMEM);
	assert_near(row->p50_ns, 100);
}

static void errnos_are_never_cut(void **state)
{
	struct summary rows[TIME_COUNT];
	struct sample samples[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		samples[i] = failed(3, 0, EAFNOSUPPORT - i % 10);
	assert_int_equal(sum(cells, 1, samples, 20, rows), 0);
	assert_int_equal(rows[0].failed, 20);
	/* 63 characters, all there is room for; five more are left out. */
	assert_string_equal(rows[0].errnos, "ENOTSOCK:2;EDESTADDRREQ:2;"
					    "EMSGSIZE:2;EPROTOTYPE:2;"
					    "ENOPROTOOPT:2");
}

static void what_did_not_run_is_unknown(void **state)
{
	struct summary rows[2 * TIME_COUNT];
	struct sample warm = reap(3, 0, 100, 50);

	(void)state;
	warm.warmup = true;
	assert_int_equal(sum(cells, 2, &warm, 1, rows), 0);
	for (int i = 0; i < 2 * TIME_COUNT; i++) {
		assert_int_equal(rows[i].observed, OUTCOME_UNKNOWN);
		assert_int_equal(rows[i].ok, 0);
		assert_string_equal(rows[i].errnos, "");
		assert_true(isnan(rows[i].p50_ns) && isnan(rows[i].max_ns));
	}
	assert_int_equal(sum(cells, 2, NULL, 0, rows), 0);
	assert_int_equal(rows[0].observed, OUTCOME_UNKNOWN);
}

static void tails_need_samples(void **state)
{
	const struct {
		size_t count;
		bool p99, p999;
	} known[] = { { 999, false, false },
		      { 1000, true, false },
		      { 9999, true, false },
		      { 10000, true, true } };
	struct sample *samples = calloc(10000, sizeof *samples);
	struct summary rows[TIME_COUNT], *row = &rows[TIME_REAP];

	(void)state;
	for (int i = 0; i < 10000; i++)
		samples[i] = reap(3, i % 6, i + 1, 50);
	for (size_t i = 0; i < COUNT(known); i++) {
		assert_int_equal(sum(cells, 1, samples, known[i].count, rows),
				 0);
		assert_int_equal(!isnan(row->p99_ns), known[i].p99);
		assert_int_equal(!isnan(row->p999_ns), known[i].p999);
	}
	/* 1 + 0.99 * 9999, 1 + 0.999 * 9999. */
	assert_near(row->p99_ns, 9900.01);
	assert_near(row->p999_ns, 9990.001);
	free(samples);
}

static void reference_needs_no_ratio(void **state)
{
	struct summary rows[TIME_COUNT];
	const struct sample sample = reap(3, 0, 100, TIME_UNKNOWN);

	(void)state;
	assert_int_equal(sum(cells, 1, &sample, 1, rows), 0);
	assert_true(isnan(rows[TIME_REAP].ref_ratio));
	assert_near(rows[TIME_REAP].p50_ns, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(median_over_parents),
		cmocka_unit_test(few_parents_give_no_interval),
		cmocka_unit_test(quiet_estimate),
		cmocka_unit_test(nothing_is_quiet),
		cmocka_unit_test(ranked_inside_parents),
		cmocka_unit_test(parents_weigh_alike),
		cmocka_unit_test(times_are_apart),
		cmocka_unit_test(failures_are_counted),
		cmocka_unit_test(errnos_are_never_cut),
		cmocka_unit_test(what_did_not_run_is_unknown),
		cmocka_unit_test(tails_need_samples),
		cmocka_unit_test(reference_needs_no_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
