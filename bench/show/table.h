/* SPDX-License-Identifier: MIT */
/*
 * Plain text for people: lines, sentences and tables.
 *
 * The rows of a table are collected first, since a column is as wide as its
 * widest cell. Where a line would be too long for the terminal, its last cell
 * goes on below itself. Colour is used on a terminal only, and not at all with
 * NO_COLOR.
 */
#ifndef SHOW_TABLE_H
#define SHOW_TABLE_H

#include <limits.h>

#include "bench/rows/rows.h"

/*
 * Lines of text: how wide they are, and how wide they may be; words of a
 * command line, for hints that people copy; and sentences with the values of a
 * row: "it has {ram_bytes} of RAM". Widths count UTF-8 code points: enough for
 * "µs", and free of the locale.
 */

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

/* A text as one word of sh(1): as it is where it needs no quotes, else in
 * single ones. What does not fit is cut off. shell_word(path).text lives until
 * the end of the statement. */
struct shell_word {
	char text[2 * PATH_MAX];
};
struct shell_word shell_word(const char *text);

/*
 * The template with each {name} replaced by the row's field of that name, as
 * people read such a value; "-" is what is unknown. A FIELD_TEXT with words has
 * those instead of its own: pairs of word and phrase, up to a NULL. A name that
 * no part has stays in its braces. The caller's to free(); NULL: no memory.
 */
char *fill(const char *template, const struct row_part *parts, const void *row);

#define TABLE_COLUMNS_MAX 12

enum table_style {
	TABLE_PLAIN,
	TABLE_STRONG, /* headings, the best of a group */
	TABLE_FAINT,  /* asides */
	TABLE_BAD,    /* refused, failed */
};

/* One line: cells owned by the table. */
struct table_row {
	char *cells[TABLE_COLUMNS_MAX];
	int cell_count;
	bool spans; /* the last cell runs on over the columns after it */
	enum table_style style;
};

struct table {
	const char *align; /* a letter a column: 'l' or 'r' */
	int hang;	   /* blanks more where a cell goes on below itself */
	int columns;	   /* of a line; 0: the terminal's, or any number */
	bool markdown;	   /* its first row are the heads */
	const struct row_part *parts; /* for report_row() */
	const void *row;
	struct table_row *rows;
	size_t count;
	struct table_row next; /* the row being filled */
	int error;	       /* the first -ENOMEM; told by table_print() */
};

/* Begin an empty table; nothing is allocated. align must outlive it. */
void table_init(struct table *table, const char *align);

/* Add a row of column heads, which end with NULL. */
void table_heads(struct table *table, const char *const *heads);

/* Add one cell to the row being filled. */
void table_cell(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add the row's last cell, which may be wider than its column. */
void table_span(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add a duration, an interval of them ("69.2 to 71.0 µs", the first unit left
 * out where both are the same), or two quotients ("1.00", "12.3 to 12.9"). NAN
 * becomes "-". */
void table_duration(struct table *table, double ns);
void table_interval(struct table *table, double low_ns, double high_ns);
void table_ratio(struct table *table, double low, double high);

/* End the row being filled; without a cell it is a blank line. */
void table_row(struct table *table, enum table_style style);

/* Add a row that is a report line: a subject, left blank where the last one
 * goes on, and what is known of it, which may be wider than its column. */
void report_line(struct table *table, const char *subject,
		 enum table_style style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with the {fields} of the table's row in the text; see fill(). */
void report_row(struct table *table, const char *subject,
		enum table_style style, const char *text);

/* Write all rows, two blanks between columns and none at line ends, and free
 * them. Returns 0, -ENOMEM if a row was lost, or -EIO when the stream failed.
 */
int table_print(struct table *table, FILE *stream);

/* Free the rows of a table that is not printed. */
void table_release(struct table *table);

#endif
