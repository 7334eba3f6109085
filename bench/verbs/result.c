/* SPDX-License-Identifier: MIT */
/* What samples say, summed and judged; see result.h. */

#include "bench/verbs/result.h"

#include <errno.h>
#include <stdlib.h>

static int sum(struct result *result, const struct summary *planned,
	       size_t cell_count, const struct sample *samples,
	       size_t sample_count)
{
	struct cell *cells = calloc(cell_count, sizeof *cells);
	int error;

	if (!cells)
		return -ENOMEM;
	for (size_t i = 0; i < cell_count; i++)
		cells[i] = planned[i].cell;
	error = summarise(cells, cell_count, samples, sample_count,
			  result->rows);
	free(cells);
	for (size_t i = 0; i < result->count && !error; i++) {
		result->rows[i].predicted = planned[i / TIME_COUNT].predicted;
		result->rows[i].commit_bytes =
			planned[i / TIME_COUNT].commit_bytes;
	}
	return error;
}

int result_sum(struct result *result, const struct summary *cells,
	       size_t cell_count, const struct sample *samples,
	       size_t sample_count)
{
	int error = -ENOMEM;

	*result = (struct result){ .count = cell_count * TIME_COUNT };
	result->rows = calloc(result->count, sizeof *result->rows);
	if (result->rows)
		error = sum(result, cells, cell_count, samples, sample_count);
	if (!error)
		error = reference_quality(samples, sample_count,
					  &result->quality);
	if (error)
		free(result->rows);
	else
		reference_verdict(&result->quality, result->verdict,
				  sizeof result->verdict);
	return error;
}

void result_describe(const struct result *result, json_t *host)
{
	json_object_set_new(host, "reference_spread",
			    json_real(result->quality.spread));
	json_object_set_new(host, "verdict", json_string(result->verdict));
}
