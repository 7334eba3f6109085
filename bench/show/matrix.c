/* SPDX-License-Identifier: MIT */
/*
 * The table that a run prints.
 *
 * One block a parent state, one group a heap, fastest first: a reader comes
 * with a heap and a mode and wants the best line of that group. How costs
 * grow with the heap is the chart's to show.
 */

#include "bench/show/matrix.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/axes.h"
#include "bench/machine/units.h"
#include "bench/rows/rows.h"
#include "bench/show/table.h"

static int compare_numbers(double a, double b)
{
	return (a > b) - (a < b);
}

/* Order of blocks: everything of the parent's state but its heap. */
static int compare_states(const struct cell *a, const struct cell *b)
{
	const struct row_field *axis;
	int order = 0;

	for (size_t i = 0; (axis = axis_told(i)) && !order; i++)
		order = axis_compare(axis, a, b);
	return order;
}

/* Where a row stands in its group: measured by time, then refused, then
 * not measured. */
static double rank(const struct summary *row)
{
	if (row->ok && !isnan(row->quiet_ns))
		return row->quiet_ns;
	return row->failed ? 1e300 : INFINITY;
}

static int compare_lines(const void *left, const void *right)
{
	const struct summary *a = *(const struct summary *const *)left;
	const struct summary *b = *(const struct summary *const *)right;
	int order = compare_states(&a->cell, &b->cell);

	if (!order)
		order = a->cell.creates_nothing - b->cell.creates_nothing;
	if (!order)
		order = compare_numbers((double)a->cell.heap_bytes,
					(double)b->cell.heap_bytes);
	if (!order)
		order = compare_numbers(rank(a), rank(b));
	return order ? order : strcmp(a->cell.strategy, b->cell.strategy);
}

/* A row whose spawns were all refused, or that has none. */
static void add_unmeasured(struct table *table, const struct summary *row)
{
	const int predicted = row->predicted;
	/* Nothing has refused what a strategy cannot do. */
	const char *what = row->error == ENOTSUP ? "not supported" : "refused";

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
		table_span(table, "%s, without a prediction", what);
	else if (predicted == row->error)
		table_span(table, "%s, as predicted", what);
	else
		table_span(table, "%s, though predicted %s", what,
			   outcome_name(predicted));
	table_row(table, TABLE_BAD);
}

static void add_measured(struct table *table, const struct summary *row,
			 double best_ns, bool has_p99)
{
	table_duration(table, row->quiet_ns);
	table_interval(table, row->quiet_lo_ns, row->quiet_hi_ns);
	table_duration(table, row->p50_ns);
	table_duration(table, row->p95_ns);
	if (has_p99)
		table_duration(table, row->p99_ns);
	if (isnan(row->over_best_lo)) /* too few parents have both */
		table_ratio(table, row->quiet_ns / best_ns,
			    row->quiet_ns / best_ns);
	else
		table_ratio(table, row->over_best_lo, row->over_best_hi);
	table_duration(table, row[TIME_RETURN - TIME_REAP].quiet_ns);
	if (row->failed)
		table_span(table, "%s", row->errnos);
	/* What cannot be told from the best is as good. */
	table_row(table, row->quiet_ns <= best_ns || row->over_best_lo <= 1
				 ? TABLE_STRONG
				 : TABLE_PLAIN);
}

static void add_titles(struct table *table, bool has_p99)
{
	static const char *const titles[] = {
		"heap", "strategy", "quiet",  "95 % interval", "median",
		"p95",	"p99",	    "x best", "return",
	};

	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (has_p99 || strcmp(titles[i], "p99"))
			table_cell(table, "%s", titles[i]);
	table_row(table, TABLE_FAINT);
}

/* The lines of one heap, the best first. */
static void add_group(struct table *table, const struct summary *const *lines,
		      size_t count, bool has_p99)
{
	const struct summary *best = *lines;

	for (size_t i = 0; i < count; i++) {
		table_cell(table, "%s",
			   i ? "" : size_human(best->cell.heap_bytes).text);
		table_cell(table, "%s", lines[i]->cell.strategy);
		if (lines[i]->ok)
			add_measured(table, lines[i], best->quiet_ns, has_p99);
		else
			add_unmeasured(table, lines[i]);
	}
}

/* "overcommit 0 (heuristic), backing base, cpu same", and what is not as
 * usual. */
static void print_state(FILE *stream, const struct cell *cell)
{
	const char *before = "\n";
	const struct row_field *axis;

	for (size_t i = 0; (axis = axis_told(i)); i++) {
		const struct units_text text = axis_text(axis, cell);

		if (axis->axis->kind == AXIS_QUIET &&
		    !strcmp(text.text, axis->axis->fallback))
			continue;
		fprintf(stream, "%s%s %s", before, axis->axis->name, text.text);
		if (axis_meaning(axis, cell))
			fprintf(stream, " (%s)", axis_meaning(axis, cell));
		before = ", ";
	}
	fputs("\n", stream);
}

/* A strategy that creates nothing: one line for all heaps, since what it
 * costs has nothing to do with the heap. */
static void print_floor(FILE *stream, const struct summary *const *lines,
			size_t count)
{
	double low = INFINITY, high = 0, worst = 0;

	for (size_t i = 0; i < count; i++) {
		if (!lines[i]->ok)
			continue;
		low = fmin(low, lines[i]->quiet_ns);
		high = fmax(high, lines[i]->quiet_ns);
		worst = fmax(worst, lines[i]->p95_ns);
	}
	if (low > high)
		return;
	fprintf(stream,
		"floor of the harness: %s creates nothing, %s to %s, "
		"p95 up to %s\n",
		(*lines)->cell.strategy, duration_human(low).text,
		duration_human(high).text, duration_human(worst).text);
}

/* How many lines, of count, are of the state and of the kind of the first,
 * and with same_heap of its heap. */
static size_t group_length(const struct summary *const *lines, size_t count,
			   bool same_heap)
{
	const struct summary *first = *lines;
	size_t length = 1;

	for (; length < count; length++) {
		const struct summary *next = lines[length];

		if (compare_states(&next->cell, &first->cell) ||
		    next->cell.creates_nothing != first->cell.creates_nothing ||
		    (same_heap &&
		     next->cell.heap_bytes != first->cell.heap_bytes))
			break;
	}
	return length;
}

static int print_block(FILE *stream, const struct summary *const *lines,
		       size_t count)
{
	struct table table;
	size_t length, with_p99 = 0, without_p99 = 0;
	int error;

	for (size_t i = 0; i < count; i++) {
		const struct summary *row = lines[i];

		with_p99 += row->ok && !isnan(row->p99_ns);
		without_p99 += row->ok && isnan(row->p99_ns);
	}
	table_init(&table, with_p99 ? "rlrrrrrrrl" : "rlrrrrrrl");
	add_titles(&table, with_p99);
	for (size_t i = 0; i < count; i += length) {
		length = group_length(lines + i, count - i, true);
		add_group(&table, lines + i, length, with_p99);
	}
	error = table_print(&table, stream);
	if (with_p99 && without_p99)
		fputs("p99 -: too few samples for one.\n", stream);
	return error;
}

static int print_lines(FILE *stream, const struct summary *const *lines,
		       size_t count)
{
	size_t length;
	int error = 0;

	fputs("Times until the caller has the exit status (reap); quiet: when "
	      "nothing else is at\nwork. Last column: until the call returns, "
	      "quiet.\n",
	      stream);
	for (size_t i = 0; i < count && !error; i += length) {
		length = group_length(lines + i, count - i, false);
		if (i == 0 ||
		    compare_states(&lines[i - 1]->cell, &lines[i]->cell))
			print_state(stream, &lines[i]->cell);
		if (lines[i]->cell.creates_nothing)
			print_floor(stream, lines + i, length);
		else
			error = print_block(stream, lines + i, length);
	}
	return error;
}

int show_matrix(FILE *stream, const struct summary *rows, size_t count)
{
	const struct summary **lines = calloc(count + 1, sizeof *lines);
	size_t used = 0;
	int error;

	if (!lines)
		return -ENOMEM;
	for (size_t i = TIME_REAP; i < count; i += TIME_COUNT)
		lines[used++] = &rows[i];
	qsort(lines, used, sizeof *lines, compare_lines);
	error = print_lines(stream, lines, used);
	free(lines);
	return error;
}
