/* SPDX-License-Identifier: MIT */
/* What is told of a lab's rows. */
#ifndef LABS_REPORT_H
#define LABS_REPORT_H

#include "bench/labs/labs.h"

struct table;

/* Tell of the rows of the part that was tried, in the order of struct lab_part.
 * 0, or -errno of the text's stream. */
int report(struct lab_context *context);

/* A text of the part with the values of a row, the caller's to free(); NULL: no
 * memory. */
char *report_fill(const struct lab_context *context, const char *text,
		  const void *row);

/* Write a paragraph to the text, broken into lines, and an empty line. */
void report_text(struct lab_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Write a table to the text and an empty line, and release it. 0, or -errno of
 * table_print(). */
int report_table(struct lab_context *context, struct table *table);

/* What ends a process's memory: pairs of a word of stopped_by and its phrase,
 * for a field of texts. */
extern const char *const bound_phrases[];

/* Whether it is a limit of this process alone, set by setrlimit(2): it says
 * nothing of the machine. */
bool bound_is_own(const char *word);

#endif
