/* SPDX-License-Identifier: MIT */
/* Rows as JSON; see rows.h. */
#ifndef ROWS_ROW_JSON_H
#define ROWS_ROW_JSON_H

#include <jansson.h>

#include "bench/rows/rows.h"

/* A row as an object, numbers as in CSV, what is unknown as null; the caller's.
 * NULL: no memory.
 */
json_t *row_json(const struct row_type *type, const void *row);

/* Rows as a list of objects, likewise. */
json_t *row_list_json(const struct row_type *type, const struct row_list *list);

/* Print a value and release it; NULL is -ENOMEM. What became of the stream is
 * the caller's to ask. */
int row_json_print(json_t *value, FILE *stream);

#endif
