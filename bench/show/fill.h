/* SPDX-License-Identifier: MIT */
/* Sentences with the values of a row: "it has {ram_bytes} of RAM". */
#ifndef SHOW_FILL_H
#define SHOW_FILL_H

#include "bench/rows/rows.h"

/*
 * The template with each {name} replaced by the row's field of that name, as
 * people read such a value; "-" is what is unknown. A FIELD_TEXT with words has
 * those instead of its own: pairs of word and phrase, up to a NULL. A name that
 * no part has stays in its braces. The caller's to free(); NULL: no memory.
 */
char *fill(const char *template, const struct row_part *parts, const void *row);

#endif
