/* SPDX-License-Identifier: MIT */
/*
 * A run as text that benchstat and other tools for Go's benchmarks read
 * (golang.org/design/14313-benchmark-format).
 */
#ifndef SHOW_BENCHSTAT_H
#define SHOW_BENCHSTAT_H

#include <stdio.h>

#include "bench/files/samples.h"

/*
 * Print the run under the key "run" with this name: for each cell, from which
 * what creates nothing is left out, a line for each process that nothing
 * disturbed, with the 10 % quantile of its reap. 0, -EIO, or -ENOMEM.
 */
int benchstat_print(FILE *stream, const char *name,
		    const struct samples *samples);

#endif
