/* SPDX-License-Identifier: MIT */
/* Sentences with the values of a row; see fill.h. */

#include "bench/show/fill.h"

#include <string.h>

#include "bench/machine/units.h"

static const char *phrase_of(const char *word, const char *const *pairs)
{
	for (; pairs && *pairs; pairs += 2)
		if (!strcmp(word, *pairs))
			return pairs[1];
	return word;
}

/* A number of bytes is one with the unit in its name; others are counts. */
static const char *value_of(const struct row_field *field, const void *member,
			    char *text)
{
	const char *plain = row_text(field, member, text);

	switch (field->kind) {
	case FIELD_LINE:
	case FIELD_ERRNO:
	case FIELD_OUTCOME:
		return plain;
	case FIELD_FLAG:
		return *plain == '1' ? "yes" : "no";
	case FIELD_BYTES:
	case FIELD_LIMIT:
		if (!*plain || !strstr(field->name, "bytes"))
			break;
		return strcpy(text, size_human(*(const uint64_t *)member).text);
	case FIELD_NS:
		return strcpy(text,
			      duration_human(*(const double *)member).text);
	case FIELD_SECONDS:
		return strcpy(text, span_human(*(const double *)member).text);
	case FIELD_TEXT: /* NULL is what is unknown */
		if (*(const char *const *)member)
			return phrase_of(plain, field->words);
		break;
	default:
		break;
	}
	return *plain ? plain : "-";
}

/* Write the field whose name begins there; false: no part has it. */
static bool put_field(FILE *stream, const char *name, size_t length,
		      const struct row_part *parts, const void *row)
{
	char text[ROW_TEXT_BYTES];

	for (const struct row_part *part = parts; part->fields; part++) {
		const char *base = row_part_at(part, row);

		for (const struct row_field *field = part->fields; field->name;
		     field++) {
			if (strncmp(field->name, name, length) ||
			    field->name[length])
				continue;
			fputs(base ? value_of(field, base + field->offset, text)
				   : "-",
			      stream);
			return true;
		}
	}
	return false;
}

char *fill(const char *template, const struct row_part *parts, const void *row)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *stream = open_memstream(&text, &bytes);

	if (!stream)
		return NULL;
	while (*template) {
		const size_t length = strcspn(template + 1, "}");

		if (*template == '{' && template[length + 1] == '}' &&
		    put_field(stream, template + 1, length, parts, row))
			template += length + 2;
		else
			fputc(*template ++, stream);
	}
	return fclose(stream) ? NULL : text;
}
