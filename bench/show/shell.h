/* SPDX-License-Identifier: MIT */
/* Words of a command line, for hints that people copy. */
#ifndef SHOW_SHELL_H
#define SHOW_SHELL_H

#include <stddef.h>

/* Write text as one word of sh(1): as it is where it needs no quotes, else in
 * single ones. What does not fit is cut off. */
void shell_word(const char *text, char *word, size_t length);

#endif
