/* SPDX-License-Identifier: MIT */
/* Numbers under names, a line each; see fields.h. */

#include "bench/machine/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int take_line(const char *line, const struct field *fields, size_t count)
{
	const size_t length = strcspn(line, ": \t\n");

	for (size_t i = 0; i < count; i++) {
		const struct field *field = &fields[i];
		const char *number = line + length;
		char *end;

		if (!length || strlen(field->key) != length ||
		    strncmp(line, field->key, length) != 0)
			continue;
		number += *number == ':';
		errno = 0;
		unsigned long long value = strtoull(number, &end, 10);
		if (end == number || errno ||
		    memchr(number, '-', (size_t)(end - number)) ||
		    __builtin_mul_overflow(value, field->unit, field->value))
			return -EBADMSG;
		*field->seen = true;
	}
	return 0;
}

int fields_parse(FILE *stream, const struct field *fields, size_t count)
{
	bool begins = true;
	char line[256];
	int error = 0;

	/* The rest of a line that is too long is not the begin of one. */
	while (!error && fgets(line, sizeof(line), stream)) {
		if (begins)
			error = take_line(line, fields, count);
		begins = strchr(line, '\n') != NULL;
	}
	if (!error && ferror(stream))
		error = -EIO;
	return error;
}
