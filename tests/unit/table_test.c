/* SPDX-License-Identifier: MIT */
/*
 * Tables as text: alignment, what refused and skipped cells look like, and
 * the remaining time that the progress line tells.
 */

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/show/matrix.h"
#include "bench/show/progress.h"
#include "bench/show/table.h"

#define GIB (UINT64_C(1) << 30)

static char *text;
static size_t text_length;
static FILE *stream;

static int open_text(void **state)
{
	(void)state;
	stream = open_memstream(&text, &text_length);
	return stream ? 0 : -1;
}

static int release_text(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void check_text(const char *expected)
{
	fclose(stream);
	assert_string_equal(text, expected);
}

static void a_last_cell_goes_on_below_itself(void **state)
{
	static const char *const heads[] = { "name", "what", NULL };
	struct table table;

	(void)state;
	table_init(&table, "ll");
	table.columns = 30;
	table_heads(&table, heads);
	table_cell(&table, "memory");
	table_span(&table, "just 22 columns, 71 µs");
	table_row(&table, TABLE_PLAIN);
	table_cell(&table, "%s", "");
	table_span(&table,
		   "more than 22 columns, and a-path/of/more/than/that");
	table_row(&table, TABLE_PLAIN);
	assert_int_equal(table_print(&table, stream), 0);
	table_release(&table);
	check_text("name    what\n"
		   "memory  just 22 columns, 71 µs\n"
		   "        more than 22 columns,\n"
		   "        and\n"
		   "        a-path/of/more/than/that\n");
}

static void columns_are_aligned(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, "lrl");
	table_cell(&table, "name");
	table_cell(&table, "time");
	table_cell(&table, "note");
	table_row(&table, TABLE_STRONG);
	table_cell(&table, "a");
	table_duration(&table, 71234);
	table_row(&table, TABLE_PLAIN);
	table_row(&table, TABLE_PLAIN);
	table_cell(&table, "longer");
	table_span(&table, "a text that is wider than its column");
	table_row(&table, TABLE_BAD);
	table_cell(&table, "b");
	table_ratio(&table, 9.996, 9.996);
	table_cell(&table, "%s", "");
	table_row(&table, TABLE_FAINT);
	table_cell(&table, "c");
	table_interval(&table, 999, 1010);
	table_row(&table, TABLE_PLAIN);
	table_cell(&table, "d");
	table_interval(&table, 1000, NAN);
	table_row(&table, TABLE_PLAIN);
	table_cell(&table, "e");
	table_ratio(&table, 1.5, 12.34);
	table_row(&table, TABLE_PLAIN);
	table_cell(&table, "f");
	table_ratio(&table, NAN, 2);
	table_row(&table, TABLE_PLAIN);
	assert_int_equal(table_print(&table, stream), 0);
	table_release(&table);
	check_text("name                 time  note\n"
		   "a                 71.2 \u00b5s\n"
		   "\n"
		   "longer  a text that is wider than its column\n"
		   "b                    10.0\n"
		   "c       999 ns to 1.01 \u00b5s\n"
		   "d                       -\n"
		   "e             1.5 to 12.3\n"
		   "f                       -\n");
}

static void too_many_cells_are_an_error(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, "llllllllllll");
	for (int i = 0; i <= TABLE_COLUMNS_MAX; i++)
		table_cell(&table, "x");
	table_row(&table, TABLE_PLAIN);
	assert_int_equal(table_print(&table, stream), -ENOMEM);
	table_release(&table);
	fclose(stream);
}

/* A row of reap: measured, if it has a median. */
static struct summary reap(int id, const char *strategy, double quiet_ns)
{
	return (struct summary){
		.cell = { .id = id,
			  .strategy = strategy,
			  .heap_bytes = GIB,
			  .backing = "base",
			  .vmas = 1,
			  .cpu = "same",
			  .overcommit = 2 },
		.time = TIME_REAP,
		.ok = isnan(quiet_ns) ? 0 : 60,
		.quiet_ns = quiet_ns,
		.quiet_lo_ns = quiet_ns * 0.99,
		.quiet_hi_ns = quiet_ns * 1.01,
		.p50_ns = quiet_ns * 1.1,
		.p95_ns = quiet_ns * 2,
		.p99_ns = NAN,
		.over_best_lo = quiet_ns / 70e3 * 0.99,
		.over_best_hi = quiet_ns / 70e3 * 1.01,
		.predicted = OUTCOME_UNKNOWN,
	};
}

/* Strategies with these names need not exist: the run says which of them
 * creates nothing. */
static void matrix_tells_every_cell(void **state)
{
	static struct summary rows[6][TIME_COUNT];
	struct summary *reaps[6];

	(void)state;
	for (int i = 0; i < 6; i++) {
		rows[i][TIME_RETURN].quiet_ns = NAN;
		reaps[i] = &rows[i][TIME_REAP];
	}
	*reaps[0] = reap(0, "skipped", NAN);
	*reaps[1] = reap(1, "null", 140);
	reaps[1]->cell.creates_nothing = true;
	*reaps[2] = reap(2, "refused", NAN);
	reaps[2]->failed = 60;
	reaps[2]->error = ENOMEM;
	reaps[2]->predicted = ENOMEM;
	*reaps[3] = reap(3, "slow", 97e3);
	*reaps[4] = reap(4, "best", 70e3);
	reaps[4]->p99_ns = 150e3;
	reaps[4]->over_best_lo = reaps[4]->over_best_hi = 1;
	rows[4][TIME_RETURN].quiet_ns = 33e3;
	*reaps[5] = reap(5, "lucky", 98e3);
	reaps[5]->failed = 3;
	strcpy(reaps[5]->errnos, "EAGAIN:3");
	assert_int_equal(show_matrix(stream, *rows, 6 * TIME_COUNT), 0);
	check_text("Times until the caller has the exit status (reap); quiet: "
		   "when nothing else is at\n"
		   "work. Last column: until the call returns, quiet.\n"
		   "\n"
		   "overcommit 2 (strict), backing base, cpu same\n"
		   " heap  strategy    quiet    95 % interval   median     p95 "
		   "    p99        x best   return\n"
		   "1 GiB  best      70.0 \u00b5s  69.3 to 70.7 \u00b5s  77.0 "
		   "\u00b5s  140 \u00b5s  150 \u00b5s          1.00  33.0 "
		   "\u00b5s\n"
		   "       slow      97.0 \u00b5s  96.0 to 98.0 \u00b5s   107 "
		   "\u00b5s  194 \u00b5s       -  1.37 to 1.40        -\n"
		   "       lucky     98.0 \u00b5s  97.0 to 99.0 \u00b5s   108 "
		   "\u00b5s  196 \u00b5s       -  1.39 to 1.41        -  "
		   "EAGAIN:3\n"
		   "       refused    ENOMEM  refused, as predicted\n"
		   "       skipped   not measured\n"
		   "p99 -: too few samples for one.\n"
		   "floor of the harness: null creates nothing, 140 ns to 140 "
		   "ns, p95 up to 280 ns\n");
}

static void matrix_of_nothing(void **state)
{
	(void)state;
	assert_int_equal(show_matrix(stream, NULL, 0), 0);
	fclose(stream);
}

static void progress_learns_the_pace(void **state)
{
	struct progress progress = { .total_s = 100 };

	(void)state;
	fclose(stream);
	assert_true(fabs(progress_remaining_s(&progress, 0) - 100) < 1e-9);
	/* Half of the plan in twice its time: the rest takes about as long. */
	progress.done_s = 50;
	assert_true(fabs(progress_remaining_s(&progress, 100) - 87) < 1);
	progress.done_s = 101;
	assert_true(progress_remaining_s(&progress, 100) == 0);
	/* A first step that is late does not make the whole late. */
	progress = (struct progress){ .total_s = 194 };
	assert_true(progress_remaining_s(&progress, 6) < 1.3 * 194);
	/* Past the plan only the limit is known. */
	progress =
		(struct progress){ .total_s = 5, .done_s = 5, .limit_s = 15 };
	assert_true(progress_remaining_s(&progress, 6) == 9);
	assert_true(progress_remaining_s(&progress, 16) == 0);
}

static void progress_is_silent_in_a_short_run(void **state)
{
	struct progress progress;
	FILE *log = tmpfile();

	(void)state;
	fclose(stream);
	assert_non_null(log);
	progress_begin(&progress, log, 1);
	progress_note(&progress, "cell %d", 1);
	progress_step(&progress, 0.5);
	live_end(&progress.live);
	assert_int_equal(ftell(log), 0);
	fclose(log);
}

#define with_text(test)                                                        \
	cmocka_unit_test_setup_teardown(test, open_text, release_text)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_text(columns_are_aligned),
		with_text(a_last_cell_goes_on_below_itself),
		with_text(too_many_cells_are_an_error),
		with_text(matrix_tells_every_cell),
		with_text(matrix_of_nothing),
		with_text(progress_learns_the_pace),
		with_text(progress_is_silent_in_a_short_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
