/* SPDX-License-Identifier: MIT */
/*
 * The values of axes as people write them: sizes and comma lists.
 *
 * How sizes are written for people stands in show/units.h, where the tables
 * can reach it too.
 */
#ifndef VERBS_AXES_H
#define VERBS_AXES_H

#include <stddef.h>
#include <stdint.h>

#include "bench/show/units.h"

/*
 * Read a size: "0", "4096", "64M", "1.5G", "512KiB", "1g". K, M, G and T are
 * powers of 1024, with or without "iB" or "B". Returns 0, -EINVAL for what is
 * not a size, -ERANGE beyond 64 bits. A fraction needs a unit, has at most 9
 * digits and is cut to whole bytes.
 */
int size_parse(const char *text, uint64_t *bytes);

/* What is wrong with a size, as a phrase for the user: for the errors of
 * size_parse(). */
const char *size_error(int error);

/*
 * Read a stretch of time: "100ms", "2s", "1.5m", "1h", "7d", or a number of
 * seconds. Returns 0, -EINVAL for what is not one, -ERANGE beyond 64 bits of
 * nanoseconds; of a fraction 9 digits at most.
 */
int span_parse(const char *text, uint64_t *ns);

/* Read a whole number of at least low and at most high, in base 10, without
 * sign or blank. Returns 0, -EINVAL or -ERANGE. */
int count_parse(const char *text, long low, long high, long *count);

/* Called for each item of a list; a negative result ends the walk. */
typedef int list_item(void *data, const char *item);

/*
 * Walk a comma list: calls take for every item, in order. Returns 0, -EINVAL
 * for an empty item, -EEXIST for one that occurred before, -E2BIG for an item
 * of more than 63 characters, or what take returned. On an error the item is
 * copied to culprit (64 bytes), which may be NULL.
 */
int list_split(const char *text, list_item *take, void *data, char *culprit);

#endif
