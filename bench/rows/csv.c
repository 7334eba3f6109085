/* SPDX-License-Identifier: MIT */
/*
 * Writing and reading CSV, and fields as numbers.
 *
 * Lines are handed to libcsv one by one, so that an error can say on which line
 * it happened: libcsv itself counts none.
 */

#include "bench/rows/csv.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "bench/machine/failure.h"
#include "bench/machine/text.h"

void csv_put_text(struct csv_writer *writer, const char *text)
{
	const bool quoted = text && text[strcspn(text, ",\"\r\n")];
	char piece[5];

	if (writer->in_row)
		putc(',', writer->stream);
	writer->in_row = true;
	if (quoted)
		putc('"', writer->stream);
	while (text && *text) {
		text += text_piece(text, "\r\n\t", piece);
		if (*piece == '"')
			putc('"', writer->stream);
		fputs(piece, writer->stream);
	}
	if (quoted)
		putc('"', writer->stream);
}

const char *csv_real(char *text, double number, int decimals)
{
	if (!isfinite(number))
		return "";
	snprintf(text, CSV_REAL_BYTES, "%.*f", decimals, number);
	return text;
}

int csv_end_row(struct csv_writer *writer)
{
	putc('\n', writer->stream);
	writer->in_row = false;
	if (ferror(writer->stream) && !writer->error)
		writer->error = errno ? errno : EIO;
	return -writer->error;
}

/* strtoll(3) takes " 1" and "+1"; a file of ours has neither. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int csv_get_integer(const char *text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return *end || !is_digit(text[*text == '-']) ? -EINVAL : -errno;
}

int csv_get_real(const char *text, double *number)
{
	double value;
	char *end;

	if (!*text) {
		*number = NAN;
		return 0;
	}
	if (!is_digit(text[*text == '-']))
		return -EINVAL;
	value = strtod(text, &end);
	if (*end)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*number = value;
	return 0;
}

int csv_drop_cut_row(const char *path)
{
	char end[4096]; /* longer than any row */
	OWNED_FD fd = open(path, O_RDWR | O_CLOEXEC);
	const off_t room = (off_t)sizeof end;
	off_t size, from;
	ssize_t length;
	const char *last;

	if (fd < 0)
		return -errno;
	size = lseek(fd, 0, SEEK_END);
	from = size > room ? size - room : 0;
	length = pread(fd, end, sizeof end, from);
	last = length > 0 ? memrchr(end, '\n', (size_t)length) : NULL;
	return last && ftruncate(fd, from + (last + 1 - end)) ? -errno : 0;
}

struct csv_reader {
	const struct csv_reading *reading;
	size_t *places; /* of each column in the header, from 1 on; 0: none */
	size_t header_count; /* 0: it was not read yet */
	char **fields;	     /* of this row so far; owned */
	size_t field_count;
	char **row; /* the fields that are asked for, by column */
	unsigned long line;
	int error; /* negative; the first one sticks */
};

#define FAIL(reader, number, ...)                                              \
	((reader)->error =                                                     \
		 fail((reader)->reading->why, number, NULL, __VA_ARGS__))

static void fail_system(struct csv_reader *reader, int error)
{
	FAIL(reader, -error, "%s", strerror(error));
}

static void on_field(void *text, size_t bytes, void *data)
{
	struct csv_reader *reader = data;
	char *field = strdup(text);

	if (!field || list_add(&reader->fields, &reader->field_count, &field,
			       sizeof field)) {
		free(field);
		fail_system(reader, ENOMEM);
	} else if (strlen(text) != bytes && !reader->error) {
		FAIL(reader, -EBADMSG, "line %lu holds a NUL byte",
		     reader->line);
	}
}

static void find_column(struct csv_reader *reader, size_t column)
{
	const struct csv_reading *reading = reader->reading;
	const char *name = reading->columns[column];
	size_t *place = &reader->places[column];

	for (size_t i = 0; i < reader->field_count; i++) {
		if (strcmp(reader->fields[i], name) != 0)
			continue;
		if (*place)
			FAIL(reader, -EBADMSG, "column %s is there twice",
			     name);
		*place = i + 1;
	}
	if (!*place && column < reading->column_count - reading->optional_count)
		FAIL(reader, -EBADMSG, "column %s is missing", name);
}

static void take_row(struct csv_reader *reader)
{
	const struct csv_reading *reading = reader->reading;

	if (reader->field_count != reader->header_count) {
		FAIL(reader, -EBADMSG, "line %lu has %zu fields, not %zu",
		     reader->line, reader->field_count, reader->header_count);
		return;
	}
	for (size_t i = 0; i < reading->column_count; i++)
		if (reader->places[i])
			reader->row[i] = reader->fields[reader->places[i] - 1];
	reader->error =
		reading->row(reading->context, reader->row, reader->line);
}

static void forget_fields(struct csv_reader *reader)
{
	while (reader->field_count)
		free(reader->fields[--reader->field_count]);
}

static void on_row(int terminator, void *data)
{
	struct csv_reader *reader = data;

	(void)terminator;
	if (!reader->error && reader->header_count) {
		take_row(reader);
	} else if (!reader->error) {
		reader->header_count = reader->field_count;
		for (size_t i = reader->reading->column_count; i--;)
			find_column(reader, i); /* the first one is told */
	}
	forget_fields(reader);
}

/* RFC 4180: spaces are part of a field. libcsv would trim them. */
static int never_space(unsigned char character)
{
	(void)character;
	return 0;
}

static void parse_line(struct csv_reader *reader, struct csv_parser *parser,
		       const char *line, size_t bytes)
{
	reader->line++;
	if (line[bytes - 1] != '\n') {
		if (reader->reading->cut && reader->header_count) {
			*reader->reading->cut = true;
			return;
		}
		FAIL(reader, -EBADMSG, "line %lu is cut off", reader->line);
		return;
	}
	if (csv_parse(parser, line, bytes, on_field, on_row, reader) == bytes ||
	    reader->error)
		return;
	if (csv_error(parser) == CSV_EPARSE)
		FAIL(reader, -EBADMSG, "line %lu has a stray quote",
		     reader->line);
	else
		fail_system(reader, ENOMEM);
}

static void parse_end(struct csv_reader *reader, struct csv_parser *parser)
{
	if (csv_fini(parser, on_field, on_row, reader) && !reader->error)
		FAIL(reader, -EBADMSG, "a quoted field is never closed");
	else if (!reader->error && !reader->header_count)
		FAIL(reader, -EBADMSG, "it is empty");
}

static void parse_stream(struct csv_reader *reader, struct csv_parser *parser,
			 FILE *stream)
{
	size_t capacity = 0;
	OWNED_TEXT line = NULL;
	ssize_t bytes;

	errno = 0;
	while (!reader->error &&
	       (bytes = getline(&line, &capacity, stream)) > 0)
		parse_line(reader, parser, line, (size_t)bytes);
	if (!reader->error && !feof(stream))
		fail_system(reader, errno ? errno : EIO);
	if (!reader->error)
		parse_end(reader, parser);
}

int csv_read(FILE *stream, const struct csv_reading *reading)
{
	const size_t count = reading->column_count;
	struct csv_reader reader = {
		.reading = reading,
		.places = calloc(count, sizeof *reader.places),
		.row = calloc(count, sizeof *reader.row),
	};
	struct csv_parser parser;

	/* Without CSV_STRICT libcsv repairs what is broken, in silence. */
	if (!reader.places || !reader.row ||
	    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL)) {
		fail_system(&reader, ENOMEM);
	} else {
		csv_set_space_func(&parser, never_space);
		parse_stream(&reader, &parser, stream);
		csv_free(&parser);
		forget_fields(&reader);
	}
	free(reader.places);
	free(reader.fields);
	free(reader.row);
	return reader.error;
}
