/* SPDX-License-Identifier: MIT */
/*
 * Lines and sentences, and collecting rows and printing them in aligned
 * columns. Longer than other files: a table breaks its cells into lines, and
 * fills its rows with sentences.
 */

#include "bench/show/table.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/machine/text.h"
#include "bench/machine/units.h"

#define MOST_COLUMNS 80
#define LEAST_COLUMNS 40

/* Columns that so many bytes of text take on a terminal. */
static int lines_width(const char *text, size_t bytes)
{
	int columns = 0;

	for (size_t i = 0; i < bytes; i++)
		columns += (text[i] & 0xc0) != 0x80;
	return columns;
}

int lines_terminal(FILE *stream)
{
	struct winsize size;

	if (ioctl(fileno(stream), TIOCGWINSZ, &size))
		return 0;
	return size.ws_col ? size.ws_col : MOST_COLUMNS;
}

int lines_columns(FILE *stream)
{
	const int columns = lines_terminal(stream);

	if (!columns || columns > MOST_COLUMNS)
		return MOST_COLUMNS;
	return columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns;
}

int lines_print(FILE *stream, const char *text, int column, int used,
		int columns)
{
	const char *between = used > column ? " " : "";

	while (*(text += strspn(text, " \n"))) {
		const size_t word = strcspn(text, " \n|");
		const size_t bytes = word + (text[word] == '|');
		const int width = lines_width(text, bytes);
		const int blank = *between == ' ';

		if (used > column && used + blank + width > columns)
			used = fprintf(stream, "\n%*s", column, "") - 1;
		else
			used += fprintf(stream, "%s", between);
		between = strchr(" \n", text[bytes]) ? " " : "";
		fprintf(stream, "%.*s", (int)bytes, text);
		used += width;
		text += bytes;
	}
	return used;
}

/* Nothing is special in single quotes but their end. */
struct shell_word shell_word(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:@%+=,-";
	struct shell_word word;
	size_t used = 0;

	if (*text && !text[strspn(text, plain)]) {
		snprintf(word.text, sizeof word.text, "%s", text);
		return word;
	}
	/* Room is kept for an escaped quote, the last one and the NUL. */
	word.text[used++] = '\'';
	for (; *text && used + 6 < sizeof word.text; text++) {
		if (*text == '\'')
			used += (size_t)sprintf(word.text + used, "'\\'");
		word.text[used++] = *text;
	}
	word.text[used++] = '\'';
	word.text[used] = '\0';
	return word;
}

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

static const char *const style_codes[] = {
	[TABLE_PLAIN] = "",
	[TABLE_STRONG] = "\033[1m",
	[TABLE_FAINT] = "\033[2m",
	[TABLE_BAD] = "\033[31m",
};

/* A terminal, TERM not "dumb", and NO_COLOR unset or empty (no-color.org). */
static bool wants_colour(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(stream)) && !(no_color && *no_color) &&
	       !(term && !strcmp(term, "dumb"));
}

/* A last cell is broken into lines where it has this room at least. */
#define BREAK_COLUMNS 20

static int text_width(const char *text)
{
	return lines_width(text, strlen(text));
}

void table_init(struct table *table, const char *align)
{
	*table = (struct table){ .align = align };
}

__attribute__((format(printf, 2, 0))) static void
add_cell(struct table *table, const char *format, va_list values)
{
	struct table_row *row = &table->next;
	OWNED_TEXT text = NULL;
	char *cell;

	if (row->cell_count == TABLE_COLUMNS_MAX ||
	    vasprintf(&text, format, values) < 0)
		text = NULL;
	cell = text ? text_escaped(text, "") : NULL;
	if (cell)
		row->cells[row->cell_count++] = cell;
	else
		table->error = -ENOMEM;
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	add_cell(table, format, values);
	va_end(values);
}

void table_span(struct table *table, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	add_cell(table, format, values);
	va_end(values);
	table->next.spans = true;
}

void table_duration(struct table *table, double ns)
{
	table_cell(table, "%s", duration_column(ns).text);
}

void table_interval(struct table *table, double low_ns, double high_ns)
{
	struct units_text low = duration_column(low_ns);
	const struct units_text high = duration_column(high_ns);
	char *unit = strchr(low.text, ' ');

	if (unit && strchr(high.text, ' ') &&
	    !strcmp(unit, strchr(high.text, ' ')))
		*unit = '\0';
	if (isnan(low_ns) || isnan(high_ns))
		table_cell(table, "-");
	else
		table_cell(table, "%s to %s", low.text, high.text);
}

static int ratio_decimals(double ratio)
{
	return ratio < 9.995 ? 2 : ratio < 99.95;
}

void table_ratio(struct table *table, double low, double high)
{
	if (isnan(low) || isnan(high))
		table_cell(table, "-");
	else if (low == high)
		table_cell(table, "%.*f", ratio_decimals(low), low);
	else
		table_cell(table, "%.*f to %.*f", ratio_decimals(high), low,
			   ratio_decimals(high), high);
}

static void row_release(struct table_row *row)
{
	for (int i = 0; i < row->cell_count; i++)
		free(row->cells[i]);
	*row = (struct table_row){ 0 };
}

void table_row(struct table *table, enum table_style style)
{
	struct table_row *row = &table->next;

	row->style = style;
	if (!list_add(&table->rows, &table->count, row, sizeof *row)) {
		*row = (struct table_row){ 0 };
		return;
	}
	table->error = -ENOMEM;
	row_release(row);
}

void table_heads(struct table *table, const char *const *heads)
{
	for (; *heads; heads++)
		table_cell(table, "%s", *heads);
	table_row(table, TABLE_STRONG);
}

static void measure_widths(const struct table *table, int *widths)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct table_row *row = &table->rows[i];

		for (int c = 0; c < row->cell_count - row->spans; c++) {
			const int width = text_width(row->cells[c]);

			if (width > widths[c])
				widths[c] = width;
		}
	}
}

/* The cell that begins at column at, the last of its row or not; columns: of
 * the line, 0 for any number. */
static void print_cell(const char *text, int width, int at, int hang, bool last,
		       int columns, FILE *stream)
{
	if (last && at + BREAK_COLUMNS <= columns && at + width > columns)
		lines_print(stream, text, at + hang, at, columns);
	else
		fputs(text, stream);
}

static void print_row(const struct table *table, const struct table_row *row,
		      const int *widths, int columns, FILE *stream)
{
	/* Blanks are owed until the next text, so that no line ends in them. */
	int at = 0, owed = 0;

	for (int c = 0; c < row->cell_count; c++) {
		const bool last = c == row->cell_count - 1;
		const bool spans = row->spans && last;
		const int width = text_width(row->cells[c]);
		const int pad = spans ? 0 : widths[c] - width;

		if (table->align[c] == 'r')
			owed += pad;
		if (width) {
			at += fprintf(stream, "%*s", owed, "");
			print_cell(row->cells[c], width, at, table->hang, last,
				   columns, stream);
			at += width;
			owed = 0;
		}
		if (table->align[c] != 'r')
			owed += pad;
		owed += 2;
	}
}

static void print_markdown(const struct table *table, FILE *stream)
{
	for (size_t i = 0; i < table->count; i++) {
		for (int c = 0; c < table->rows[i].cell_count; c++)
			fprintf(stream, "| %s ", table->rows[i].cells[c]);
		fputs("|\n", stream);
		for (const char *c = table->align; !i && *c; c++)
			fputs(*c == 'r' ? "| ---: " : "| --- ", stream);
		fputs(i ? "" : "|\n", stream);
	}
}

void report_line(struct table *table, const char *subject,
		 enum table_style style, const char *format, ...)
{
	va_list values;

	table_cell(table, "%s", subject);
	va_start(values, format);
	add_cell(table, format, values);
	va_end(values);
	table->next.spans = true;
	table_row(table, style);
}

void report_row(struct table *table, const char *subject,
		enum table_style style, const char *text)
{
	OWNED_TEXT filled = fill(text, table->parts, table->row);

	if (filled)
		report_line(table, subject, style, "%s", filled);
	else
		table->error = -ENOMEM;
}

int table_print(struct table *table, FILE *stream)
{
	const int error = table->error;
	const bool colour = wants_colour(stream);
	const int columns =
		table->columns ? table->columns : lines_terminal(stream);
	int widths[TABLE_COLUMNS_MAX] = { 0 };

	measure_widths(table, widths);
	if (table->markdown)
		print_markdown(table, stream);
	for (size_t i = 0; i < table->count && !table->markdown; i++) {
		const struct table_row *row = &table->rows[i];
		const bool painted = colour && row->style != TABLE_PLAIN;

		if (painted)
			fputs(style_codes[row->style], stream);
		print_row(table, row, widths, columns, stream);
		fputs(painted ? "\033[0m\n" : "\n", stream);
	}
	table_release(table);
	return ferror(stream) ? -EIO : error;
}

void table_release(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		row_release(&table->rows[i]);
	free(table->rows);
	row_release(&table->next);
	*table = (struct table){ 0 };
}
