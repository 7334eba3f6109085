/* SPDX-License-Identifier: MIT */
/* Lines of text for people, sentences, and words for shells; see lines.h. */

#include "bench/show/lines.h"

#include <string.h>
#include <sys/ioctl.h>

#include "bench/machine/units.h"

#define MOST_COLUMNS 80
#define LEAST_COLUMNS 40

int lines_width(const char *text, size_t bytes)
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
void shell_word(const char *text, char *word, size_t length)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:@%+=,-";
	size_t used = 0;

	if (*text && !text[strspn(text, plain)]) {
		snprintf(word, length, "%s", text);
		return;
	}
	/* Room is kept for an escaped quote, the last one and the NUL. */
	word[used++] = '\'';
	for (; *text && used + 6 < length; text++) {
		if (*text == '\'')
			used += (size_t)sprintf(word + used, "'\\'");
		word[used++] = *text;
	}
	word[used++] = '\'';
	word[used] = '\0';
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
