/* SPDX-License-Identifier: MIT */
/* Lines of text for people, and words for shells; see lines.h. */

#include "bench/show/lines.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

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
