/* SPDX-License-Identifier: MIT */
/* Samples become cells; see summary.h. */

#include "bench/judge/summary.h"

#include <math.h>
#include <stdio.h>

#include "bench/files/axes.h"
#include "bench/rows/rows.h"

static void weigh_medians(const struct weight *weights, size_t count,
			  double *values, struct summary *row)
{
	struct stats_interval interval;
	size_t ratios = 0;

	for (size_t i = 0; i < count; i++)
		values[i] = weights[i].median_ns;
	interval = stats_median_interval(values, count);
	row->p50_ns = interval.median;
	row->p50_lo_ns = interval.lo;
	row->p50_hi_ns = interval.hi;
	for (size_t i = 0; i < count; i++)
		if (!isnan(weights[i].ref_ns))
			values[ratios++] =
				weights[i].median_ns / weights[i].ref_ns;
	row->ref_ratio = stats_median_of(values, ratios);
}

static void weigh_quiet(const struct weight *weights, size_t count,
			double *values, struct summary *row)
{
	struct stats_interval interval;

	for (size_t i = 0; i < count; i++)
		values[i] = weights[i].quiet_ns;
	interval = stats_median_interval(values, count);
	row->quiet_ns = interval.median;
	row->quiet_lo_ns = interval.lo;
	row->quiet_hi_ns = interval.hi;
	row->quiet_share = row->parents ? (double)count / row->parents : NAN;
}

static void weigh_samples(const struct group *group, double *values,
			  struct summary *row)
{
	size_t count = gather(group, row->time, values);

	stats_sort(values, count);
	row->min_ns = stats_quantile(values, count, 0);
	row->p5_ns = stats_quantile(values, count, 0.05);
	row->p95_ns = stats_quantile(values, count, 0.95);
	row->p99_ns = count < SUMMARY_P99_MIN
			      ? NAN
			      : stats_quantile(values, count, 0.99);
	row->p999_ns = count < SUMMARY_P999_MIN
			       ? NAN
			       : stats_quantile(values, count, 0.999);
	row->max_ns = stats_quantile(values, count, 1);
	row->mean_ns = stats_mean(values, count);
}

/* "ENOMEM:3;EAGAIN:1", by count, then by number, from counts by number, which
 * are used up; what does not fit is left out, never cut. */
static void name_errors(int counts[ERRNO_COUNT], struct summary *row)
{
	size_t used = 0;

	for (int most;; counts[most] = 0) {
		const size_t room = sizeof row->errnos - used;
		int length;

		most = 0;
		for (int error = 1; error < ERRNO_COUNT; error++)
			if (counts[error] > counts[most])
				most = error;
		if (!most)
			return;
		length = snprintf(row->errnos + used, room, "%s%s:%d",
				  used ? ";" : "", errname(most), counts[most]);
		if ((size_t)length >= room) {
			row->errnos[used] = '\0';
			return;
		}
		if (!used)
			row->error = most;
		used += (size_t)length;
	}
}

static void count_outcomes(const struct group *group, struct summary *row)
{
	int errors[ERRNO_COUNT] = { 0 };
	int last_parent = -1;

	for (size_t i = 0; i < group->count; i++) {
		const struct sample *sample = group->samples[i];

		row->failed += sample->error != 0;
		if (sample->error > 0 && sample->error < ERRNO_COUNT)
			errors[sample->error]++;
		if (!is_good(sample))
			continue;
		row->ok++;
		row->parents += sample->parent != last_parent;
		last_parent = sample->parent;
	}
	name_errors(errors, row);
	if (row->failed)
		row->observed = row->error;
	else if (row->ok)
		row->observed = 0;
}

/* The fastest cell in the place of this one: the number of its reap row. */
static size_t find_best(const struct summary *rows, size_t count, size_t row)
{
	size_t best = row;

	for (size_t i = TIME_REAP; i < count; i += TIME_COUNT)
		if (!rows[i].cell.creates_nothing &&
		    rows[i].quiet_ns < rows[best].quiet_ns &&
		    !axes_compare(&rows[i].cell, &rows[row].cell))
			best = i;
	return best;
}

static void summarise_cell(const struct summary *planned, struct scales *scales,
			   struct summary *rows)
{
	const struct group group = scales_find(scales, planned->cell.id);
	struct weight *weights = scales->weights;
	struct summary common = *planned;

	common.observed = OUTCOME_UNKNOWN;
	common.over_best = common.over_best_lo = common.over_best_hi = NAN;
	count_outcomes(&group, &common);
	for (int time = 0; time < TIME_COUNT; time++) {
		const size_t count = weigh_parents(
			&group, (enum sample_time)time, scales, weights);

		rows[time] = common;
		rows[time].time = (enum sample_time)time;
		weigh_medians(weights, count, scales->values, &rows[time]);
		weigh_quiet(weights, keep_quiet(weights, count, scales),
			    scales->values, &rows[time]);
		weigh_samples(&group, scales->values, &rows[time]);
	}
}

/* Against the fastest cell in its place. */
static void rank_cell(struct summary *row, const struct summary *rows,
		      size_t count, struct scales *scales)
{
	const struct summary *best = &rows[find_best(rows, count, row - rows)];
	const struct stats_interval rank =
		pair_cells(row->cell.id, best->cell.id, scales);

	row->over_best = rank.median;
	row->over_best_lo = rank.lo;
	row->over_best_hi = rank.hi;
}

void summarise(const struct summary *planned, size_t cell_count,
	       struct scales *scales, struct summary *rows)
{
	const size_t row_count = cell_count * TIME_COUNT;

	for (size_t i = 0; i < cell_count; i++)
		summarise_cell(&planned[i], scales, &rows[i * TIME_COUNT]);
	for (size_t i = TIME_REAP; i < row_count; i += TIME_COUNT)
		if (!rows[i].cell.creates_nothing)
			rank_cell(&rows[i], rows, row_count, scales);
}

double summary_precision(const struct summary *row)
{
	const double half = (row->quiet_hi_ns - row->quiet_lo_ns) / 2;

	return isnan(half) ? INFINITY : half / row->quiet_ns;
}
