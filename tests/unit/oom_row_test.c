/* SPDX-License-Identifier: MIT */
/*
 * A wrong prediction of the lab `oom` stands in its row and in the status.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/labs/oom.h"

static void a_wrong_prediction_is_counted(void **state)
{
	const struct oom_row right = { .part = "score",
				       .name = "size",
				       .predicted = "667",
				       .observed = "667",
				       .agrees = true };
	struct oom_row wrong = right;
	struct lab_context context = { 0 };
	char *text = NULL;
	size_t bytes = 0;

	(void)state;
	wrong.agrees = false;
	context.csv.stream = open_memstream(&text, &bytes);
	assert_non_null(context.csv.stream);
	assert_int_equal(oom_write_row(&context, &right), 0);
	assert_int_equal(context.skipped, 0);
	assert_int_equal(oom_write_row(&context, &wrong), 0);
	assert_int_equal(context.skipped, 1);
	assert_int_equal(fclose(context.csv.stream), 0);
	assert_non_null(strstr(text, "667,667,yes"));
	assert_non_null(strstr(text, "667,667,no"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_prediction_is_counted),
	};

	return cmocka_run_group_tests_name("oom rows", tests, NULL, NULL);
}
