/* SPDX-License-Identifier: MIT */
/* What samples say, summed and judged: the same at the end of a run and for
 * `summarise`. */
#ifndef VERBS_RESULT_H
#define VERBS_RESULT_H

#include <jansson.h>

#include "bench/judge/summary.h"

#define VERDICT_BYTES 256

struct result {
	struct summary *rows; /* TIME_COUNT a cell, as in cells.csv */
	size_t count;
	struct reference_quality quality;
	char verdict[VERDICT_BYTES];
};

/* Sum the samples of these cells, whose predicted and commit_bytes are taken
 * over. After 0 the caller owes free(result->rows). 0, or -ENOMEM. */
int result_sum(struct result *result, const struct summary *cells,
	       size_t cell_count, const struct sample *samples,
	       size_t sample_count);

/* Add to what host.json says of the machine what it says of the result. */
void result_describe(const struct result *result, json_t *host);

#endif
