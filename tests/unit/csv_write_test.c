/* SPDX-License-Identifier: MIT */
/*
 * CSV written, and its numbers: quoting, a full disk, a foreign locale.
 */

#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/rows/csv.h"

static void fields_are_written(void **state)
{
	char *text = NULL, real[CSV_REAL_BYTES];
	size_t bytes;
	struct csv_writer writer = { .stream = open_memstream(&text, &bytes) };

	(void)state;
	csv_put_text(&writer, "plain");
	csv_put_text(&writer, "a,b");
	csv_put_text(&writer, "say \"hi\"");
	csv_put_text(&writer, "two\nlines");
	csv_put_text(&writer, "\x1b\xff\xc3\xa4");
	csv_put_text(&writer, NULL);
	assert_int_equal(csv_end_row(&writer), 0);
	csv_put_text(&writer, csv_real(real, 1234567.5, 0));
	csv_put_text(&writer, csv_real(real, -0.00004, 4));
	csv_put_text(&writer, csv_real(real, NAN, 4));
	csv_put_text(&writer, csv_real(real, INFINITY, 4));
	csv_put_text(&writer, csv_real(real, 2.0 / 3, 4));
	assert_int_equal(csv_end_row(&writer), 0);
	assert_int_equal(strlen(csv_real(real, -DBL_MAX, 4)), 315);
	fclose(writer.stream);
	assert_string_equal(text,
			    "plain,\"a,b\",\"say "
			    "\"\"hi\"\"\",\"two\nlines\",\\x1b\\xff\xc3\xa4,\n"
			    "1234568,-0.0000,,,0.6667\n");
	free(text);
}

static void full_disk_is_told(void **state)
{
	struct csv_writer writer = { .stream = fopen("/dev/full", "w") };

	(void)state;
	assert_non_null(writer.stream);
	setvbuf(writer.stream, NULL, _IONBF, 0);
	csv_put_text(&writer, "x");
	assert_int_equal(csv_end_row(&writer), -ENOSPC);
	assert_int_equal(csv_end_row(&writer), -ENOSPC);
	fclose(writer.stream);
}

static void numbers_are_strict(void **state)
{
	const char *const bad[] = { "",	    " 1",  "1 ", "+1",
				    "0x10", "1e3", "-",	 "nan" };
	int64_t number;
	double real;

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_int_equal(csv_get_integer(bad[i], &number), -EINVAL);
	assert_int_equal(csv_get_integer("-9223372036854775808", &number), 0);
	assert_true(number == INT64_MIN);
	assert_int_equal(csv_get_integer("9223372036854775808", &number),
			 -ERANGE);
	assert_int_equal(csv_get_real("", &real), 0);
	assert_true(isnan(real));
	assert_int_equal(csv_get_real("-1.25", &real), 0);
	assert_true(real == -1.25);
	assert_int_equal(csv_get_real("1,5", &real), -EINVAL);
	assert_int_equal(csv_get_real("inf", &real), -EINVAL);
	assert_int_equal(csv_get_real("1e999", &real), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_written),
		cmocka_unit_test(full_disk_is_told),
		cmocka_unit_test(numbers_are_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
