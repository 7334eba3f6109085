/* SPDX-License-Identifier: MIT */
/* Samples become cells; see summary.h. */

#include "bench/judge/summary.h"

#include <math.h>
#include <stdio.h>

#include "bench/files/axes.h"
#include "bench/judge/scales.h"
#include "bench/judge/stats.h"
#include "bench/rows/rows.h"

static double reference_median(const struct group *group, size_t first,
			       size_t end, double *values)
{
	size_t count = 0;

	for (size_t i = first; i < end; i++)
		if (is_good(group->samples[i]) && group->samples[i]->ref_ns > 0)
			values[count++] = (double)group->samples[i]->ref_ns;
	return stats_median_of(values, count);
}

static void weigh_parents(const struct group *group, struct scales *scales,
			  struct summary *row)
{
	struct stats_interval interval;
	size_t medians = 0, ratios = 0;

	for (size_t first = 0, end; first < group->count; first = end) {
		double median, reference;
		size_t count;

		end = parent_end(group, first);
		count = gather(group, first, end, row->time, scales->parent);
		if (!count)
			continue;
		median = stats_median_of(scales->parent, count);
		scales->medians[medians++] = median;
		reference = reference_median(group, first, end, scales->parent);
		if (!isnan(reference))
			scales->ratios[ratios++] = median / reference;
	}
	interval = median_interval(scales->medians, medians);
	row->p50_ns = stats_median(scales->medians, medians);
	row->p50_lo_ns = interval.lo;
	row->p50_hi_ns = interval.hi;
	row->ref_ratio = stats_median_of(scales->ratios, ratios);
}

static void weigh_quiet(const struct group *group, struct scales *scales,
			struct summary *row)
{
	const size_t parents =
		quiet_parents(group, row->time, scales, scales->quiet);
	struct stats_interval interval;

	for (size_t i = 0; i < parents; i++)
		scales->values[i] = scales->quiet[i].ns;
	interval = median_interval(scales->values, parents);
	row->quiet_ns = stats_median(scales->values, parents);
	row->quiet_lo_ns = interval.lo;
	row->quiet_hi_ns = interval.hi;
	row->quiet_share = row->parents ? (double)parents / row->parents : NAN;
}

static void weigh_samples(const struct group *group, double *values,
			  struct summary *row)
{
	size_t count = gather(group, 0, group->count, row->time, values);

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

static void summarise_cell(const struct summary *planned,
			   const struct group *group, struct scales *scales,
			   struct summary *rows)
{
	struct summary common = *planned;

	common.observed = OUTCOME_UNKNOWN;
	count_outcomes(group, &common);
	for (int time = 0; time < TIME_COUNT; time++) {
		rows[time] = common;
		rows[time].time = (enum sample_time)time;
		rows[time].over_best = NAN;
		rows[time].over_best_lo = rows[time].over_best_hi = NAN;
		weigh_parents(group, scales, &rows[time]);
		weigh_quiet(group, scales, &rows[time]);
		weigh_samples(group, scales->values, &rows[time]);
	}
}

/* Against the fastest cell in its place. */
static void rank_cell(struct summary *row, const struct summary *rows,
		      size_t count, struct scales *scales)
{
	const struct summary *best = &rows[find_best(rows, count, row - rows)];
	const struct group group = scales_find(scales, row->cell.id);
	const struct group base = scales_find(scales, best->cell.id);
	const struct paired rank = pair_cells(&group, &base, scales);

	row->over_best = rank.ratio;
	row->over_best_lo = rank.lo;
	row->over_best_hi = rank.hi;
}

int summarise(const struct summary *planned, size_t cell_count,
	      const struct sample *samples, size_t sample_count,
	      struct summary *rows)
{
	const size_t row_count = cell_count * TIME_COUNT;
	struct scales scales;
	const int error = scales_make(&scales, samples, sample_count);

	if (error)
		return error;
	for (size_t i = 0; i < cell_count; i++) {
		const struct group group =
			scales_find(&scales, planned[i].cell.id);

		summarise_cell(&planned[i], &group, &scales,
			       &rows[i * TIME_COUNT]);
	}
	for (size_t i = TIME_REAP; i < row_count; i += TIME_COUNT)
		if (!rows[i].cell.creates_nothing)
			rank_cell(&rows[i], rows, row_count, &scales);
	scales_release(&scales);
	return 0;
}

double summary_precision(const struct summary *row)
{
	const double half = (row->quiet_hi_ns - row->quiet_lo_ns) / 2;

	return isnan(half) ? INFINITY : half / row->quiet_ns;
}
