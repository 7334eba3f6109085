/* SPDX-License-Identifier: MIT */
/*
 * What a run says of itself, and in which words.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench/judge/quality.h"

#define PARENTS 21
#define CELLS 3
#define SAMPLES (CELLS * PARENTS)

static void assert_near(double is, double should)
{
	assert_true(fabs(is - should) <= 1e-3 * should);
}

/* Two equal cells and one of a strategy that copies page tables. */
static const struct summary cells[CELLS] = {
	{ .cell = { .id = 0,
		    .strategy = "vfork",
		    .backing = "base",
		    .cpu = "same" } },
	{ .cell = { .id = 1,
		    .strategy = "vfork",
		    .heap_bytes = 4096,
		    .backing = "base",
		    .cpu = "same" } },
	{ .cell = { .id = 2,
		    .strategy = "fork",
		    .heap_bytes = 4096,
		    .copies_page_tables = 1,
		    .backing = "base",
		    .cpu = "same" } },
};

static struct sample sample_of(int cell_id, int parent, int64_t reap_ns,
			       int64_t ref_ns)
{
	return (struct sample){ .cell_id = cell_id,
				.parent = parent,
				.block = cell_id,
				.ns = { -1, -1, -1, reap_ns, -1 },
				.ref_ns = ref_ns };
}

/* Parents that differ by step each; the second cell is apart ns slower. */
static void make_samples(struct sample *samples, int64_t step, int64_t apart)
{
	for (int parent = 0; parent < PARENTS; parent++) {
		const int64_t ns = 10000 + step * parent;

		*samples++ = sample_of(0, parent, ns, 500);
		*samples++ = sample_of(1, parent, ns + apart, 500);
		*samples++ = sample_of(2, parent, 10 * ns, 500);
	}
}

static struct quality quality_of(const struct sample *samples, size_t count)
{
	struct result result;

	const struct samples taken = {
		.cells = { .rows = (struct summary *)cells, .count = CELLS },
		.list = (struct sample *)samples,
		.count = count,
	};

	assert_int_equal(result_sum(&result, &taken), 0);
	free(result.rows);
	return result.quality;
}

static void reference_by_block(void **state)
{
	struct quality quality;
	struct sample samples[42];
	int count = 0;

	(void)state;
	/* 21 blocks, 100 to 120; two samples each must not count twice. */
	for (int i = 0; i < 21; i++)
		for (int twice = 0; twice < 2; twice++) {
			samples[count] = sample_of(0, i / 3, 5, 100 + i);
			samples[count++].block = i % 3;
		}
	quality = quality_of(samples, 42);
	/* p5 is 101, p95 is 119. */
	assert_near(quality.reference_spread, 18.0 / 110);
	/* 1.1 times 102, the 10 % quantile, is 112.2. */
	assert_near(quality.undisturbed, 13.0 / 21);
}

static void exact_run(void **state)
{
	struct sample samples[SAMPLES];
	struct quality quality;

	(void)state;
	make_samples(samples, 10, 200);
	quality = quality_of(samples, SAMPLES);
	/* The median of 21 is 10,100; its interval is ranks 6 and 16. */
	assert_near(quality.equal_apart, 200.0 / 10100);
	assert_near(quality.told, 200.0 / 10100);
	assert_near(quality.told_copying, M_SQRT2 * 50 / 10100);
	assert_string_equal(quality.verdict,
			    "Equal cells agree within 2.0 %. Differences of "
			    "2.0 % can be told, of 0.7 % where page tables are "
			    "copied.");
}

static void useless_run(void **state)
{
	struct sample samples[SAMPLES];

	(void)state;
	make_samples(samples, 10, 3000);
	assert_string_equal(quality_of(samples, SAMPLES).verdict,
			    "Equal cells agree within 30 %. Trust no "
			    "difference below 30 %: so much do cells vary by "
			    "themselves; give more time with --budget.");
	for (int i = 0; i < SAMPLES / 3; i++)
		samples[i].ref_ns = 900;
	assert_string_equal(quality_of(samples, SAMPLES).verdict,
			    "Equal cells agree within 30 %. Trust no "
			    "difference below 30 %: other programs disturbed "
			    "33 % of the blocks; close them, or give more time "
			    "with --budget.");
}

/* The median of three, of which one is not known, is known. */
static void usual_of_three(void **state)
{
	struct summary rows[5] = { 0 };
	struct quality quality;

	(void)state;
	/* In any order, with other times between. */
	for (int i = 0; i < 5; i++)
		rows[i] = (struct summary){
			.cell = cells[0].cell,
			.time = i % 2 ? TIME_RETURN : TIME_REAP,
			.ok = 9,
			.quiet_ns = i % 2 ? 9 : 1000,
			.quiet_lo_ns = i == 4 ? NAN : 1000 - 5 * i,
			.quiet_hi_ns = i == 4 ? NAN : 1000 + 5 * i,
		};
	assert_int_equal(quality_of_rows(&quality, rows, 5), 0);
	assert_near(quality.told, M_SQRT2 * 10 / 1000);
	assert_true(quality.equal_apart == 0);
}

static void nothing_to_judge_by(void **state)
{
	struct summary only = cells[0];
	struct sample samples[SAMPLES];
	const struct samples taken = {
		.cells = { .rows = &only, .count = 1 },
		.list = samples,
		.count = SAMPLES,
	};
	struct result result;

	(void)state;
	only.cell.baseline = 1;
	make_samples(samples, 10, 100);
	assert_int_equal(result_sum(&result, &taken), 0);
	free(result.rows);
	assert_string_equal(result.quality.verdict,
			    "Nothing was measured that a run is judged by: add "
			    "a strategy that works and is no baseline.");
}

static void unsure_run(void **state)
{
	struct sample samples[SAMPLES];

	(void)state;
	make_samples(samples, 10, 100);
	for (int i = 2; i < SAMPLES - 5 * CELLS; i += CELLS)
		samples[i].ns[TIME_REAP] *= 9;
	assert_string_equal(quality_of(samples, SAMPLES).verdict,
			    "Equal cells agree within 1.0 %. Differences of "
			    "1.0 % can be told. 1 cell was disturbed nearly "
			    "all the time and has no interval.");
	assert_string_equal(
		quality_of(samples, 5 * CELLS).verdict,
		"Equal cells agree within 1.0 %. How exact the cells are is "
		"not known, for fewer than 6 processes a cell were "
		"undisturbed: run it again, or give more time with --budget.");
	assert_string_equal(quality_of(NULL, 0).verdict,
			    "The reference was not measured, so a slow machine "
			    "looks like a slow strategy: run again.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_by_block),
		cmocka_unit_test(exact_run),
		cmocka_unit_test(useless_run),
		cmocka_unit_test(usual_of_three),
		cmocka_unit_test(nothing_to_judge_by),
		cmocka_unit_test(unsure_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
