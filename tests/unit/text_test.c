/* SPDX-License-Identifier: MIT */
/*
 * Names that others chose become text for terminals and JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/machine/text.h"

/* By the table of well-formed UTF-8 of Unicode, and beside its borders. */
static void what_is_no_text_is_escaped(void **state)
{
	static const struct {
		const char *raw, *kept, *escaped;
	} cases[] = {
		{ "", "", "" },
		{ "a\\x2d b", "", "a\\x2d b" },
		{ "\u00b5\u00e4\u20ac\U0001f600", "",
		  "\u00b5\u00e4\u20ac\U0001f600" },
		{ "\x1b[31m\x7f\x01", "", "\\x1b[31m\\x7f\\x01" },
		{ "a\nb\tc", "", "a\\x0ab\\x09c" },
		{ "a\nb\tc", "\n", "a\nb\\x09c" },
		{ "\xff\xfe", "", "\\xff\\xfe" },
		{ "\xc2\x9b\xc2\xa0", "", "\\xc2\\x9b\xc2\xa0" },
		{ "\xc1\xbf\xc0\x80", "", "\\xc1\\xbf\\xc0\\x80" },
		{ "\xe0\x9f\xbf\xe0\xa0\x80", "",
		  "\\xe0\\x9f\\xbf\xe0\xa0\x80" },
		{ "\xed\xa0\x80\xed\x9f\xbf", "",
		  "\\xed\\xa0\\x80\xed\x9f\xbf" },
		{ "\xf0\x8f\xbf\xbf\xf0\x90\x80\x80", "",
		  "\\xf0\\x8f\\xbf\\xbf\xf0\x90\x80\x80" },
		{ "\xf4\x90\x80\x80\xf4\x8f\xbf\xbf", "",
		  "\\xf4\\x90\\x80\\x80\xf4\x8f\xbf\xbf" },
		{ "\xf5\x80\x80\x80", "", "\\xf5\\x80\\x80\\x80" },
		{ "\xc3", "", "\\xc3" }, /* cut */
		{ "\xe2\x82", "", "\\xe2\\x82" },
		{ "\xf0\x9f\x98z", "", "\\xf0\\x9f\\x98z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *escaped = text_escaped(cases[i].raw, cases[i].kept);

		assert_string_equal(escaped, cases[i].escaped);
		free(escaped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_text_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
