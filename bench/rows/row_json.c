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
	return text_json(*text ? text : NULL);
}

/* More than JSON's integers hold is unknown. */
static json_t *integer_json(const char *text)
{
	int64_t number;

	return csv_get_integer(text, &number) ? json_null()
					      : json_integer(number);
}

static json_t *real_json(const char *text)
{
	double number = NAN;

	csv_get_real(text, &number);
	return json_real(number) ?: json_null(); /* NAN is none */
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
	char buffer[ROW_TEXT_BYTES];
	const char *text = row_text(field, member, buffer);

	switch (field->kind) {
	case FIELD_FLAG:
		return json_boolean(*text == '1');
	case FIELD_YES:
		return *text ? json_boolean(*text == 'y') : json_null();
	case FIELD_COUNT:
	case FIELD_NUMBER:
	case FIELD_BYTES:
	case FIELD_LIMIT:
	case FIELD_INTEGER:
		return integer_json(text);
	case FIELD_NS:
	case FIELD_SECONDS:
	case FIELD_RATIO:
		return real_json(text);
	case FIELD_TEXT:
		return text_json(*(const char *const *)member);
	case FIELD_WORDS:
		return words_json(text);
	case FIELD_OUTCOMES:
		return outcomes_json(member);
	case FIELD_EMBEDDED:
		return row_json(field->type, member);
	case FIELD_ROW:
		return pointed_json(field->type, *(const void *const *)member);
	case FIELD_ROWS:
		return row_list_json(field->type, member);
	default:
		return line_json(text);
	}
}

json_t *row_json(const struct row_type *type, const void *row)
{
	json_t *object = json_object();
	int error = 0;

	for (const struct row_part *part = type->parts; part->fields; part++) {
		const char *base = row_part_at(part, row);

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
