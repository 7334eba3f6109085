/* SPDX-License-Identifier: MIT */
/*
 * How a verb describes its failure; main.c prints it.
 *
 * Both texts have fixed room: a failure must be describable when there is no
 * memory left, and a text that is too long is cut rather than lost.
 */

#include "bench/verbs/verbs.h"

#include <stdarg.h>
#include <stdio.h>

int fail(struct failure *why, int exit_code, const char *cure,
	 const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(why->what, sizeof why->what, format, values);
	va_end(values);
	if (cure)
		snprintf(why->cure, sizeof why->cure, "%s", cure);
	return exit_code;
}

void fail_cure(struct failure *why, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(why->cure, sizeof why->cure, format, values);
	va_end(values);
}
