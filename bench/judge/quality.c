/* SPDX-License-Identifier: MIT */
/* What a run is worth; see quality.h. */

#include "bench/judge/quality.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/axes.h"
#include "bench/judge/stats.h"
#include "bench/judge/summary.h"
#include "bench/machine/text.h"

#define TOLD_MAX 0.10 /* above that a run is hardly worth its time */

#define AT(member) offsetof(struct quality, member)

static const struct row_field fields[] = {
	FIELD("reference_ns", NS, AT(reference_ns),
	      "10 % quantile of the blocks' `ref_ns`: what a bare vfork costs "
	      "on this machine"),
	FIELD("reference_spread", RATIO, AT(reference_spread),
	      "p5 to p95 of the blocks' `ref_ns`, over their median"),
	FIELD("undisturbed_share", RATIO, AT(undisturbed),
	      "of the blocks, those whose `ref_ns` is within 10 % of the 10 % "
	      "quantile of all"),
	FIELD("equal_cells_apart", RATIO, AT(equal_apart),
	      "cells of a strategy that copies no page tables cost the same "
	      "with every heap and mode: 95 % of their pairs are within this; "
	      "`null`: there are none"),
	FIELD("smallest_difference", RATIO, AT(told),
	      "that can be told between two cells that copy no page tables, "
	      "from their intervals and `equal_cells_apart`; `null`: not "
	      "known, "
	      "for fewer than 6 parents were undisturbed"),
	FIELD("smallest_difference_copying", RATIO, AT(told_copying),
	      "the same of cells that copy page tables"),
	FIELD("verdict", LINE, AT(verdict),
	      "on the quality of the run, with what to do"),
	{ 0 },
};

const struct row_type quality_row = ROW_TYPE("quality", fields);

static bool counts(const struct summary *row)
{
	return row->time == TIME_REAP && row->ok &&
	       !row->cell.creates_nothing && !row->cell.baseline;
}

/* Whether two cells cost the same but for what the machine did meanwhile. */
static bool are_equal(const struct cell *a, const struct cell *b)
{
	char left[AXES_STATE_BYTES], right[AXES_STATE_BYTES];

	if (a->copies_page_tables || strcmp(a->strategy, b->strategy) != 0)
		return false;
	axes_state(a, left);
	axes_state(b, right);
	return !strcmp(left, right);
}

static void judge_equal_cells(struct quality *quality,
			      const struct summary **cells, size_t count,
			      double *apart)
{
	size_t pairs = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (are_equal(&cells[i]->cell, &cells[k]->cell))
				apart[pairs++] = fabs(log(cells[i]->quiet_ns /
							  cells[k]->quiet_ns));
	stats_sort(apart, pairs);
	quality->equal_apart = expm1(stats_quantile(apart, pairs, 0.95));
}

/* What two intervals of the usual width can tell, which is no less than what
 * lies between equal cells. */
static double judge_intervals(bool copying, double apart,
			      const struct summary **cells, size_t count,
			      double *halves)
{
	size_t used = 0;
	double told;

	for (size_t i = 0; i < count; i++)
		if (cells[i]->cell.copies_page_tables == copying)
			halves[used++] = summary_precision(cells[i]);
	told = M_SQRT2 * stats_median_of(halves, used);
	if (isinf(told))
		told = NAN;
	return apart > told ? apart : told;
}

/* For "%.*f %%". */
#define PERCENT(share) (share) < 0.0995 ? 1 : 0, 100 * (share)

/* Add a sentence. */
#define SAY(quality, ...)                                                      \
	text_join((quality)->verdict, sizeof(quality)->verdict, " ",           \
		  __VA_ARGS__)

static void say_told(struct quality *quality)
{
	const double told = quality->told, copying = quality->told_copying;
	const double worst = fmax(told, copying); /* prefers a number to NAN */

	if (isnan(worst) && !quality->unsure)
		SAY(quality, "Nothing was measured that a run is judged by: "
			     "add a strategy that works and is no baseline.");
	else if (isnan(worst))
		SAY(quality,
		    "How exact the cells are is not known, for fewer than 6 "
		    "processes a cell were undisturbed: run it again, or give "
		    "more time with --budget.");
	else if (worst > TOLD_MAX && quality->undisturbed > 0.95)
		SAY(quality,
		    "Trust no difference below %.*f %%: so much do cells vary "
		    "by themselves; give more time with --budget.",
		    PERCENT(worst));
	else if (worst > TOLD_MAX)
		SAY(quality,
		    "Trust no difference below %.*f %%: other programs "
		    "disturbed %.0f %% of the blocks; close them, or give "
		    "more time with --budget.",
		    PERCENT(worst), 100 * (1 - quality->undisturbed));
	else if (isnan(told) || isnan(copying))
		SAY(quality, "Differences of %.*f %% can be told.",
		    PERCENT(worst));
	else
		SAY(quality,
		    "Differences of %.*f %% can be told, of %.*f %% where page "
		    "tables are copied.",
		    PERCENT(told), PERCENT(copying));
}

static void conclude(struct quality *quality)
{
	const int unsure = quality->unsure;

	*quality->verdict = '\0';
	if (isnan(quality->reference_spread)) {
		SAY(quality, "The reference was not measured, so a slow "
			     "machine looks like a slow strategy: run again.");
		return;
	}
	if (!isnan(quality->equal_apart))
		SAY(quality, "Equal cells agree within %.*f %%.",
		    PERCENT(quality->equal_apart));
	say_told(quality);
	if (unsure && !isnan(fmax(quality->told, quality->told_copying)))
		SAY(quality,
		    "%d cell%s disturbed nearly all the time and ha%s no "
		    "interval.",
		    unsure, unsure > 1 ? "s were" : " was",
		    unsure > 1 ? "ve" : "s");
}

int quality_of_rows(struct quality *quality, const struct summary *rows,
		    size_t count)
{
	const struct summary **cells = calloc(count + 1, sizeof *cells);
	double *values; /* of cells, or of their pairs */
	size_t used = 0;

	if (!cells)
		return -ENOMEM;
	quality->unsure = 0;
	for (size_t i = 0; i < count; i++) {
		if (!counts(&rows[i]))
			continue;
		cells[used++] = &rows[i];
		quality->unsure += isinf(summary_precision(&rows[i]));
	}
	values = calloc(used * used / 2 + used + 1, sizeof *values);
	if (!values) {
		free(cells);
		return -ENOMEM;
	}
	judge_equal_cells(quality, cells, used, values);
	quality->told = judge_intervals(false, quality->equal_apart, cells,
					used, values);
	quality->told_copying = judge_intervals(true, 0, cells, used, values);
	free(cells);
	free(values);
	return 0;
}

int result_sum(struct result *result, const struct samples *samples)
{
	const struct cells *planned = &samples->cells;
	struct quality *quality = &result->quality;
	struct scales scales;
	int error;

	*result = (struct result){ .count = planned->count * TIME_COUNT };
	error = scales_make(&scales, samples->list, samples->count);
	if (error)
		return error;
	result->rows = calloc(result->count, sizeof *result->rows);
	if (result->rows) {
		summarise(planned->rows, planned->count, &scales, result->rows);
		quality->reference_ns = scales.ref_limit_ns / QUIET_FACTOR;
		quality->reference_spread = scales.ref_spread;
		quality->undisturbed = scales.ref_quiet;
		error = quality_of_rows(quality, result->rows, result->count);
	} else {
		error = -ENOMEM;
	}
	scales_release(&scales);
	if (!error) {
		conclude(quality);
		return 0;
	}
	free(result->rows);
	result->rows = NULL;
	return error;
}
