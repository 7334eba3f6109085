/* SPDX-License-Identifier: MIT */
/*
 * Names of errors: both directions, and what has no name.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/files/run.h"
#include "bench/rows/rows.h"

static void names(void **state)
{
	(void)state;
	assert_string_equal(errname(ENOMEM), "ENOMEM");
	assert_string_equal(errname(EAGAIN), "EAGAIN");
	assert_string_equal(errname(ETXTBSY), "ETXTBSY");
	assert_string_equal(errname(ENOTSUP), "ENOTSUP");
	assert_string_equal(errname(0), "");
	assert_string_equal(errname(4711), "4711");
	assert_string_equal(errname(41), "41"); /* a hole in the numbers */
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(errname_number("ENOMEM"), ENOMEM);
	assert_int_equal(errname_number("4711"), 4711);
	assert_int_equal(errname_number(""), 0);
	assert_int_equal(errname_number("ENOME"), -EINVAL);
	assert_int_equal(errname_number("enomem"), -EINVAL);
	assert_int_equal(errname_number("-12"), -EINVAL);
	assert_int_equal(errname_number("12x"), -EINVAL);
	assert_int_equal(errname_number("99999999999"), -EINVAL);
}

static void all_there_and_back(void **state)
{
	(void)state;
	for (int error = 1; error < 200; error++)
		assert_int_equal(errname_number(errname(error)), error);
}

static void outcomes(void **state)
{
	const int all[] = { 0, OUTCOME_UNKNOWN, ENOMEM, 4711 };
	const char *const words[] = { "ok", "", "ENOMEM", "4711" };
	int outcome;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_string_equal(outcome_name(all[i]), words[i]);
		assert_int_equal(outcome_number(words[i], &outcome), 0);
		assert_int_equal(outcome, all[i]);
	}
	assert_int_equal(outcome_number("fine", &outcome), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(numbers),
		cmocka_unit_test(all_there_and_back),
		cmocka_unit_test(outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
