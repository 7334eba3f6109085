/* SPDX-License-Identifier: MIT */
/*
 * Readings of series: made by hand, with noise, and at the borders of the rule
 * in trend.h.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/watch/trend.h"

#define MIB (1024.0 * 1024)
#define FEW 60
#define MANY 300

/* Numerical Recipes' generator: the same noise on every machine. */
static uint32_t seed;

static double noise(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed / 4294967296.0 - 0.5;
}

/* The value at a part, 0 to 1, of the series, in MiB. */
typedef double shape(double part);

static struct trend judge(shape *at, size_t count, double noise_mib)
{
	static struct trend_series series;
	struct trend trend;

	seed = 7;
	memset(&series, 0, sizeof series);
	for (size_t i = 0; i < count; i++) {
		const double mib =
			at((double)i / (double)count) + noise_mib * noise();

		trend_add(&series, (double)i, mib * MIB, 0);
	}
	assert_int_equal(trend_judge(&series, &trend), 0);
	return trend;
}

static void assert_verdict(shape *at, size_t count, double noise_mib,
			   enum trend_verdict verdict)
{
	const struct trend trend = judge(at, count, noise_mib);

	if (trend.verdict != verdict)
		fail_msg("%zu points, noise %g MiB: %s instead of %s", count,
			 noise_mib, trend_names[trend.verdict],
			 trend_names[verdict]);
	assert_true(verdict == TREND_TOO_SHORT
			    ? trend.bytes_per_hour == BYTES_UNKNOWN
			    : (trend.bytes_per_hour > 0) ==
				      (verdict == TREND_GROWING));
}

static double flat(double part)
{
	(void)part;
	return 100;
}

static double linear(double part)
{
	return 100 + 60 * part;
}

static double slow(double part)
{
	return 100 + 0.5 * part;
}

static double tooth(double part, double count)
{
	return fmod(part * count, 1);
}

static double teeth(double part)
{
	return 100 + 50 * tooth(part + 0.03, 8);
}

static double long_teeth(double part)
{
	return 100 + 50 * tooth(part + 0.05, 2.5);
}

static double low_teeth(double part)
{
	return 100 + 5 * tooth(part, 8);
}

static double climbing_teeth(double part)
{
	return 100 + 40 * part + 20 * tooth(part, 20);
}

static double few_climbing_teeth(double part)
{
	return 100 + 40 * part + 50 * tooth(part, 6);
}

static double startup(double part)
{
	return part < 0.2 ? 10 + 450 * part : 100;
}

static double late_step(double part)
{
	return part < 0.7 ? 50 : 100;
}

static double early_step(double part)
{
	return part < 0.4 ? 50 : 100;
}

static double settling(double part)
{
	return 10 + 90 * (1 - exp(-part / 0.3));
}

static double startup_and_leak(double part)
{
	return part < 0.2 ? 10 + 450 * part : 100 + 30 * (part - 0.2);
}

static double ramp_after_fall(double part)
{
	return 50 + 60 * tooth(part + 0.7, 1);
}

static double released(double part)
{
	return part < 0.4 ? 100 : 30;
}

static double falling(double part)
{
	return 100 - 60 * part;
}

static double hump(double part)
{
	return part > 0.6 && part < 0.8 ? 100 : 50;
}

static double few_steps(double part)
{
	return 50 + 10 * floor(part * 3);
}

static double many_steps(double part)
{
	return 50 + 10 * floor(part * 16);
}

/* A spike at the start, and a leak that never comes near it. */
static double spike_and_leak(double part)
{
	return part < 0.05 ? 240 : 13 + 10 * part;
}

static double spike_and_step(double part)
{
	return part > 0.1 && part < 0.2 ? 240 : part < 0.3 ? 13 : 30;
}

static double spike(double part)
{
	return part > 0.1 && part < 0.2 ? 240 : 13;
}

static double nothing(double part)
{
	(void)part;
	return 0;
}

static void too_short(void **state)
{
	(void)state;
	assert_verdict(linear, 0, 0, TREND_TOO_SHORT);
	assert_verdict(linear, 1, 0, TREND_TOO_SHORT);
	assert_verdict(linear, TREND_POINTS_MIN - 1, 0, TREND_TOO_SHORT);
	assert_verdict(linear, TREND_POINTS_MIN, 0, TREND_GROWING);
}

static void what_stays_is_flat(void **state)
{
	(void)state;
	assert_verdict(flat, TREND_POINTS_MIN, 0, TREND_FLAT);
	assert_verdict(flat, FEW, 0.01, TREND_FLAT);
	assert_verdict(flat, MANY, 2, TREND_FLAT);
	assert_verdict(nothing, FEW, 0, TREND_FLAT);
	assert_verdict(low_teeth, FEW, 0, TREND_FLAT);
	/* Less than a thousandth of the peak in the second half. */
	assert_verdict(slow, FEW, 0, TREND_GROWING);
	assert_verdict(slow, FEW, 3, TREND_FLAT);
}

static void what_rises_steadily_grows(void **state)
{
	(void)state;
	assert_verdict(linear, FEW, 0, TREND_GROWING);
	assert_verdict(linear, FEW, 2, TREND_GROWING);
	assert_verdict(linear, MANY, 8, TREND_GROWING);
	assert_verdict(startup_and_leak, FEW, 0.5, TREND_GROWING);
	assert_verdict(many_steps, MANY, 0, TREND_GROWING);
}

/* Growth is as steady when a busy machine delays a part of the readings, and
 * when the process grows by the reading. In the judged half they come at every
 * fifth second for a while. */
static void late_readings_are_no_pause(void **state)
{
	(void)state;
	for (int by_reading = 0; by_reading < 2; by_reading++) {
		static struct trend_series series;
		double time_s = 0, bytes = 100 * MIB;
		struct trend trend;

		memset(&series, 0, sizeof series);
		for (int i = 0; i < FEW; i++) {
			const int step_s = i > 40 && i < 52 ? 5 : 1;

			time_s += step_s;
			bytes += MIB * (by_reading ? 1 : step_s) / 5;
			trend_add(&series, time_s, bytes, 0);
		}
		assert_int_equal(trend_judge(&series, &trend), 0);
		assert_int_equal(trend.verdict, TREND_GROWING);
		assert_true(by_reading ||
			    fabs(trend.bytes_per_hour - 720 * MIB) < MIB);
	}
}

static void rising_troughs_grow(void **state)
{
	(void)state;
	assert_verdict(climbing_teeth, FEW, 0, TREND_GROWING);
	assert_verdict(climbing_teeth, MANY, 1, TREND_GROWING);
	assert_verdict(linear, MANY, 30, TREND_GROWING);
}

static void what_rises_and_falls_is_normal(void **state)
{
	(void)state;
	assert_verdict(teeth, FEW, 0, TREND_SAWTOOTH);
	assert_verdict(teeth, MANY, 3, TREND_SAWTOOTH);
	assert_verdict(long_teeth, FEW, 0, TREND_SAWTOOTH);
	assert_verdict(flat, MANY, 60, TREND_SAWTOOTH);
	/* Too few teeth to tell a leak from chance. */
	assert_verdict(few_climbing_teeth, FEW, 0, TREND_SAWTOOTH);
}

static void a_jump_and_then_flat_is_startup(void **state)
{
	(void)state;
	assert_verdict(startup, TREND_POINTS_MIN, 0, TREND_STARTUP);
	assert_verdict(startup, MANY, 2, TREND_STARTUP);
	assert_verdict(early_step, FEW, 0.1, TREND_STARTUP);
}

static void what_is_given_back_falls(void **state)
{
	(void)state;
	assert_verdict(released, FEW, 1, TREND_FALLING);
	assert_verdict(falling, FEW, 1, TREND_FALLING);
}

/* A step that was just taken, growth that slows down, a hump, and a ramp that
 * has not yet reached what was there before: none has a name. */
static void the_rest_is_unclear(void **state)
{
	(void)state;
	assert_verdict(late_step, FEW, 0, TREND_UNCLEAR);
	assert_verdict(settling, FEW, 0, TREND_UNCLEAR);
	assert_verdict(hump, FEW, 0, TREND_UNCLEAR);
	assert_verdict(few_steps, FEW, 0, TREND_UNCLEAR);
	assert_verdict(ramp_after_fall, FEW, 0, TREND_UNCLEAR);
}

/* What the series was once, and is no more, hides nothing. */
static void a_peak_that_has_passed_plays_no_part(void **state)
{
	(void)state;
	assert_verdict(spike_and_leak, FEW, 0, TREND_UNCLEAR);
	assert_verdict(spike_and_leak, MANY, 0.2, TREND_UNCLEAR);
	assert_verdict(spike_and_step, FEW, 0, TREND_STARTUP);
	assert_verdict(spike, FEW, 0.1, TREND_FLAT);
}

/* 60 MiB in 300 s are 720 MiB an hour; at that rate 60 MiB last 5 minutes. */
static void growth_has_a_rate_and_an_end(void **state)
{
	struct trend trend = judge(linear, MANY, 0);

	(void)state;
	assert_true(fabs(trend.bytes_per_hour - 720 * MIB) < MIB);
	assert_true(fabs(trend_seconds_until(&trend, 60 * MIB) - 300) < 1);
	assert_true(trend_seconds_until(&trend, 0) == 0);
	trend = judge(linear, MANY, 8);
	assert_true(fabs(trend.bytes_per_hour - 720 * MIB) < 50 * MIB);
	trend = judge(climbing_teeth, MANY, 1);
	assert_true(fabs(trend.bytes_per_hour - 480 * MIB) < 20 * MIB);
	trend = judge(flat, MANY, 0);
	assert_true(isinf(trend_seconds_until(&trend, MIB)));
}

static void file_pages_are_told_apart(void **state)
{
	static struct trend_series series;
	struct trend trend;

	(void)state;
	for (int i = 0; i < FEW; i++) {
		trend_add(&series, i, 100 * MIB + i * MIB, i * MIB * 3 / 4);
	}
	assert_int_equal(trend_judge(&series, &trend), 0);
	assert_int_equal(trend.verdict, TREND_GROWING);
	assert_true(fabs(trend.file_share - 0.75) < 1e-9);
	/* They are dropped before anything is full. */
	assert_true(trend_is_mapped(&trend));
	assert_true(isinf(trend_seconds_until(&trend, MIB)));
	/* 1 MiB a second, of which three quarters remain. */
	trend.file_share = 0.25;
	assert_false(trend_is_mapped(&trend));
	assert_true(fabs(trend_seconds_until(&trend, 3 * MIB) - 4) < 1e-6);
}

/* A hundred thousand points: at most TREND_POINTS_MAX are kept, evenly, the
 * first among them, and the verdict is the same. */
static void long_series_are_thinned(void **state)
{
	static struct trend_series series;
	struct trend trend;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		trend_add(&series, i, MIB + i, 0);
	}
	assert_true(series.count <= TREND_POINTS_MAX);
	assert_true(series.count > TREND_POINTS_MAX / 2);
	for (size_t i = 0; i < series.count; i++)
		assert_true(series.time_s[i] == (double)(i * series.stride));
	assert_int_equal(trend_judge(&series, &trend), 0);
	assert_int_equal(trend.verdict, TREND_GROWING);
	assert_true(trend.bytes_per_hour == 3600);
}

static void verdicts_have_words(void **state)
{
	(void)state;
	for (int verdict = 0; verdict <= TREND_UNCLEAR; verdict++) {
		assert_non_null(trend_names[verdict]);
		assert_non_null(trend_readings[verdict]);
	}
	assert_string_equal(trend_names[TREND_GROWING], "growing");
	assert_string_equal(trend_readings[TREND_TOO_SHORT],
			    "too short to say");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_short),
		cmocka_unit_test(what_stays_is_flat),
		cmocka_unit_test(what_rises_steadily_grows),
		cmocka_unit_test(late_readings_are_no_pause),
		cmocka_unit_test(rising_troughs_grow),
		cmocka_unit_test(what_rises_and_falls_is_normal),
		cmocka_unit_test(a_jump_and_then_flat_is_startup),
		cmocka_unit_test(what_is_given_back_falls),
		cmocka_unit_test(the_rest_is_unclear),
		cmocka_unit_test(a_peak_that_has_passed_plays_no_part),
		cmocka_unit_test(growth_has_a_rate_and_an_end),
		cmocka_unit_test(file_pages_are_told_apart),
		cmocka_unit_test(long_series_are_thinned),
		cmocka_unit_test(verdicts_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
