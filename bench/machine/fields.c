/* SPDX-License-Identifier: MIT */
/* Numbers under names, a line each; see fields.h. */

#include "bench/machine/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "  24684096 kB\n": the number of one field. */
static int take_number(const char *text, const struct field *field)
{
	char *end;

	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (end == text || errno || memchr(text, '-', (size_t)(end - text)))
		return -EBADMSG;
	if (__builtin_mul_overflow(value, field->unit, field->value))
		*field->value = FIELD_ABSENT;
	return field->required && *field->value == FIELD_ABSENT ? -EBADMSG : 0;
}

static int take_line(const char *line, const struct field *fields, size_t count,
		     const char **culprit)
{
	const size_t length = strcspn(line, ": \t\n");
	const char *number = line + length + (line[length] == ':');
	int error = 0;

	for (size_t i = 0; i < count && length && !error; i++) {
		if (strlen(fields[i].key) != length ||
		    strncmp(line, fields[i].key, length) != 0)
			continue;
		error = take_number(number, &fields[i]);
		*culprit = fields[i].key;
	}
	return error;
}

int fields_parse(FILE *stream, const struct field *fields, size_t count,
		 const char **culprit)
{
	const char *ignored;
	bool begins = true;
	char line[256];
	int error = 0;

	if (!culprit)
		culprit = &ignored;
	for (size_t i = 0; i < count; i++)
		*fields[i].value = FIELD_ABSENT;
	/* The rest of a line that is too long is not the begin of one. */
	while (!error && fgets(line, sizeof(line), stream)) {
		if (begins)
			error = take_line(line, fields, count, culprit);
		begins = strchr(line, '\n') != NULL;
	}
	if (!error && ferror(stream))
		error = -EIO;
	for (size_t i = 0; i < count && !error; i++)
		if (fields[i].required && *fields[i].value == FIELD_ABSENT) {
			*culprit = fields[i].key;
			error = -ENODATA;
		}
	return error;
}
