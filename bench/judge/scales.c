/* SPDX-License-Identifier: MIT */
/* What cells are weighed with; see scales.h. */

#include "bench/judge/scales.h"

#include <errno.h>
#include <stdlib.h>

static int compare_samples(const void *left, const void *right)
{
	const struct sample *a = *(const struct sample *const *)left;
	const struct sample *b = *(const struct sample *const *)right;

	if (a->cell_id != b->cell_id)
		return a->cell_id < b->cell_id ? -1 : 1;
	return (a->parent > b->parent) - (a->parent < b->parent);
}

bool is_good(const struct sample *sample)
{
	return !sample->error && !sample->warmup;
}

size_t parent_end(const struct group *group, size_t first)
{
	size_t end = first;

	while (end < group->count &&
	       group->samples[end]->parent == group->samples[first]->parent)
		end++;
	return end;
}

size_t gather(const struct group *group, size_t first, size_t end,
	      enum sample_time time, double *values)
{
	size_t count = 0;

	for (size_t i = first; i < end; i++)
		if (is_good(group->samples[i]) &&
		    group->samples[i]->ns[time] != TIME_UNKNOWN)
			values[count++] = (double)group->samples[i]->ns[time];
	return count;
}

void scales_release(struct scales *scales)
{
	free(scales->blocks.list);
	free(scales->sorted);
	free(scales->values);
	free(scales->quiet);
}

int scales_make(struct scales *scales, const struct sample *samples,
		size_t count)
{
	/* calloc(0) may answer NULL, which would look like no memory. */
	const size_t room = count + 1;
	int error;

	*scales = (struct scales){
		.sorted = calloc(room, sizeof *scales->sorted),
		.count = count,
		.values = calloc(room, 4 * sizeof *scales->values),
		.quiet = calloc(room, 2 * sizeof *scales->quiet),
	};
	error = scales->sorted && scales->values && scales->quiet
			? blocks_find(&scales->blocks, samples, count)
			: -ENOMEM;
	if (error) {
		scales->blocks.list = NULL;
		scales_release(scales);
		return error;
	}
	for (size_t i = 0; i < count; i++)
		scales->sorted[i] = &samples[i];
	qsort(scales->sorted, count, sizeof *scales->sorted, compare_samples);
	scales->parent = scales->values + room;
	scales->medians = scales->values + 2 * room;
	scales->ratios = scales->values + 3 * room;
	scales->base = scales->quiet + room;
	return 0;
}

struct group scales_find(const struct scales *scales, int cell_id)
{
	size_t first = 0, end = scales->count;
	struct group group;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (scales->sorted[middle]->cell_id < cell_id)
			first = middle + 1;
		else
			end = middle;
	}
	group.samples = scales->sorted + first;
	while (end < scales->count && scales->sorted[end]->cell_id == cell_id)
		end++;
	group.count = end - first;
	return group;
}

struct stats_interval median_interval(double *values, size_t count)
{
	stats_sort(values, count);
	return stats_median_interval(values, count);
}

/* The parents whose block was not disturbed, or with all also the others. */
static size_t gather_quiet(const struct group *group, enum sample_time time,
			   bool all, struct scales *scales, struct quiet *quiet)
{
	size_t parents = 0;

	for (size_t first = 0, end; first < group->count; first = end) {
		size_t count;

		end = parent_end(group, first);
		if (!all &&
		    blocks_disturbed(&scales->blocks, group->samples[first]))
			continue;
		count = gather(group, first, end, time, scales->parent);
		if (!count)
			continue;
		stats_sort(scales->parent, count);
		quiet[parents++] = (struct quiet){
			.parent = group->samples[first]->parent,
			.ns = stats_quantile(scales->parent, count,
					     QUIET_QUANTILE),
		};
	}
	return parents;
}

size_t quiet_parents(const struct group *group, enum sample_time time,
		     struct scales *scales, struct quiet *quiet)
{
	size_t parents = gather_quiet(group, time, false, scales, quiet);
	size_t kept = 0;
	double limit_ns;

	if (!parents)
		parents = gather_quiet(group, time, true, scales, quiet);
	for (size_t i = 0; i < parents; i++)
		scales->values[i] = quiet[i].ns;
	stats_sort(scales->values, parents);
	limit_ns = QUIET_FACTOR *
		   stats_quantile(scales->values, parents, QUIET_QUANTILE);
	for (size_t i = 0; i < parents; i++)
		if (quiet[i].ns <= limit_ns)
			quiet[kept++] = quiet[i];
	return kept;
}

struct paired pair_cells(const struct group *group, const struct group *base,
			 struct scales *scales)
{
	const size_t own =
		quiet_parents(group, TIME_REAP, scales, scales->quiet);
	const size_t others =
		quiet_parents(base, TIME_REAP, scales, scales->base);
	struct stats_interval interval;
	size_t ratios = 0;

	for (size_t i = 0, k = 0; i < own && k < others;) {
		const struct quiet *a = &scales->quiet[i];
		const struct quiet *b = &scales->base[k];

		if (a->parent == b->parent)
			scales->ratios[ratios++] = a->ns / b->ns;
		i += a->parent <= b->parent;
		k += b->parent <= a->parent;
	}
	interval = median_interval(scales->ratios, ratios);
	return (struct paired){ stats_median(scales->ratios, ratios),
				interval.lo, interval.hi };
}
