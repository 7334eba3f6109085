/* SPDX-License-Identifier: MIT */
/* The table that a run prints. */
#ifndef SHOW_MATRIX_H
#define SHOW_MATRIX_H

#include <stddef.h>
#include <stdio.h>

#include "bench/files/run.h"

/*
 * Rows are TIME_COUNT a cell, in their order. By the time `reap`: for each
 * overcommit mode and parent state the heaps, for each heap the strategies from
 * the fastest to the slowest. Refused cells show their errno, cells without any
 * spawn "not measured"; strategies that create nothing are the floor of the
 * harness and stand below. At most 110 columns wide. Errors as table_print().
 */
int show_matrix(FILE *stream, const struct summary *rows, size_t count);

#endif
