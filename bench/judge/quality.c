/* SPDX-License-Identifier: MIT */
/* What a run is worth; see quality.h. */

#include "bench/judge/quality.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/axes.h"
#include "bench/judge/stats.h"
#include "bench/judge/summary.h"

#define TOLD_MAX 0.10 /* above that a run is hardly worth its time */

#define AT(member) offsetof(struct quality, member)

static const struct row_field fields[] = {
	FIELD("reference_spread", RATIO, AT(reference_spread),
	      "p5 to p95 of the blocks' `ref_ns`, over their median"),
	FIELD("undisturbed_share", RATIO, AT(undisturbed),
	      "of the blocks, those whose `ref_ns` is within 6 % of the 10 % "
	      "quantile of all"),
	FIELD("equal_cells_apart", RATIO, AT(equal_apart),
	      "cells of a strategy that copies no page tables cost the same "
	      "with every heap and mode: 95 % of their pairs are within this; "
	      "`null`: there are none"),
	FIELD("smallest_difference", RATIO, AT(told),
	      "that can be told between two cells that copy no page tables, "
	      "from their intervals and `equal_cells_apart`; `null`: not known "
	      "with fewer than 13 parents"),
	FIELD("smallest_difference_copying", RATIO, AT(told_copying),
	      "the same of cells that copy page tables"),
	FIELD("verdict", LINE, AT(verdict),
	      "on the quality of the run, with what to do"),
	{ 0 },
};

const struct row_type quality_row = ROW_TYPE("quality", fields);

static int compare_blocks(const void *left, const void *right)
{
	const struct sample *a = *(const struct sample *const *)left;
	const struct sample *b = *(const struct sample *const *)right;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return (a->block > b->block) - (a->block < b->block);
}

/* The reference of each distinct block of sorted samples; how many. */
static size_t gather_blocks(const struct sample *const *sorted, size_t count,
			    double *values)
{
	size_t blocks = 0;

	for (size_t i = 0; i < count; i++)
		if (!i || compare_blocks(&sorted[i - 1], &sorted[i]))
			values[blocks++] = (double)sorted[i]->ref_ns;
	return blocks;
}

/* Warm-ups and failures included: the reference ran there too. */
static int judge_reference(struct quality *quality,
			   const struct sample *samples, size_t sample_count)
{
	const struct sample **sorted = calloc(sample_count + 1, sizeof *sorted);
	double *values = calloc(sample_count + 1, sizeof *values);
	size_t count = 0, blocks, below = 0;
	int error = -ENOMEM;

	if (!sorted || !values)
		goto free_both;
	for (size_t i = 0; i < sample_count; i++)
		if (samples[i].ref_ns > 0)
			sorted[count++] = &samples[i];
	qsort(sorted, count, sizeof *sorted, compare_blocks);
	blocks = gather_blocks(sorted, count, values);
	stats_sort(values, blocks);
	while (below < blocks &&
	       values[below] <=
		       QUALITY_DISTURBED * stats_quantile(values, blocks, 0.1))
		below++;
	quality->reference_spread = stats_spread(values, blocks, 0.05);
	quality->undisturbed = blocks ? (double)below / (double)blocks : NAN;
	error = 0;
free_both:
	free(sorted);
	free(values);
	return error;
}

static bool counts(const struct summary *row)
{
	return row->ok && !row->cell.creates_nothing && !row->cell.baseline;
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

static int judge_equal_cells(struct quality *quality,
			     const struct summary *rows, size_t count)
{
	const size_t cells = count / TIME_COUNT;
	double *apart = calloc(cells * cells / 2 + 1, sizeof *apart);
	size_t pairs = 0;

	if (!apart)
		return -ENOMEM;
	for (size_t i = TIME_REAP; i < count; i += TIME_COUNT)
		for (size_t k = TIME_REAP; counts(&rows[i]) && k < i;
		     k += TIME_COUNT)
			if (counts(&rows[k]) &&
			    are_equal(&rows[i].cell, &rows[k].cell))
				apart[pairs++] = fabs(log(rows[i].quiet_ns /
							  rows[k].quiet_ns));
	stats_sort(apart, pairs);
	quality->equal_apart = expm1(stats_quantile(apart, pairs, 0.95));
	free(apart);
	return 0;
}

/* What two intervals of the usual width can tell, which is no less than what
 * lies between equal cells. */
static int judge_intervals(double *told, bool copying, double apart,
			   const struct summary *rows, size_t count)
{
	double *halves = calloc(count + 1, sizeof *halves);
	size_t used = 0;

	if (!halves)
		return -ENOMEM;
	for (size_t i = TIME_REAP; i < count; i += TIME_COUNT)
		if (counts(&rows[i]) &&
		    rows[i].cell.copies_page_tables == copying &&
		    isfinite(summary_precision(&rows[i])))
			halves[used++] = summary_precision(&rows[i]);
	*told = M_SQRT2 * stats_median_of(halves, used);
	if (apart > *told)
		*told = apart;
	free(halves);
	return 0;
}

/* For "%.*f %%". */
#define PERCENT(share) (share) < 0.0995 ? 1 : 0, 100 * (share)

__attribute__((format(printf, 2, 3))) static void say(struct quality *quality,
						      const char *format, ...)
{
	const size_t length = strlen(quality->verdict);
	va_list values;

	va_start(values, format);
	vsnprintf(quality->verdict + length, sizeof quality->verdict - length,
		  format, values);
	va_end(values);
}

static void say_told(struct quality *quality)
{
	const double told = quality->told, copying = quality->told_copying;
	const double worst = fmax(told, copying); /* prefers a number to NAN */

	if (isnan(worst))
		say(quality,
		    "With fewer than 13 processes a cell nobody knows how "
		    "exact it is; the reference spread by %.*f %%.",
		    PERCENT(quality->reference_spread));
	else if (worst > TOLD_MAX)
		say(quality,
		    "Trust no difference below %.*f %%: other programs "
		    "disturbed %.0f %% of the blocks; close them, or give "
		    "more time with --budget.",
		    PERCENT(worst), 100 * (1 - quality->undisturbed));
	else if (isnan(told) || isnan(copying))
		say(quality, "Differences of %.*f %% can be told.",
		    PERCENT(worst));
	else
		say(quality,
		    "Differences of %.*f %% can be told, of %.*f %% where page "
		    "tables are copied.",
		    PERCENT(told), PERCENT(copying));
}

static void conclude(struct quality *quality)
{
	*quality->verdict = '\0';
	if (isnan(quality->reference_spread)) {
		say(quality, "The reference was not measured, so a slow "
			     "machine looks like a slow strategy: run again.");
		return;
	}
	if (!isnan(quality->equal_apart))
		say(quality, "Equal cells agree within %.*f %%. ",
		    PERCENT(quality->equal_apart));
	say_told(quality);
}

int result_sum(struct result *result, const struct summary *planned,
	       size_t cell_count, const struct sample *samples,
	       size_t sample_count)
{
	struct quality *quality = &result->quality;
	int error = -ENOMEM;

	*result = (struct result){ .count = cell_count * TIME_COUNT };
	result->rows = calloc(result->count, sizeof *result->rows);
	if (result->rows)
		error = summarise(planned, cell_count, samples, sample_count,
				  result->rows);
	if (!error)
		error = judge_reference(quality, samples, sample_count);
	if (!error)
		error = judge_equal_cells(quality, result->rows, result->count);
	if (!error)
		error = judge_intervals(&quality->told, false,
					quality->equal_apart, result->rows,
					result->count);
	if (!error)
		error = judge_intervals(&quality->told_copying, true, 0,
					result->rows, result->count);
	if (error)
		free(result->rows);
	else
		conclude(quality);
	return error;
}
