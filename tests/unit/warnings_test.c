/* SPDX-License-Identifier: MIT */
/* Warnings: kernels that imitate Linux are known by their uname(2). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/doctor/warnings.h"

static void imitations_are_known(void **state)
{
	(void)state;
	assert_string_equal(warnings_imitation("4.4.0-19041-Microsoft",
					       "#1237-Microsoft Sat Sep 11 "
					       "14:32:00 PST 2021"),
			    "WSL 1");
	assert_string_equal(warnings_imitation("4.4.0",
					       "#1 SMP Sun Jan 10 15:06:54 "
					       "PST 2016"),
			    "gVisor");
}

static void linux_is_linux(void **state)
{
	(void)state;
	assert_null(warnings_imitation("5.15.153.1-microsoft-standard-WSL2",
				       "#1 SMP Fri Mar 29 23:14:13 UTC 2024"));
	assert_null(warnings_imitation("6.1.0-18-amd64",
				       "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 "
				       "(2024-02-01)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imitations_are_known),
		cmocka_unit_test(linux_is_linux),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
