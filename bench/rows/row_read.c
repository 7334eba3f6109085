/* SPDX-License-Identifier: MIT */
/*
 * Reading rows; see row_read.h.
 * Longer than other files: a field of each kind is read here.
 */

#include "bench/rows/row_read.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/failure.h"
#include "bench/machine/text.h"
#include "bench/rows/csv.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Bytes, and nanoseconds: 30 years. gnuplot counts in 64 bits with a sign. */
#define MOST INT64_C(1000000000000000000)

struct row_reader {
	const struct row_reading *reading;
	const struct row_field *fields[ROW_FIELDS_MAX];
	const char *names[ROW_FIELDS_MAX];
	size_t offsets[ROW_FIELDS_MAX]; /* in the row */
	size_t count;
	unsigned long line; /* of the row before */
	struct csv_reading csv;
};

static int compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

/* The one copy of a text that lives for ever, or NULL without memory: the
 * strings of rows are names, and few. */
static const char *intern(const char *text)
{
	static void *texts; /* of tsearch(3) */
	void *found = tfind(text, &texts, compare);
	char *copy = found ? NULL : strdup(text);

	if (copy)
		found = tsearch(copy, &texts, compare);
	if (!found)
		free(copy);
	return found ? *(const char **)found : NULL;
}

/* Whether text is not empty and made of these characters only. */
static bool is_made_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

/* A name begins with a letter. */
static int get_word(enum field_kind kind, const char *text, const char **member)
{
	if (!is_made_of(text, LETTERS DIGITS "_") ||
	    (kind == FIELD_NAME && !strchr(LETTERS, *text)))
		return -EINVAL;
	*member = intern(text);
	return *member ? 0 : -ENOMEM;
}

/* What is not negative. */
static int get_number(const char *text, int64_t most, int64_t *number)
{
	return csv_get_integer(text, number) || *number < 0 || *number > most
		       ? -EINVAL
		       : 0;
}

static int get_count(const char *text, int most, int *member)
{
	int64_t number;
	const int error = get_number(text, most, &number);

	*member = (int)number;
	return error;
}

static int get_flag(const char *text, bool *member)
{
	int number;
	const int error = get_count(text, 1, &number);

	*member = number;
	return error;
}

/* "" where it is unknown. */
static int get_yes(const char *text, int *member)
{
	*member = *text ? !strcmp(text, "yes") : -1;
	return *member || !strcmp(text, "no") ? 0 : -EINVAL;
}

static int get_schema(const char *text)
{
	int schema;

	if (get_count(text, INT_MAX, &schema))
		return -EINVAL;
	return schema >= 1 && schema <= ROW_SCHEMA ? 0 : -ENOTSUP;
}

/* The number of words for one that has no place here. */
static int get_choice(const char *text, const char *const *words, int *member)
{
	*member = 0;
	while (words[*member] && strcmp(words[*member], text))
		++*member;
	return 0;
}

static int get_error(const char *text, int *member)
{
	*member = errname_number(text);
	return *member < 0 ? -EINVAL : 0;
}

static int get_errnos(const char *text, char *member)
{
	if (strlen(text) >= ERRNOS_BYTES ||
	    (*text && !is_made_of(text, CAPITALS DIGITS ":;")))
		return -EINVAL;
	strcpy(member, text);
	return 0;
}

/* A time or a ratio; empty is NAN. */
static int get_measured(const char *text, double *member)
{
	if (*text == '-' || csv_get_real(text, member))
		return -EINVAL;
	return *member > (double)MOST ? -EINVAL : 0;
}

static int get_size(const char *text, uint64_t *member)
{
	int64_t number;
	const int error = get_number(text, MOST, &number);

	*member = (uint64_t)number;
	return error;
}

static int get_maybe(const char *text, int64_t *member)
{
	*member = INTEGER_UNKNOWN;
	return *text ? get_number(text, MOST, member) : 0;
}

static int get_run_id(const char *text, const char **run_id)
{
	if (!is_made_of(text, LETTERS CAPITALS DIGITS "_.:-"))
		return -EINVAL;
	if (*run_id)
		return strcmp(*run_id, text) ? -EINVAL : 0;
	*run_id = intern(text);
	return *run_id ? 0 : -ENOMEM;
}

static int get_field(const struct row_reading *reading,
		     const struct row_field *field, const char *text,
		     void *member)
{
	switch (field->kind) {
	case FIELD_SCHEMA:
		return get_schema(text);
	case FIELD_RUN_ID:
		return get_run_id(text, reading->run_id);
	case FIELD_FLAG:
		return get_flag(text, member);
	case FIELD_YES:
		return get_yes(text, member);
	case FIELD_COUNT:
		return get_count(text, field->most ?: INT_MAX, member);
	case FIELD_BYTES:
		return get_size(text, member);
	case FIELD_NAME:
	case FIELD_WORD:
		return get_word(field->kind, text, member);
	case FIELD_CHOICE:
		return get_choice(text, field->words, member);
	case FIELD_ERRNO:
		return get_error(text, member);
	case FIELD_ERRNOS:
		return get_errnos(text, member);
	case FIELD_NS:
	case FIELD_RATIO:
		return get_measured(text, member);
	case FIELD_INTEGER:
		return get_maybe(text, member);
	case FIELD_OUTCOME:
		return outcome_number(text, member);
	default: /* of rows that are only written */
		return -EINVAL;
	}
}

static int explain(struct row_reader *reader, int error, const char *name,
		   const char *text)
{
	struct failure *why = reader->csv.why;

	if (error == -ENOMEM)
		return fail(why, error, NULL, "%s", strerror(ENOMEM));
	if (error == -ENOTSUP)
		return fail(why, error, NULL,
			    "schema %.20s is not 1 to %d, those known here",
			    text, ROW_SCHEMA);
	return fail(why, -EBADMSG, NULL, "line %lu: %s cannot be \"%.40s\"",
		    reader->line, name, text);
}

/* The column and the text that name the cell of a row. */
static int explain_cell(struct row_reader *reader, char *const *texts,
			int error)
{
	size_t i = 0;

	while (i + 1 < reader->count && strcmp(reader->names[i], "cell_id"))
		i++;
	return explain(reader, error, reader->names[i], texts[i]);
}

static int on_row(void *context, char *const *texts, unsigned long line)
{
	struct row_reader *reader = context;
	const struct row_reading *reading = reader->reading;
	int error;

	if (line != ++reader->line)
		return fail(reader->csv.why, -EBADMSG, NULL,
			    "line %lu is not one row", reader->line);
	memset(reading->row, 0, reading->row_bytes);
	for (size_t i = 0; i < reader->count; i++) {
		const char *text =
			texts[i] ? texts[i] : reader->fields[i]->absent;

		error = get_field(reading, reader->fields[i], text,
				  (char *)reading->row + reader->offsets[i]);
		if (error)
			return explain(reader, error, reader->names[i], text);
	}
	error = reading->take(reading->context, reading->row);
	return error ? explain_cell(reader, texts, error) : 0;
}

static void list_fields(struct row_reader *reader, const struct row_part *part)
{
	for (const struct row_field *field = part->fields; field->name;
	     field++) {
		assert(reader->count < ROW_FIELDS_MAX && !part->pointed);
		reader->csv.optional_count += field->absent != NULL;
		reader->fields[reader->count] = field;
		reader->names[reader->count] = field->name;
		reader->offsets[reader->count++] = part->base + field->offset;
	}
}

int row_read(const char *dir, const struct row_reading *reading,
	     struct failure *why)
{
	const char *file = reading->type->file;
	TEXT_STREAM stream = text_open("%s/%s", dir, file);
	int error = -errno;
	struct row_reader reader = {
		.reading = reading,
		.line = 1,
		.csv = { .columns = reader.names,
			 .row = on_row,
			 .context = &reader,
			 .cut = reading->cut,
			 .why = why },
	};

	if (!stream)
		return fail(why, error, NULL, "%s: %s", file, strerror(-error));
	for (const struct row_part *part = reading->type->parts; part->fields;
	     part++)
		list_fields(&reader, part);
	reader.csv.column_count = reader.count;
	error = csv_read(stream, &reader.csv);
	return error ? fail_because(why, error, NULL, "%s", file) : 0;
}
