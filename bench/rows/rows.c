/* SPDX-License-Identifier: MIT */
/*
 * Rows as text, CSV and JSON, and error numbers and their names; see rows.h.
 * Longer than other files: a field of each kind is written here.
 */

#include "bench/rows/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/host.h"

static const char *size_text(uint64_t bytes, uint64_t unknown, char *text)
{
	snprintf(text, ROW_TEXT_BYTES, "%" PRIu64, bytes);
	return bytes == unknown ? "" : text;
}

static const char *integer_text(int64_t number, char *text)
{
	snprintf(text, ROW_TEXT_BYTES, "%" PRId64, number);
	return text;
}

static const char *date_text(const time_t *date, char *text)
{
	struct tm utc;

	strftime(text, ROW_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(date, &utc));
	return text;
}

static const char *yes_text(int yes)
{
	return yes < 0 ? "" : yes ? "yes" : "no";
}

/* Of a small ratio three digits are kept, too. */
static int ratio_decimals(double ratio)
{
	int decimals = 4;

	for (; ratio > 0 && ratio < 0.01 && decimals < 12; ratio *= 10)
		decimals++;
	return decimals;
}

const char *row_text(const struct row_field *field, const void *member,
		     char *text)
{
	switch (field->kind) {
	case FIELD_SCHEMA:
		return integer_text(ROW_SCHEMA, text);
	case FIELD_FLAG:
		return *(const bool *)member ? "1" : "0";
	case FIELD_YES:
		return yes_text(*(const int *)member);
	case FIELD_COUNT:
	case FIELD_NUMBER:
		return integer_text(*(const int *)member, text);
	case FIELD_BYTES:
		return size_text(*(const uint64_t *)member, BYTES_UNKNOWN,
				 text);
	case FIELD_LIMIT:
		return size_text(*(const uint64_t *)member, 0, text);
	case FIELD_INTEGER:
		if (*(const int64_t *)member == INTEGER_UNKNOWN)
			return "";
		return integer_text(*(const int64_t *)member, text);
	case FIELD_NAME:
	case FIELD_WORD:
	case FIELD_TEXT:
		return *(const char *const *)member ?: field->absent ?: "";
	case FIELD_LINE:
	case FIELD_WORDS:
	case FIELD_ERRNOS:
		return member;
	case FIELD_CHOICE:
		return field->words[*(const int *)member] ?: "";
	case FIELD_ERRNO:
		return errname(*(const int *)member);
	case FIELD_OUTCOME:
		return outcome_name(*(const int *)member);
	case FIELD_NS:
		return csv_real(text, *(const double *)member, 0);
	case FIELD_SECONDS:
		return csv_real(text, *(const double *)member, 3);
	case FIELD_RATIO:
		return csv_real(text, *(const double *)member,
				ratio_decimals(*(const double *)member));
	case FIELD_DATE:
		return date_text(member, text);
	default:
		return "";
	}
}

int row_put_header(struct csv_writer *writer, const struct row_type *type)
{
	for (const struct row_part *part = type->parts; part->fields; part++)
		for (const struct row_field *field = part->fields; field->name;
		     field++)
			csv_put_text(writer, field->name);
	return csv_end_row(writer);
}

const void *row_part_at(const struct row_part *part, const void *row)
{
	const char *base = (const char *)row + part->base;

	return part->pointed ? *(const void *const *)base : base;
}

static void put_part(struct csv_writer *writer, const struct row_part *part,
		     const char *run_id, const void *row)
{
	const char *base = row_part_at(part, row);
	char text[ROW_TEXT_BYTES];

	for (const struct row_field *field = part->fields; field->name; field++)
		csv_put_text(
			writer,
			field->kind == FIELD_RUN_ID ? run_id
			: base ? row_text(field, base + field->offset, text)
			       : NULL);
}

int row_put(struct csv_writer *writer, const struct row_type *type,
	    const char *run_id, const void *row)
{
	for (const struct row_part *part = type->parts; part->fields; part++)
		put_part(writer, part, run_id, row);
	return csv_end_row(writer);
}

/* Others chose some of the texts; jansson takes UTF-8 only. */
static json_t *text_json(const char *text)
{
	return text ? host_string(text) : json_null();
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

static json_t *list_json(const struct row_type *type,
			 const struct row_list *list)
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
		return list_json(field->type, member);
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

int row_json_print(json_t *value, FILE *stream)
{
	const int error =
		value ? json_dumpf(value, stream, JSON_INDENT(2)) : -1;

	fputc('\n', stream);
	json_decref(value);
	return error && !ferror(stream) ? -ENOMEM : 0;
}

/* strerrorname_np(3) calls ENOTSUP by its other name, EOPNOTSUPP. */
static const char *name_of(int error)
{
	return error == ENOTSUP ? "ENOTSUP" : strerrorname_np(error);
}

const char *errname(int error)
{
	static _Thread_local char decimal[16];
	const char *name = name_of(error);

	if (!error)
		return "";
	if (name)
		return name;
	snprintf(decimal, sizeof decimal, "%d", error);
	return decimal;
}

int errname_number(const char *name)
{
	char *end;
	long number;

	if (!*name)
		return 0;
	for (int error = 1; error < ERRNO_COUNT; error++)
		if (name_of(error) && !strcmp(name_of(error), name))
			return error;
	if (*name < '1' || *name > '9')
		return -EINVAL;
	errno = 0;
	number = strtol(name, &end, 10);
	if (*end || errno || number > INT_MAX)
		return -EINVAL;
	return (int)number;
}

const char *outcome_name(int outcome)
{
	if (outcome == OUTCOME_UNKNOWN)
		return "";
	return outcome ? errname(outcome) : "ok";
}

int outcome_number(const char *name, int *outcome)
{
	int error;

	if (!strcmp(name, "ok")) {
		*outcome = 0;
		return 0;
	}
	error = errname_number(name);
	if (error < 0)
		return error;
	*outcome = error ? error : OUTCOME_UNKNOWN;
	return 0;
}
