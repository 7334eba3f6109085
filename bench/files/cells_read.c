/* SPDX-License-Identifier: MIT */
/*
 * Reading cells.csv by the table of its columns.
 *
 * Runs are passed on between people, and what is read here ends up in scripts
 * of shell and gnuplot: no field may hold what either takes for more than a
 * word, and a row is one line, so that every reader sees the same rows.
 */

#include "bench/files/cells.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/files/cells_columns.h"
#include "bench/files/csv.h"
#include "bench/files/errname.h"
#include "bench/files/replace.h"

#define ERRNOS_BYTES (sizeof((struct summary *)0)->errnos)
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct cells_reader {
	struct cells *cells;
	unsigned long line; /* of the row before */
	char *why;
	size_t why_bytes;
};

/* The copy of text that belongs to cells, or NULL without memory. Strategies
 * and backings are few, so looking along the list is quick enough. */
static const char *intern(struct cells *cells, const char *text)
{
	char **strings;

	for (size_t i = 0; i < cells->string_count; i++)
		if (!strcmp(cells->strings[i], text))
			return cells->strings[i];
	strings = reallocarray(cells->strings, cells->string_count + 1,
			       sizeof *strings);
	if (!strings)
		return NULL;
	cells->strings = strings;
	strings += cells->string_count;
	*strings = strdup(text);
	if (*strings)
		cells->string_count++;
	return *strings;
}

/* Whether text is not empty and made of these characters only. */
static bool is_made_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

static int get_word(struct cells *cells, const char *text, const char **member)
{
	if (!is_made_of(text, LETTERS DIGITS "_"))
		return -EINVAL;
	*member = intern(cells, text);
	return *member ? 0 : -ENOMEM;
}

static int get_name(struct cells *cells, const char *text, const char **member)
{
	if (!strchr(LETTERS, *text))
		return -EINVAL;
	return get_word(cells, text, member);
}

static int get_count(const char *text, int *member)
{
	int64_t number;

	if (csv_get_integer(text, &number) || number < 0 || number > INT_MAX)
		return -EINVAL;
	*member = (int)number;
	return 0;
}

static int get_schema(const char *text)
{
	int schema;

	if (get_count(text, &schema))
		return -EINVAL;
	return schema == CELLS_SCHEMA ? 0 : -ENOTSUP;
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

static int get_commit(const char *text, int64_t *member)
{
	*member = -1;
	return *text ? csv_get_integer(text, member) : 0;
}

static int get_run_id(struct cells *cells, const char *text)
{
	if (!is_made_of(text, LETTERS CAPITALS DIGITS "_.:-"))
		return -EINVAL;
	if (cells->run_id)
		return 0;
	cells->run_id = intern(cells, text);
	return cells->run_id ? 0 : -ENOMEM;
}

static int get_column(struct cells *cells, enum cells_kind kind,
		      const char *text, void *member)
{
	switch (kind) {
	case KIND_SCHEMA:
		return get_schema(text);
	case KIND_RUN_ID:
		return get_run_id(cells, text);
	case KIND_COUNT:
		return get_count(text, member);
	case KIND_SIZE:
		return csv_get_size(text, member);
	case KIND_NAME:
		return get_name(cells, text, member);
	case KIND_WORD:
		return get_word(cells, text, member);
	case KIND_TIME:
		return get_time(text, member);
	case KIND_ERRNO:
		return get_error(text, member);
	case KIND_ERRNOS:
		return get_errnos(text, member);
	case KIND_NS:
	case KIND_RATIO:
		return get_measured(text, member);
	case KIND_COMMIT:
		return get_commit(text, member);
	case KIND_OUTCOME:
		return outcome_number(text, member);
	}
	return -EINVAL;
}

static int explain(struct cells_reader *reader, int error, unsigned long line,
		   const struct cells_column *column, const char *text)
{
	if (error == -ENOMEM)
		snprintf(reader->why, reader->why_bytes, "%s",
			 strerror(ENOMEM));
	else if (error == -ENOTSUP)
		snprintf(reader->why, reader->why_bytes,
			 "schema %.20s is not %d, the one known here", text,
			 CELLS_SCHEMA);
	else
		snprintf(reader->why, reader->why_bytes,
			 "line %lu: %s cannot be \"%.40s\"", line, column->name,
			 text);
	return error == -ENOMEM || error == -ENOTSUP ? error : -EBADMSG;
}

static int add_row(struct cells_reader *reader, const struct summary *row)
{
	struct cells *cells = reader->cells;
	struct summary *rows =
		reallocarray(cells->rows, cells->count + 1, sizeof *rows);

	if (!rows)
		return explain(reader, -ENOMEM, 0, NULL, NULL);
	cells->rows = rows;
	rows[cells->count++] = *row;
	return 0;
}

static int on_row(void *context, char *const *fields, unsigned long line)
{
	struct cells_reader *reader = context;
	struct summary row = { 0 };

	if (line != ++reader->line) {
		snprintf(reader->why, reader->why_bytes,
			 "line %lu is not one row", reader->line);
		return -EBADMSG;
	}
	for (size_t i = 0; i < CELLS_COLUMN_COUNT; i++) {
		const struct cells_column *column = &cells_columns[i];
		int error = get_column(reader->cells, column->kind, fields[i],
				       (char *)&row + column->offset);

		if (error)
			return explain(reader, error, line, column, fields[i]);
	}
	return row.time < TIME_COUNT ? add_row(reader, &row) : 0;
}

int cells_parse(FILE *stream, struct cells *cells, char *why, size_t why_bytes)
{
	struct cells_reader reader = { cells, 1, why, why_bytes };
	const char *names[CELLS_COLUMN_COUNT];
	int error;

	*cells = (struct cells){ 0 };
	for (size_t i = 0; i < CELLS_COLUMN_COUNT; i++)
		names[i] = cells_columns[i].name;
	error = csv_read(stream, names, CELLS_COLUMN_COUNT, on_row, &reader,
			 why, why_bytes);
	if (error)
		cells_release(cells);
	else if (!cells->run_id)
		cells->run_id = "";
	return error;
}

/* Samples are written from the start of a run, cells at its end. */
static int explain_missing(const char *dir, int error, char *why,
			   size_t why_bytes)
{
	char *samples = join_path(dir, "samples.csv");

	snprintf(why, why_bytes, "%s",
		 error == -ENOENT && samples && !access(samples, F_OK)
			 ? "it has no cells.csv: the run was killed or is "
			   "still at work"
			 : strerror(-error));
	free(samples);
	return error;
}

int cells_read(const char *dir, struct cells *cells, char *why,
	       size_t why_bytes)
{
	char *path = join_path(dir, "cells.csv");
	FILE *stream = path ? fopen(path, "re") : NULL;
	int error = path ? -errno : -ENOMEM;

	free(path);
	if (!stream)
		return explain_missing(dir, error, why, why_bytes);
	error = cells_parse(stream, cells, why, why_bytes);
	fclose(stream);
	return error;
}

void cells_release(struct cells *cells)
{
	for (size_t i = 0; i < cells->string_count; i++)
		free(cells->strings[i]);
	free(cells->strings);
	free(cells->rows);
	*cells = (struct cells){ 0 };
}
