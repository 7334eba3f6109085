/* SPDX-License-Identifier: MIT */
/*
 * The table that a run prints.
 *
 * One block a parent state, one group a heap, fastest first: a reader comes
 * with a heap and a mode and wants the best line of that group. How costs
 * grow with the heap is the chart's to show.
 */

#include "bench/show/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/errname.h"
#include "bench/show/units.h"
#include "lib/spawnwise.h"

static const char *const mode_names[] = { "heuristic", "always", "strict" };

static bool creates_nothing(const struct summary *row)
{
	const struct sw_strategy *strategy = sw_find(row->cell.strategy);

	return strategy && (strategy->traits & SW_CREATES_NOTHING);
}

static int compare_numbers(double a, double b)
{
	return (a > b) - (a < b);
}

/* Order of blocks: everything of the parent's state but its heap. */
static int compare_states(const struct cell *a, const struct cell *b)
{
	const int orders[] = {
		a->overcommit - b->overcommit, strcmp(a->backing, b->backing),
		strcmp(a->cpu, b->cpu),	       a->threads - b->threads,
		a->vmas - b->vmas,	       a->fds - b->fds,
	};

	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		if (orders[i])
			return orders[i];
	return 0;
}

/* Where a row stands in its group: measured by median, then refused, then
 * not measured. */
static double rank(const struct summary *row)
{
	if (row->ok && !isnan(row->p50_ns))
		return row->p50_ns;
	return row->failed ? 1e300 : INFINITY;
}

static int compare_rows(const void *left, const void *right)
{
	const struct summary *a = *(const struct summary *const *)left;
	const struct summary *b = *(const struct summary *const *)right;
	int order = compare_states(&a->cell, &b->cell);

	if (!order)
		order = creates_nothing(a) - creates_nothing(b);
	if (!order)
		order = compare_numbers((double)a->cell.heap_bytes,
					(double)b->cell.heap_bytes);
	if (!order)
		order = compare_numbers(rank(a), rank(b));
	return order ? order : strcmp(a->cell.strategy, b->cell.strategy);
}

/* The median of another time of the same cell, or NAN. */
static double other_median(const struct summary *rows, size_t count,
			   const struct summary *row, enum sample_time time)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].cell.id == row->cell.id && rows[i].time == time)
			return rows[i].p50_ns;
	return NAN;
}

static void add_duration(struct table *table, double ns)
{
	char text[UNITS_LENGTH];

	duration_format_column(ns, text, sizeof text);
	table_cell(table, "%s", text);
}

/* "69.2 to 71.0 µs": the first unit is left out where both are the same. */
static void add_interval(struct table *table, double low_ns, double high_ns)
{
	char low[UNITS_LENGTH], high[UNITS_LENGTH];
	char *unit;

	duration_format_column(low_ns, low, sizeof low);
	duration_format_column(high_ns, high, sizeof high);
	unit = strchr(low, ' ');
	if (unit && strchr(high, ' ') && !strcmp(unit, strchr(high, ' ')))
		*unit = '\0';
	if (isnan(low_ns) || isnan(high_ns))
		table_cell(table, "-");
	else
		table_cell(table, "%s to %s", low, high);
}

/* A quotient with three digits at most: "1.00", "12.3", "575". */
static void add_ratio(struct table *table, double ratio)
{
	if (isnan(ratio))
		table_cell(table, "-");
	else
		table_cell(table, "%.*f", ratio < 9.995 ? 2 : ratio < 99.95,
			   ratio);
}

/* A row whose spawns were all refused, or that has none. */
static void add_unmeasured(struct table *table, const struct summary *row)
{
	const int predicted = row->predicted;

	if (!row->failed) {
		if (predicted > 0)
			table_span(table, "not measured; predicted %s",
				   outcome_name(predicted));
		else
			table_span(table, "not measured");
		table_row(table, TABLE_FAINT);
		return;
	}
	table_cell(table, "%s", errname(row->error));
	if (predicted == OUTCOME_UNKNOWN)
		table_span(table, "refused");
	else if (predicted == row->error)
		table_span(table, "refused, as predicted");
	else
		table_span(table, "refused, though predicted %s",
			   outcome_name(predicted));
	table_row(table, TABLE_BAD);
}

static void add_measured(struct table *table, const struct summary *row,
			 double best_ns, double return_ns)
{
	add_duration(table, row->p50_ns);
	add_interval(table, row->p50_lo_ns, row->p50_hi_ns);
	add_duration(table, row->p95_ns);
	add_duration(table, row->p99_ns);
	add_duration(table, row->max_ns);
	add_ratio(table, row->p50_ns / best_ns);
	add_duration(table, return_ns);
	if (row->failed)
		table_span(table, "%s", row->errnos);
	table_row(table, row->p50_ns <= best_ns ? TABLE_STRONG : TABLE_PLAIN);
}

static void add_titles(struct table *table)
{
	static const char *const titles[] = {
		"heap", "strategy", "median", "95 % interval", "p95",
		"p99",	"max",	    "x best", "return",
	};

	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		table_cell(table, "%s", titles[i]);
	table_row(table, TABLE_FAINT);
}

/* One heap of a block: rows first to last - 1. */
static void add_group(struct table *table, const struct summary *const *sorted,
		      size_t first, size_t last, const struct summary *rows,
		      size_t count)
{
	const double best_ns = sorted[first]->ok ? sorted[first]->p50_ns : NAN;
	char heap[UNITS_LENGTH];

	size_format_human(sorted[first]->cell.heap_bytes, heap, sizeof heap);
	for (size_t i = first; i < last; i++) {
		table_cell(table, "%s", i == first ? heap : "");
		table_cell(table, "%s", sorted[i]->cell.strategy);
		if (sorted[i]->ok)
			add_measured(table, sorted[i], best_ns,
				     other_median(rows, count, sorted[i],
						  TIME_RETURN));
		else
			add_unmeasured(table, sorted[i]);
	}
}

/* "overcommit 0 (heuristic), backing base, cpu same", and what is not 0. */
static void print_state(FILE *stream, const struct cell *cell)
{
	const int mode = cell->overcommit;

	fprintf(stream, "overcommit %d (%s), backing %s, cpu %s", mode,
		mode >= 0 && mode <= 2 ? mode_names[mode] : "?", cell->backing,
		cell->cpu);
	if (cell->threads)
		fprintf(stream, ", threads %d", cell->threads);
	if (cell->vmas > 1)
		fprintf(stream, ", vmas %d", cell->vmas);
	if (cell->fds)
		fprintf(stream, ", fds %d", cell->fds);
	fputs("\n", stream);
}

/* The strategies that create nothing: one line for all heaps, since what
 * they cost has nothing to do with the heap. */
static void print_floor(FILE *stream, const struct summary *const *sorted,
			size_t first, size_t last)
{
	double low = INFINITY, high = 0, worst = 0;
	char texts[3][UNITS_LENGTH];

	for (size_t i = first; i < last; i++) {
		if (!sorted[i]->ok)
			continue;
		low = fmin(low, sorted[i]->p50_ns);
		high = fmax(high, sorted[i]->p50_ns);
		worst = fmax(worst, sorted[i]->p95_ns);
	}
	if (low > high)
		return;
	duration_format(low, texts[0], sizeof texts[0]);
	duration_format(high, texts[1], sizeof texts[1]);
	duration_format(worst, texts[2], sizeof texts[2]);
	fprintf(stream, "floor of the harness: %s creates nothing, medians %s "
			"to %s, p95 up to %s\n", sorted[first]->cell.strategy,
		texts[0], texts[1], texts[2]);
}

/* Where the rows end that share a state, a heap too if same_heap, and the
 * answer to creates_nothing() with the first one. */
static size_t group_end(const struct summary *const *sorted, size_t first,
			size_t count, bool same_heap)
{
	const struct summary *head = sorted[first];
	size_t end = first + 1;

	while (end < count &&
	       !compare_states(&sorted[end]->cell, &head->cell) &&
	       creates_nothing(sorted[end]) == creates_nothing(head) &&
	       (!same_heap ||
		sorted[end]->cell.heap_bytes == head->cell.heap_bytes))
		end++;
	return end;
}

static int print_block(FILE *stream, const struct summary *const *sorted,
		       size_t first, size_t last, const struct summary *rows,
		       size_t count)
{
	struct table table;
	int error;

	table_init(&table, "rlrrrrrrrl");
	add_titles(&table);
	while (first < last) {
		const size_t end = group_end(sorted, first, last, true);

		add_group(&table, sorted, first, end, rows, count);
		first = end;
	}
	error = table_print(&table, stream);
	table_release(&table);
	return error;
}

int show_matrix(FILE *stream, const struct summary *rows, size_t count)
{
	const struct summary **sorted = calloc(count + 1, sizeof *sorted);
	size_t used = 0, end;
	int error = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (rows[i].time == TIME_REAP)
			sorted[used++] = &rows[i];
	qsort(sorted, used, sizeof *sorted, compare_rows);
	fputs("Times until the caller has the exit status (reap); last column: "
	      "until the call returns.\n", stream);
	for (size_t first = 0; first < used && !error; first = end) {
		end = group_end(sorted, first, used, false);
		if (creates_nothing(sorted[first])) {
			print_floor(stream, sorted, first, end);
			continue;
		}
		fputs("\n", stream);
		print_state(stream, &sorted[first]->cell);
		error = print_block(stream, sorted, first, end, rows, count);
	}
	free(sorted);
	return error;
}
