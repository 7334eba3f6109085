/* SPDX-License-Identifier: MIT */
/* Sentences with the values of a row; see fill.h. */

#include "bench/show/fill.h"

#include <inttypes.h>
#include <string.h>

#include "bench/rows/errname.h"
#include "bench/show/units.h"

static const char *phrase_of(const char *word, const char *const *pairs)
{
	for (; word && pairs && *pairs; pairs += 2)
		if (!strcmp(word, *pairs))
			return pairs[1];
	return word ?: "-";
}

/* A size, or a count, which has no unit in its name. */
static void put_bytes(FILE *stream, const char *name, uint64_t bytes,
		      uint64_t unknown)
{
	if (bytes == unknown)
		fputc('-', stream);
	else if (strstr(name, "_bytes"))
		fputs(size_human(bytes).text, stream);
	else
		fprintf(stream, "%" PRIu64, bytes);
}

static void put_integer(FILE *stream, int64_t number)
{
	if (number == INTEGER_UNKNOWN)
		fputc('-', stream);
	else
		fprintf(stream, "%" PRId64, number);
}

static void put_yes(FILE *stream, int yes)
{
	fputs(yes < 0 ? "-" : yes ? "yes" : "no", stream);
}

static void put_value(FILE *stream, const struct row_field *field,
		      const void *member)
{
	switch (field->kind) {
	case FIELD_YES:
		put_yes(stream, *(const int *)member);
		break;
	case FIELD_COUNT:
	case FIELD_NUMBER:
		fprintf(stream, "%d", *(const int *)member);
		break;
	case FIELD_BYTES:
		put_bytes(stream, field->name, *(const uint64_t *)member,
			  BYTES_UNKNOWN);
		break;
	case FIELD_LIMIT:
		put_bytes(stream, field->name, *(const uint64_t *)member, 0);
		break;
	case FIELD_NAME:
	case FIELD_WORD:
	case FIELD_TEXT:
		fputs(phrase_of(*(const char *const *)member, field->words),
		      stream);
		break;
	case FIELD_LINE:
		fputs(member, stream);
		break;
	case FIELD_CHOICE:
		fputs(field->words[*(const int *)member] ?: "-", stream);
		break;
	case FIELD_ERRNO:
		fputs(errname(*(const int *)member), stream);
		break;
	case FIELD_OUTCOME:
		fputs(outcome_name(*(const int *)member), stream);
		break;
	case FIELD_INTEGER:
		put_integer(stream, *(const int64_t *)member);
		break;
	case FIELD_NS:
		fputs(duration_human(*(const double *)member).text, stream);
		break;
	case FIELD_SECONDS:
		fputs(span_human(*(const double *)member).text, stream);
		break;
	default: /* for files alone */
		fprintf(stream, "{%s}", field->name);
	}
}

/* Write the field whose name begins there; false: no part has it. */
static bool put_field(FILE *stream, const char *name, size_t length,
		      const struct row_part *parts, const void *row)
{
	for (const struct row_part *part = parts; part->fields; part++) {
		const char *base = (const char *)row + part->base;

		if (part->pointed)
			base = *(const char *const *)base;
		for (const struct row_field *field = part->fields; field->name;
		     field++) {
			if (strncmp(field->name, name, length) ||
			    field->name[length])
				continue;
			if (base)
				put_value(stream, field, base + field->offset);
			else
				fputc('-', stream);
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
