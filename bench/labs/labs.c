/* SPDX-License-Identifier: MIT */
/* The table of labs, and what they share in telling; see labs.h. */

#include "bench/labs/labs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/text.h"
#include "bench/measure/predict_facts.h"
#include "bench/show/cure.h"
#include "bench/show/lines.h"
#include "bench/show/table.h"

extern const struct lab lab_promise;
extern const struct lab lab_touch;
extern const struct lab lab_oom;
extern const struct lab lab_victim;
extern const struct lab lab_frontier;
extern const struct lab lab_oracle;

const struct lab *const all_labs[] = {
	&lab_promise,  &lab_touch,  &lab_oom, &lab_victim,
	&lab_frontier, &lab_oracle, NULL,
};

int lab_fail(struct lab_context *context, int error, const char *cure,
	     const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(context->why, sizeof context->why, format, values);
	va_end(values);
	snprintf(context->cure, sizeof context->cure, "%s",
		 error == -ENODATA
			 ? "This kernel or container does not tell: run it "
			   "outside."
			 : cure_of(CURE_SELF, error, cure));
	return error;
}

__attribute__((format(printf, 2, 0))) static void
tell(struct lab_context *context, const char *format, va_list values)
{
	char *text, *escaped;

	if (vasprintf(&text, format, values) < 0)
		return; /* the stream tells of a want of memory as well */
	escaped = text_escaped(text, "\n");
	lines_print(context->text, escaped ? escaped : "", 0, 0,
		    context->columns);
	fputs("\n\n", context->text);
	free(escaped);
	free(text);
}

void lab_tell(struct lab_context *context, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	tell(context, format, values);
	va_end(values);
}

void lab_skip(struct lab_context *context, const char *format, ...)
{
	va_list values;

	context->skipped++;
	va_start(values, format);
	tell(context, format, values);
	va_end(values);
}

int lab_tell_table(struct lab_context *context, struct table *table)
{
	int error;

	table->columns = context->columns;
	error = table_print(table, context->text);
	fputc('\n', context->text);
	table_release(table);
	return error;
}

/* What cannot be seen is no leave to hold it. */
static bool may_hold(const struct lab_context *context, int mode, char *why,
		     size_t why_bytes)
{
	struct predict_facts facts;
	int error;

	if (mode != 2 || mode == context->users_mode || context->alone)
		return true;
	error = predict_facts_self(&facts);
	if (!error)
		return headroom_ok(0, &facts, why, why_bytes);
	snprintf(why, why_bytes, "What it would leave cannot be seen: %s.",
		 meminfo_error(error));
	return false;
}

void lab_bound_modes(struct lab_context *context)
{
	size_t kept = 0;
	char why[256];

	for (size_t i = 0; i < context->mode_count; i++)
		if (may_hold(context, context->modes[i], why, sizeof why))
			context->modes[kept++] = context->modes[i];
		else
			lab_skip(context,
				 "Skipped: mode 2. %s On a machine that nobody "
				 "else uses, --alone holds it all the same.",
				 why);
	context->mode_count = kept;
}
