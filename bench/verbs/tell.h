/* SPDX-License-Identifier: MIT */
/*
 * Findings as lines: a subject on the left, what is known of it on the right.
 */
#ifndef VERBS_TELL_H
#define VERBS_TELL_H

#include "bench/show/table.h"

/* One line: a subject, left blank when it goes on, and what is known. */
#define tell(table, subject, style, ...)                                       \
	do {                                                                   \
		table_cell((table), "%s", (subject));                          \
		table_span((table), __VA_ARGS__);                              \
		table_row((table), (style));                                   \
	} while (0)

#endif
