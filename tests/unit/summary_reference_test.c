/* SPDX-License-Identifier: MIT */
/*
 * What the reference says about the machine, and in which words.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/judge/summary.h"

static void assert_near(double is, double should)
{
	assert_true(fabs(is - should) <= 1e-9 * fmax(1, fabs(should)));
}

static struct reference_quality quality_of(const struct sample *samples,
					   size_t count)
{
	struct reference_quality quality;

	assert_int_equal(reference_quality(samples, count, &quality), 0);
	return quality;
}

static void reference_by_block(void **state)
{
	struct reference_quality quality;
	struct sample samples[42];
	int count = 0;

	(void)state;
	/* 21 blocks, 100 to 120; two samples each must not count twice. */
	for (int i = 0; i < 21; i++)
		for (int twice = 0; twice < 2; twice++) {
			samples[count++] = (struct sample){
				.cell_id = i,
				.parent = i / 3,
				.block = i % 3,
				.ref_ns = 100 + i,
			};
		}
	quality = quality_of(samples, 42);
	assert_int_equal(quality.blocks, 21);
	assert_near(quality.median_ns, 110);
	/* p5 is 101, p95 is 119. */
	assert_near(quality.spread, 18.0 / 110);
}

static void assert_verdict(double spread, enum reference_verdict verdict,
			   const char *sentence)
{
	const struct reference_quality quality = { 10, 100, spread };
	char text[160];

	assert_int_equal(reference_verdict(&quality, text, sizeof text),
			 verdict);
	assert_string_equal(text, sentence);
}

static void verdicts(void **state)
{
	const struct reference_quality none = quality_of(NULL, 0);
	char text[160];

	(void)state;
	assert_verdict(0.03, REFERENCE_GOOD,
		       "The reference spread by 3 %: good.");
	assert_verdict(0.18, REFERENCE_FAIR,
		       "The reference spread by 18 %: fair; for smaller "
		       "differences compare ref_ratio, not times.");
	assert_verdict(0.40, REFERENCE_POOR,
		       "The reference spread by 40 %: do not trust "
		       "differences below that; close other programs and run "
		       "again.");
	assert_int_equal(none.blocks, 0);
	assert_int_equal(reference_verdict(&none, text, sizeof text),
			 REFERENCE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_by_block),
		cmocka_unit_test(verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
