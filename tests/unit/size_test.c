/* SPDX-License-Identifier: MIT */
/*
 * Sizes, counts, comma lists and durations: what is read, what is refused,
 * how it is written.
 */

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/machine/units.h"
#include "bench/verbs/option.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (MIB * KIB)
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void sizes_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "64M", 64 * MIB },
		{ "64m", 64 * MIB },
		{ "1G", GIB },
		{ "1GiB", GIB },
		{ "1GB", GIB },
		{ "1.5G", GIB + 512 * MIB },
		{ "512KiB", 512 * KIB },
		{ "100B", 100 },
		{ "2T", 2048 * GIB },
		{ "0.5K", 512 },
		{ "0.000000001T", 1099 },
		{ "18446744073709551615", UINT64_MAX },
		{ "16777215.999999999T", UINT64_MAX - 1099 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t bytes = 1;

		assert_int_equal(size_parse(cases[i].text, &bytes), 0);
		if (bytes != cases[i].bytes)
			fail_msg("\"%s\" was read as %llu", cases[i].text,
				 (unsigned long long)bytes);
	}
}

static void sizes_refused(void **state)
{
	static const char *const garbage[] = {
		"",	"-1",  "+1",	"1 G", " 1G",		"1G ", "G",
		"1X",	"1GG", "1GiBx", "1.",  ".5G",		"1.5", "1.5B",
		"0x10", "1e3", "inf",	"1,5", "1.0000000001G", "1Gi", "1-2",
	};
	static const char *const huge[] = { "18446744073709551616", "16777216T",
					    "99999999999G", "17179869184G" };
	uint64_t bytes = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(garbage); i++)
		if (size_parse(garbage[i], &bytes) != -EINVAL)
			fail_msg("\"%s\" was taken as a size", garbage[i]);
	for (size_t i = 0; i < COUNT(huge); i++)
		if (size_parse(huge[i], &bytes) != -ERANGE)
			fail_msg("\"%s\" fitted into 64 bits", huge[i]);
	assert_int_equal(bytes, 7);
}

static void sizes_written(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *option, *human;
	} cases[] = {
		{ 0, "0", "0 B" },
		{ 1, "1", "1 B" },
		{ 1023, "1023", "1023 B" },
		{ 64 * MIB, "64M", "64 MiB" },
		{ GIB + 512 * MIB, "1536M", "1.5 GiB" },
		{ 8 * GIB, "8G", "8 GiB" },
		{ 25233031168, "24641632K", "23.5 GiB" },
		{ UINT64_MAX - 1023, "18014398509481983K", "16777216 TiB" },
		{ UINT64_MAX, "18446744073709551615", "unknown" },
	};
	char text[UNITS_LENGTH];
	uint64_t back;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		strcpy(text, size_exact(cases[i].bytes).text);
		assert_string_equal(text, cases[i].option);
		assert_int_equal(size_parse(text, &back), 0);
		assert_true(back == cases[i].bytes);
		strcpy(text, size_human(cases[i].bytes).text);
		assert_string_equal(text, cases[i].human);
	}
}

static void durations(void **state)
{
	static const struct {
		double ns;
		const char *text, *column;
	} cases[] = {
		{ 0, "0 ns", "0.00 ns" },
		{ 85, "85 ns", "85.0 ns" },
		{ 999.4, "999 ns", "999 ns" },
		{ 999.6, "1 \u00b5s", "1.00 \u00b5s" },
		{ 71234, "71.2 \u00b5s", "71.2 \u00b5s" },
		{ 40e6, "40 ms", "40.0 ms" },
		{ 1.2e9, "1.2 s", "1.20 s" },
		{ 123456e9, "123000 s", "123000 s" },
		{ NAN, "-", "-" },
	};
	char text[UNITS_LENGTH];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		strcpy(text, duration_human(cases[i].ns).text);
		assert_string_equal(text, cases[i].text);
		strcpy(text, duration_column(cases[i].ns).text);
		assert_string_equal(text, cases[i].column);
	}
}

static void spans_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
		{ "100ms", 100000000 },
		{ "2s", 2000000000 },
		{ "2", 2000000000 },
		{ "0.5", 500000000 },
		{ "1m", 60000000000 },
		{ "1.5h", 5400000000000 },
		{ "7d", 604800000000000 },
		{ "0", 0 },
		{ "18446744073.709551615s", UINT64_MAX },
	};
	static const char *const garbage[] = { "",     "s",   "-1s", "1 s",
					       "1min", "1us", "1S",  "1e3",
					       "1.s",  ".5s", "inf", "1ss" };
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(span_parse(cases[i].text, &ns), 0);
		if (ns != cases[i].ns)
			fail_msg("\"%s\" was read as %llu", cases[i].text,
				 (unsigned long long)ns);
	}
	ns = 7;
	for (size_t i = 0; i < COUNT(garbage); i++)
		if (span_parse(garbage[i], &ns) != -EINVAL)
			fail_msg("\"%s\" was taken as a time", garbage[i]);
	assert_int_equal(span_parse("300000d", &ns), -ERANGE);
	assert_int_equal(span_parse("18446744073.709551616", &ns), -ERANGE);
	assert_int_equal(ns, 7);
}

static void spans_written(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {
		{ 0, "0 s" },	       { 0.5, "0.5 s" },
		{ 4.23, "4.2 s" },     { 9.96, "10 s" },
		{ 90, "90 s" },	       { 99.6, "1.7 min" },
		{ 720, "12 min" },     { 5.2 * 3600, "5.2 h" },
		{ 47 * 3600, "47 h" }, { 3 * 86400, "3 days" },
		{ 1e9, "11574 days" }, { INFINITY, "never" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(span_human(cases[i].seconds).text,
				    cases[i].text);
	assert_string_equal(size_human(64 * MIB).text, "64 MiB");
}

static void counts_are_strict(void **state)
{
	long count = 5;

	(void)state;
	assert_int_equal(count_parse("12", 1, 100, &count), 0);
	assert_int_equal(count, 12);
	assert_int_equal(count_parse("0", 1, 100, &count), -ERANGE);
	assert_int_equal(count_parse("101", 1, 100, &count), -ERANGE);
	assert_int_equal(count_parse("99999999999999999999", 1, 100, &count),
			 -ERANGE);
	assert_int_equal(count_parse("-1", -5, 100, &count), -EINVAL);
	assert_int_equal(count_parse("1x", 1, 100, &count), -EINVAL);
	assert_int_equal(count_parse("", 1, 100, &count), -EINVAL);
	assert_int_equal(count, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_read),
		cmocka_unit_test(sizes_refused),
		cmocka_unit_test(sizes_written),
		cmocka_unit_test(durations),
		cmocka_unit_test(spans_read),
		cmocka_unit_test(spans_written),
		cmocka_unit_test(counts_are_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
