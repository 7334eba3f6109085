/* SPDX-License-Identifier: MIT */
/* The line that a served process leaves in the file of `with --report`. */
#ifndef PRELOAD_REPORT_H
#define PRELOAD_REPORT_H

#include <stdbool.h>

/* Remember the file, or NULL, and what standard error is. */
void report_begin(const char *file);

bool report_is_wanted(void);

/* Append it to the file. What fails is one line on standard error, if the
 * program has left that as it was; the program ends as it would have. */
void report_line(const char *line);

#endif
