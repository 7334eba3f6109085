/* SPDX-License-Identifier: MIT */
/* Quoting for sh(1): nothing is special in single quotes but their end. */

#include "bench/show/shell.h"

#include <stdio.h>
#include <string.h>

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
