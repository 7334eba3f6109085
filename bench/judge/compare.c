/* SPDX-License-Identifier: MIT */
/* Are cells different? See compare.h. */

#include "bench/judge/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/axes.h"
#include "bench/judge/quality.h"
#include "bench/judge/scales.h"
#include "bench/judge/stats.h"

#define NOT_COVERED 0.05

const char *const compare_verdicts[] = { "faster",   "slower",	"same",
					 "unproven", "refused", "works",
					 NULL };

#define AT(member) offsetof(struct comparison, member)

static const struct row_field fields[] = {
	FIELD("a_strategy", NAME, AT(a_strategy),
	      "the strategy in A: the same, or the first of `--strategy`"),
	FIELD("a_ns", NS, AT(a_ns)),
	FIELD("b_ns", NS, AT(b_ns),
	      "`quiet_ns` of `reap` in A and B; empty where every spawn "
	      "failed"),
	FIELD("ratio", RATIO, AT(ratio), "B over A"),
	FIELD("ratio_lo", RATIO, AT(lo)),
	FIELD("ratio_hi", RATIO, AT(hi),
	      "its interval, of at least 95 % for all rows together"),
	FIELD("horizon", RATIO, AT(horizon),
	      "a smaller difference does not count: `--horizon`, or what the "
	      "runs themselves can tell"),
	FIELD("verdict", CHOICE, AT(verdict),
	      "of B: `faster`, `slower`, `same` (within `--horizon`), "
	      "`unproven`, or `refused` or `works` where only one of them "
	      "failed",
	      compare_verdicts),
	{ 0 },
};

const struct row_type compare_row = {
	"compare.csv",
	{ { .fields = row_schema },
	  { .fields = cell_fields,
	    AT(cell),
	    .help = "the cell of B, as in `samples.csv`" },
	  { .fields = fields },
	  { .fields = later_fields, AT(cell) } },
};

/* The z that a standard normal variable exceeds with probability p. */
static double normal_above(double p)
{
	double low = 0, high = 40;

	for (int i = 0; i < 60; i++) {
		const double middle = (low + high) / 2;

		if (erfc(middle / M_SQRT2) / 2 > p)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Half of a 95 % interval is 1.96 standard errors of a normal variable. */
static double error_of(double low, double high)
{
	return log(high / low) / 2 / normal_above(NOT_COVERED / 2);
}

static bool has_worked(const struct summary *row)
{
	return row->ok && !isnan(row->quiet_ns);
}

static void add_pair(struct comparisons *found, const struct summary *a,
		     const struct summary *b, double asked, double told)
{
	/* What was not measured at all is not refused. */
	if ((!has_worked(a) && !has_worked(b)) || a->ok + a->failed == 0 ||
	    b->ok + b->failed == 0)
		return;
	found->list[found->count++] = (struct comparison){
		.cell = b->cell,
		.a_strategy = a->cell.strategy,
		.a_ns = has_worked(a) ? a->quiet_ns : NAN,
		.b_ns = has_worked(b) ? b->quiet_ns : NAN,
		.ratio = b->quiet_ns / a->quiet_ns,
		.error = hypot(error_of(a->quiet_lo_ns, a->quiet_hi_ns),
			       error_of(b->quiet_lo_ns, b->quiet_hi_ns)),
		.asked = asked,
		.horizon = fmax(asked, told), /* prefers numbers to NAN */
	};
}

/* The usual error of cells that copy page tables, or of the others: a few
 * parents that agree by chance do not make a cell exact (as the variances of
 * limma are moderated: Smyth 2004). */
static double usual_error(const struct comparisons *found, bool copying,
			  double *scratch)
{
	size_t count = 0;

	for (size_t i = 0; i < found->count; i++)
		if (found->list[i].cell.copies_page_tables == copying &&
		    !isnan(found->list[i].error))
			scratch[count++] = found->list[i].error;
	return stats_median_of(scratch, count);
}

static enum compare_verdict verdict_of(const struct comparison *pair)
{
	const double most = 1 + pair->horizon;

	if (isnan(pair->a_ns) || isnan(pair->b_ns))
		return isnan(pair->a_ns) ? COMPARE_WORKS : COMPARE_REFUSED;
	if (pair->lo > most)
		return COMPARE_SLOWER;
	if (pair->hi < 1 / most)
		return COMPARE_FASTER;
	if (pair->lo >= 1 / (1 + pair->asked) && pair->hi <= 1 + pair->asked)
		return COMPARE_SAME;
	return COMPARE_UNPROVEN;
}

/* Widen the intervals until they hold together (Bonferroni), and judge. */
static int conclude(struct comparisons *found)
{
	const double pairs = found->count ? (double)found->count : 1;
	const double z = normal_above(NOT_COVERED / 2 / pairs);
	double *scratch = calloc(found->count + 1, sizeof *scratch);
	double usual[2];

	if (!scratch) {
		free(found->list);
		return -ENOMEM;
	}
	for (int copying = 0; copying < 2; copying++)
		usual[copying] = usual_error(found, copying, scratch);
	for (size_t i = 0; i < found->count; i++) {
		struct comparison *pair = &found->list[i];
		const bool copying = pair->cell.copies_page_tables;

		if (pair->error < usual[copying])
			pair->error = usual[copying];
		pair->lo = pair->ratio * exp(-z * pair->error);
		pair->hi = pair->ratio * exp(z * pair->error);
		pair->verdict = verdict_of(pair);
	}
	free(scratch);
	return 0;
}

static int make_room(struct comparisons *found, size_t room)
{
	*found = (struct comparisons){
		.list = calloc(room + 1, sizeof *found->list),
	};
	return found->list ? 0 : -ENOMEM;
}

static const struct summary *find_row(const struct cells *side,
				      const char *strategy,
				      const struct cell *place)
{
	for (size_t i = 0; i < side->count; i++) {
		const struct summary *row = &side->rows[i];

		if (row->time == TIME_REAP &&
		    !strcmp(row->cell.strategy, strategy) &&
		    !axes_compare(&row->cell, place))
			return row;
	}
	return NULL;
}

int compare_runs(const struct cells *a, const struct cells *b,
		 const double horizon[2], struct comparisons *found)
{
	struct quality of_a, of_b;
	int error = quality_of_rows(&of_a, a->rows, a->count);

	if (!error)
		error = quality_of_rows(&of_b, b->rows, b->count);
	if (!error)
		error = make_room(found, b->count);
	if (error)
		return error;
	for (size_t i = 0; i < b->count; i++) {
		const struct summary *row = &b->rows[i], *other;
		const bool copying = row->cell.copies_page_tables;

		if (row->time != TIME_REAP || row->cell.creates_nothing)
			continue;
		other = find_row(a, row->cell.strategy, &row->cell);
		if (other)
			add_pair(found, other, row, horizon[copying],
				 copying ? fmax(of_a.told_copying,
						of_b.told_copying)
					 : fmax(of_a.told, of_b.told));
	}
	return conclude(found);
}

/* The pair that was added last, inside the parents. */
static void pair_up(struct comparison *pair, struct scales *scales, int a,
		    int b)
{
	const struct stats_interval interval = pair_cells(b, a, scales);

	pair->ratio = interval.median;
	pair->error = error_of(interval.lo, interval.hi);
}

int compare_strategies(const struct cells *run, const struct sample *samples,
		       size_t sample_count, const char *a, const char *b,
		       double horizon, struct comparisons *found)
{
	struct scales scales;
	int error = scales_make(&scales, samples, sample_count);

	if (error)
		return error;
	error = make_room(found, run->count);
	for (size_t i = 0; i < run->count && !error; i++) {
		const struct summary *row = &run->rows[i];
		const struct summary *other = find_row(run, a, &row->cell);
		const size_t before = found->count;

		if (row->time != TIME_REAP ||
		    strcmp(row->cell.strategy, b) != 0 || !other)
			continue;
		add_pair(found, other, row, horizon, NAN);
		if (found->count > before)
			pair_up(&found->list[before], &scales, other->cell.id,
				row->cell.id);
	}
	scales_release(&scales);
	return error ? error : conclude(found);
}
