/* SPDX-License-Identifier: MIT */
/* Rows as JSON; see row_json.h. */

#include "bench/rows/row_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/text.h"
#include "bench/rows/errname.h"

/* Others chose some of the texts; jansson takes UTF-8 only. */
static json_t *text_json(const char *text)
{
	char *escaped = text ? text_escaped(text, "\n") : NULL;
	json_t *value = escaped ? json_string(escaped) : json_null();

	free(escaped);
	return value;
}

/* Of the kinds that have "" for unknown. */
static json_t *line_json(const char *text)
{
	return text_json(text && *text ? text : NULL);
}

static json_t *words_json(const char *words)
{
	json_t *list = json_array();

	while (*(words += strspn(words, " "))) {
		const size_t length = strcspn(words, " ");

		json_array_append_new(list, json_stringn(words, length));
		words += length;
	}
	return list;
}

static json_t *bytes_json(uint64_t bytes, uint64_t unknown)
{
	return bytes == unknown || bytes > INT64_MAX
		       ? json_null()
		       : json_integer((json_int_t)bytes);
}

/* JSON has no infinity either. */
static json_t *real_json(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

static json_t *pointed_json(const struct row_type *type, const void *row)
{
	return row ? row_json(type, row) : json_null();
}

static json_t *outcomes_json(const int *outcomes)
{
	json_t *list = json_array();

	for (int mode = 0; mode < ROW_MODES; mode++)
		json_array_append_new(list,
				      line_json(outcome_name(outcomes[mode])));
	return list;
}

static json_t *field_json(const struct row_field *field, const void *member)
{
	char date[ROW_DATE_BYTES];

	switch (field->kind) {
	case FIELD_FLAG:
		return json_boolean(*(const bool *)member);
	case FIELD_YES:
		return *(const int *)member < 0
			       ? json_null()
			       : json_boolean(*(const int *)member);
	case FIELD_COUNT:
	case FIELD_NUMBER:
		return json_integer(*(const int *)member);
	case FIELD_BYTES:
		return bytes_json(*(const uint64_t *)member, BYTES_UNKNOWN);
	case FIELD_LIMIT:
		return bytes_json(*(const uint64_t *)member, 0);
	case FIELD_NAME:
	case FIELD_WORD:
	case FIELD_TEXT:
		return text_json(*(const char *const *)member);
	case FIELD_LINE:
	case FIELD_ERRNOS:
		return line_json(member);
	case FIELD_WORDS:
		return words_json(member);
	case FIELD_CHOICE:
		return text_json(field->words[*(const int *)member]);
	case FIELD_ERRNO:
		return line_json(errname(*(const int *)member));
	case FIELD_INTEGER:
		return bytes_json((uint64_t) * (const int64_t *)member,
				  (uint64_t)INTEGER_UNKNOWN);
	case FIELD_DATE:
		return json_string(row_date(member, date));
	case FIELD_OUTCOME:
		return line_json(outcome_name(*(const int *)member));
	case FIELD_NS:
	case FIELD_SECONDS:
	case FIELD_RATIO:
		return real_json(*(const double *)member);
	case FIELD_OUTCOMES:
		return outcomes_json(member);
	case FIELD_EMBEDDED:
		return row_json(field->type, member);
	case FIELD_ROW:
		return pointed_json(field->type, *(const void *const *)member);
	case FIELD_ROWS:
		return row_list_json(field->type, member);
	default: /* of rows that are only in CSV */
		return json_null();
	}
}

json_t *row_json(const struct row_type *type, const void *row)
{
	json_t *object = json_object();
	int error = 0;

	for (const struct row_part *part = type->parts; part->fields; part++) {
		const char *base = (const char *)row + part->base;

		if (part->pointed)
			base = *(const char *const *)base;
		for (const struct row_field *field = part->fields; field->name;
		     field++)
			error |= json_object_set_new(
				object, field->name,
				base ? field_json(field, base + field->offset)
				     : json_null());
	}
	if (!error)
		return object;
	json_decref(object);
	return NULL;
}

json_t *row_list_json(const struct row_type *type, const struct row_list *list)
{
	json_t *array = json_array();
	const char *row = list->rows;
	int error = 0;

	for (size_t i = 0; i < list->count; i++, row += list->row_bytes)
		error |= json_array_append_new(array, row_json(type, row));
	if (!error)
		return array;
	json_decref(array);
	return NULL;
}

int row_json_print(json_t *value, FILE *stream)
{
	const int error =
		value ? json_dumpf(value, stream, JSON_INDENT(2)) : -1;

	fputc('\n', stream);
	json_decref(value);
	return error && !ferror(stream) ? -ENOMEM : 0;
}
