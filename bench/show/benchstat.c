/* SPDX-License-Identifier: MIT */
/* A run as Go's benchmarks; see benchstat.h. */

#include "bench/show/benchstat.h"

#include <errno.h>
#include <string.h>

#include "bench/files/axes.h"
#include "bench/judge/scales.h"
#include "bench/machine/text.h"

int benchstat_print(FILE *stream, const char *name,
		    const struct samples *samples)
{
	struct scales scales;
	int error = scales_make(&scales, samples->list, samples->count);

	if (error)
		return error;
	fputs("run: ", stream);
	text_put(name, "", stream);
	fputs("\n", stream);
	for (size_t i = 0; i < samples->cells.count; i++) {
		const struct cell *cell = &samples->cells.rows[i].cell;
		const size_t count =
			quiet_parents(cell->id, &scales, scales.weights);

		for (size_t k = 0; k < count && cell->creates_nothing != 1; k++)
			fprintf(stream,
				"BenchmarkSpawn/strategy=%s 1 %.0f ns/op\n",
				axes_name(cell, '=').text,
				scales.weights[k].quiet_ns);
	}
	scales_release(&scales);
	return ferror(stream) ? -EIO : 0;
}
