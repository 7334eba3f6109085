/* SPDX-License-Identifier: MIT */
/* Reading rows by the table of their columns; see columns.h. */

#include "bench/files/columns.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/errname.h"
#include "bench/files/replace.h"
#include "bench/files/run.h"

#define ERRNOS_BYTES (sizeof((struct summary *)0)->errnos)
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct column_reader {
	const struct column_reading *reading;
	unsigned long line; /* of the row before */
	char *why;
	size_t why_bytes;
};

/* The copy of text that belongs to words, or NULL without memory. Strategies
 * and backings are few, so looking along the list is quick enough. */
static const char *intern(struct words *words, const char *text)
{
	char **strings;

	for (size_t i = 0; i < words->count; i++)
		if (!strcmp(words->list[i], text))
			return words->list[i];
	strings = reallocarray(words->list, words->count + 1, sizeof *strings);
	if (!strings)
		return NULL;
	words->list = strings;
	strings += words->count;
	*strings = strdup(text);
	if (*strings)
		words->count++;
	return *strings;
}

/* Whether text is not empty and made of these characters only. */
static bool is_made_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

static int get_word(struct words *words, const char *text, const char **member)
{
	if (!is_made_of(text, LETTERS DIGITS "_"))
		return -EINVAL;
	*member = intern(words, text);
	return *member ? 0 : -ENOMEM;
}

static int get_name(struct words *words, const char *text, const char **member)
{
	if (!strchr(LETTERS, *text))
		return -EINVAL;
	return get_word(words, text, member);
}

static int get_count(const char *text, int *member)
{
	int64_t number;

	if (csv_get_integer(text, &number) || number < 0 || number > INT_MAX)
		return -EINVAL;
	*member = (int)number;
	return 0;
}

static int get_flag(const char *text, bool *member)
{
	int number;

	if (get_count(text, &number) || number > 1)
		return -EINVAL;
	*member = number;
	return 0;
}

static int get_schema(const char *text)
{
	int schema;

	if (get_count(text, &schema))
		return -EINVAL;
	return schema == COLUMNS_SCHEMA ? 0 : -ENOTSUP;
}

/* TIME_COUNT for a time that has no place here. */
static int get_time(const char *text, enum sample_time *member)
{
	int time = 0;

	while (time < TIME_COUNT && strcmp(time_names[time], text))
		time++;
	*member = (enum sample_time)time;
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
	if (*text == '-')
		return -EINVAL;
	return csv_get_real(text, member);
}

static int get_maybe(const char *text, int64_t *member)
{
	*member = -1;
	return *text ? csv_get_integer(text, member) : 0;
}

static int get_run_id(struct words *words, const char *text)
{
	if (!is_made_of(text, LETTERS CAPITALS DIGITS "_.:-"))
		return -EINVAL;
	if (words->run_id)
		return 0;
	words->run_id = intern(words, text);
	return words->run_id ? 0 : -ENOMEM;
}

static int get_column(struct words *words, enum column_kind kind,
		      const char *text, void *member)
{
	switch (kind) {
	case KIND_SCHEMA:
		return get_schema(text);
	case KIND_RUN_ID:
		return get_run_id(words, text);
	case KIND_FLAG:
		return get_flag(text, member);
	case KIND_COUNT:
		return get_count(text, member);
	case KIND_SIZE:
		return csv_get_size(text, member);
	case KIND_NAME:
		return get_name(words, text, member);
	case KIND_WORD:
		return get_word(words, text, member);
	case KIND_TIME:
		return get_time(text, member);
	case KIND_ERRNO:
		return get_error(text, member);
	case KIND_ERRNOS:
		return get_errnos(text, member);
	case KIND_NS:
	case KIND_RATIO:
		return get_measured(text, member);
	case KIND_INTEGER:
		return get_maybe(text, member);
	case KIND_OUTCOME:
		return outcome_number(text, member);
	}
	return -EINVAL;
}

static int explain(struct column_reader *reader, int error,
		   const struct column *column, const char *text)
{
	if (error == -ENOMEM)
		snprintf(reader->why, reader->why_bytes, "%s",
			 strerror(ENOMEM));
	else if (error == -ENOTSUP)
		snprintf(reader->why, reader->why_bytes,
			 "schema %.20s is not %d, the one known here", text,
			 COLUMNS_SCHEMA);
	else
		snprintf(reader->why, reader->why_bytes,
			 "line %lu: %s cannot be \"%.40s\"", reader->line,
			 column->name, text);
	return error == -ENOMEM || error == -ENOTSUP ? error : -EBADMSG;
}

/* The column and the text that name the cell of a row. */
static int explain_cell(struct column_reader *reader, char *const *fields,
			int error)
{
	const struct column_reading *reading = reader->reading;
	size_t i = 0;

	while (i + 1 < reading->count &&
	       strcmp(reading->columns[i].name, "cell_id"))
		i++;
	return explain(reader, error, &reading->columns[i], fields[i]);
}

static int on_row(void *context, char *const *fields, unsigned long line)
{
	struct column_reader *reader = context;
	const struct column_reading *reading = reader->reading;
	int error;

	if (line != ++reader->line) {
		snprintf(reader->why, reader->why_bytes,
			 "line %lu is not one row", reader->line);
		return -EBADMSG;
	}
	memset(reading->row, 0, reading->row_bytes);
	for (size_t i = 0; i < reading->count; i++) {
		const struct column *column = &reading->columns[i];

		error = get_column(reading->words, column->kind, fields[i],
				   (char *)reading->row + column->offset);
		if (error)
			return explain(reader, error, column, fields[i]);
	}
	error = reading->take(reading->context);
	return error ? explain_cell(reader, fields, error) : 0;
}

int columns_read(FILE *stream, const struct column_reading *reading, char *why,
		 size_t why_bytes)
{
	struct column_reader reader = { reading, 1, why, why_bytes };
	const char *names[COLUMNS_MAX];

	assert(reading->count <= COLUMNS_MAX);
	for (size_t i = 0; i < reading->count; i++)
		names[i] = reading->columns[i].name;
	return csv_read_cut(stream, names, reading->count, on_row, &reader,
			    reading->cut, why, why_bytes);
}

int columns_read_file(const char *dir, const char *name,
		      const struct column_reading *reading, char *why,
		      size_t why_bytes)
{
	char *path = join_path(dir, name);
	FILE *stream = path ? fopen(path, "re") : NULL;
	int error = path ? -errno : -ENOMEM;

	free(path);
	if (!stream) {
		snprintf(why, why_bytes, "%s", strerror(-error));
		return error;
	}
	error = columns_read(stream, reading, why, why_bytes);
	fclose(stream);
	return error;
}

void words_release(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->list[i]);
	free(words->list);
	*words = (struct words){ 0 };
}
