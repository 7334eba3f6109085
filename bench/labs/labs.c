/* SPDX-License-Identifier: MIT */
/* The table of labs, and what they share in telling; see labs.h. */

#include "bench/labs/labs.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_COLUMNS 80

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
	snprintf(context->cure, sizeof context->cure, "%s", cure);
	return error;
}

/* Columns that a UTF-8 text of so many bytes takes. */
static size_t width(const char *text, size_t bytes)
{
	size_t columns = 0;

	for (size_t i = 0; i < bytes; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

static void print_paragraph(FILE *stream, const char *text)
{
	size_t used = 0;

	while (*(text += strspn(text, " \n"))) {
		const size_t bytes = strcspn(text, " \n");
		const size_t columns = width(text, bytes);

		if (used && used + 1 + columns > TEXT_COLUMNS) {
			fputc('\n', stream);
			used = 0;
		}
		used += (size_t)fprintf(stream, "%s%.*s", used ? " " : "",
					(int)bytes, text) -
			bytes + columns;
		text += bytes;
	}
	fputs("\n\n", stream);
}

__attribute__((format(printf, 2, 0))) static void
tell(struct lab_context *context, const char *format, va_list values)
{
	char *text;

	if (vasprintf(&text, format, values) < 0)
		return; /* the stream tells of a want of memory as well */
	print_paragraph(context->text, text);
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
