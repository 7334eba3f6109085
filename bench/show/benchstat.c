/* SPDX-License-Identifier: MIT */
/* A run as Go's benchmarks; see benchstat.h. */

#include "bench/show/benchstat.h"

#include <errno.h>
#include <string.h>

#include "bench/files/axes.h"
#include "bench/judge/scales.h"
#include "bench/machine/text.h"

/* "BenchmarkSpawn/strategy=fork/heap=0/overcommit=0": heap and mode, and what
 * is not the default. */
static void name_cell(const struct cell *cell, char *name, size_t bytes)
{
	const struct row_field *axis;

	snprintf(name, bytes, "BenchmarkSpawn/strategy=%s", cell->strategy);
	for (size_t i = 0; (axis = axis_at(i)); i++) {
		const enum axis_kind kind = axis->axis->kind;
		const struct units_text text = axis_text(axis, cell);

		if (kind == AXIS_GROUP || kind == AXIS_SETTING ||
		    strcmp(text.text, axis->axis->fallback) != 0)
			text_join(name, bytes, "/", "%s=%s", axis->axis->name,
				  text.text);
	}
}

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
		const struct group group = scales_find(&scales, cell->id);
		const size_t count =
			quiet_parents(&group, TIME_REAP, &scales, scales.quiet);
		char text[AXES_STATE_BYTES];

		name_cell(cell, text, sizeof text);
		for (size_t k = 0; k < count && cell->creates_nothing != 1; k++)
			fprintf(stream, "%s 1 %.0f ns/op\n", text,
				scales.quiet[k].ns);
	}
	scales_release(&scales);
	return ferror(stream) ? -EIO : 0;
}
