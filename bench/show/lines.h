/* SPDX-License-Identifier: MIT */
/*
 * Lines of text for people: how wide they are, and how wide they may be; words
 * of a command line, for hints that people copy; and sentences with the values
 * of a row: "it has {ram_bytes} of RAM".
 *
 * Widths count UTF-8 code points: enough for "µs", and free of the locale.
 */
#ifndef SHOW_LINES_H
#define SHOW_LINES_H

#include "bench/rows/rows.h"

/* Columns that so many bytes of text take on a terminal. */
int lines_width(const char *text, size_t bytes);

/* Columns of the terminal that a stream goes to, 80 if it does not tell; 0: it
 * goes to none. */
int lines_terminal(FILE *stream);

/* Columns for sentences on a stream: 80, or those of its terminal if they are
 * fewer; at least 40. */
int lines_columns(FILE *stream);

/* Print words with one blank between, broken at blanks and behind bars into
 * lines that begin at column and end at most at columns; used is where the line
 * stands. Returns where it stands then. */
int lines_print(FILE *stream, const char *text, int column, int used,
		int columns);

/* Write text as one word of sh(1): as it is where it needs no quotes, else in
 * single ones. What does not fit is cut off. */
void shell_word(const char *text, char *word, size_t length);

/*
 * The template with each {name} replaced by the row's field of that name, as
 * people read such a value; "-" is what is unknown. A FIELD_TEXT with words has
 * those instead of its own: pairs of word and phrase, up to a NULL. A name that
 * no part has stays in its braces. The caller's to free(); NULL: no memory.
 */
char *fill(const char *template, const struct row_part *parts, const void *row);

#endif
