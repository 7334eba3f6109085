/* SPDX-License-Identifier: MIT */
/* What a comparison says, to people and to programs. */
#ifndef SHOW_COMPARISON_H
#define SHOW_COMPARISON_H

#include <jansson.h>
#include <stdio.h>

#include "bench/files/samples.h"
#include "bench/judge/compare.h"

/* Everything is borrowed. */
struct comparison_report {
	const char *names[2]; /* of A and B: folders, or strategies */
	bool strategies;
	const char *run_id; /* of B */
	json_t *hosts[2];   /* host.json; NULL: not known */
	const struct comparisons *found;
};

/* Print to stdout as "table", "csv", "json" or "markdown". 0, -EIO, or -ENOMEM.
 */
int comparison_print(const struct comparison_report *report,
		     const char *format);

/* compare.csv. Errors as csv_end_row(). */
int comparison_put_csv(const struct comparison_report *report, FILE *stream);

/*
 * A run as text that benchstat and other tools for Go's benchmarks read
 * (golang.org/design/14313-benchmark-format), under the key "run" with this
 * name: for each cell, from which what creates nothing is left out, a line for
 * each process that nothing disturbed, with the 10 % quantile of its reap. 0,
 * -EIO, or -ENOMEM.
 */
int comparison_put_run(const char *name, const struct samples *samples,
		       FILE *stream);

#endif
