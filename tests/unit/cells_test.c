/* SPDX-License-Identifier: MIT */
/*
 * cells.csv against a golden file in both directions, and what a reader
 * refuses.
 */

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Before cmocka, which has a macro of the name fail. */
#include "bench/machine/failure.h"

#include <cmocka.h>

#include "bench/files/cells.h"
#include "tests/unit/scratch.h"

#define ROW_COUNT 4
#define NO_STATISTICS                                                          \
	.min_ns = NAN, .p5_ns = NAN, .p50_ns = NAN, .p50_lo_ns = NAN,          \
	.p50_hi_ns = NAN, .p95_ns = NAN, .p99_ns = NAN, .p999_ns = NAN,        \
	.max_ns = NAN, .mean_ns = NAN, .ref_ratio = NAN

static const struct summary golden[ROW_COUNT] = {
	{
		.cell = { .strategy = "vfork",
			  .backing = "base",
			  .cpu = "same" },
		.time = TIME_RETURN,
		.parents = 6,
		.ok = 1200,
		.min_ns = 30000,
		.p5_ns = 31000,
		.p50_ns = 32000,
		.p50_lo_ns = 31900,
		.p50_hi_ns = 32200,
		.p95_ns = 40000,
		.p99_ns = 55000,
		.p999_ns = NAN,
		.max_ns = 90000,
		.mean_ns = 33124.4,
		.ref_ratio = 0.45714,
	},
	{
		.cell = { .strategy = "vfork",
			  .backing = "base",
			  .cpu = "same" },
		.time = TIME_START,
		.parents = 6,
		.ok = 1200,
		NO_STATISTICS,
	},
	{
		.cell = { .id = 7,
			  .strategy = "fork",
			  .heap_bytes = 8ull << 30,
			  .backing = "base",
			  .vmas = 2,
			  .threads = 4,
			  .fds = 100,
			  .cpu = "split",
			  .overcommit = 2 },
		.time = TIME_REAP,
		.failed = 4,
		.error = ENOMEM,
		.errnos = "ENOMEM:3;EAGAIN:1",
		.commit_bytes = 8ll << 30,
		.predicted = ENOMEM,
		.observed = ENOMEM,
		NO_STATISTICS,
	},
	{
		.cell = { .id = 8,
			  .strategy = "clone_vm",
			  .heap_bytes = 1,
			  .backing = "thp",
			  .cpu = "free",
			  .overcommit = 1 },
		.time = TIME_CALLER_CPU,
		.commit_bytes = -1,
		.predicted = OUTCOME_UNKNOWN,
		.observed = OUTCOME_UNKNOWN,
		NO_STATISTICS,
	},
};

/* Columns are only ever added, at the end: each line begins as it did. */
static void assert_lines_begin(const char *is, const char *should)
{
	while (*should) {
		const size_t length = strcspn(should, "\n");

		if (strncmp(is, should, length) || !strchr(",\n", is[length]))
			fail_msg("'%.*s' is not '%.*s'", (int)strcspn(is, "\n"),
				 is, (int)length, should);
		is += strcspn(is, "\n") + 1;
		should += length + 1;
	}
	assert_string_equal(is, "");
}

static void writes_golden(void **state)
{
	char *is, *should = scratch_read(GOLDEN, "cells.csv");

	assert_int_equal(
		cells_write(*state, "20240607-080910-1", golden, ROW_COUNT), 0);
	is = scratch_read(*state, "cells.csv");
	assert_non_null(is);
	assert_non_null(should);
	assert_lines_begin(is, should);
	assert_false(scratch_has_part(*state, "cells.csv"));
	free(is);
	free(should);
}

static void reads_golden(void **state)
{
	const struct summary *rows;
	struct cells cells;
	struct failure why = { 0 };

	(void)state;
	assert_int_equal(cells_read(GOLDEN, &cells, &why), 0);
	rows = cells.rows;
	assert_int_equal(cells.count, ROW_COUNT);
	assert_string_equal(cells.run_id, "20240607-080910-1");
	for (int i = 0; i < ROW_COUNT; i++) {
		assert_int_equal(rows[i].cell.id, golden[i].cell.id);
		assert_string_equal(rows[i].cell.strategy,
				    golden[i].cell.strategy);
		assert_string_equal(rows[i].cell.backing,
				    golden[i].cell.backing);
		assert_string_equal(rows[i].cell.cpu, golden[i].cell.cpu);
		assert_true(rows[i].cell.heap_bytes ==
			    golden[i].cell.heap_bytes);
		assert_int_equal(rows[i].time, golden[i].time);
		assert_int_equal(rows[i].ok, golden[i].ok);
		assert_int_equal(rows[i].error, golden[i].error);
		assert_string_equal(rows[i].errnos, golden[i].errnos);
		assert_true(rows[i].commit_bytes == golden[i].commit_bytes);
		assert_int_equal(rows[i].predicted, golden[i].predicted);
		assert_int_equal(rows[i].observed, golden[i].observed);
	}
	assert_true(rows[0].p50_ns == 32000 && rows[0].mean_ns == 33124);
	assert_true(rows[0].ref_ratio == 0.4571 && isnan(rows[0].p999_ns));
	assert_true(isnan(rows[2].p50_ns) && isnan(rows[2].ref_ratio));
	assert_int_equal(rows[2].cell.fds, 100);
	assert_ptr_equal(rows[0].cell.strategy, rows[1].cell.strategy);
	cells_release(&cells);
}

static void round_trip(void **state)
{
	struct cells cells;
	struct failure why;
	char *first, *second;

	assert_int_equal(cells_write(*state, "R_1:2.a-b", golden, ROW_COUNT),
			 0);
	first = scratch_read(*state, "cells.csv");
	assert_int_equal(cells_read(*state, &cells, &why), 0);
	assert_string_equal(cells.run_id, "R_1:2.a-b");
	assert_int_equal(
		cells_write(*state, cells.run_id, cells.rows, cells.count), 0);
	second = scratch_read(*state, "cells.csv");
	assert_string_equal(first, second);
	cells_release(&cells);
	free(first);
	free(second);
}

static void no_rows(void **state)
{
	struct cells cells;
	struct failure why = { 0 };

	assert_int_equal(cells_write(*state, "r", NULL, 0), 0);
	assert_int_equal(cells_read(*state, &cells, &why), 0);
	assert_int_equal(cells.count, 0);
	assert_string_equal(cells.run_id, "");
	cells_release(&cells);
}

/* The golden text with the first `from` made `to`, read. */
static int read_changed(const char *from, const char *to, struct cells *cells,
			struct failure *why)
{
	char *text = scratch_read(GOLDEN, "cells.csv"), *at, path[64];
	void *dir = NULL;
	FILE *stream;
	int error;

	assert_non_null(text);
	at = strstr(text, from);
	assert_non_null(at);
	assert_int_equal(scratch_make(&dir), 0);
	snprintf(path, sizeof path, "%s/cells.csv", (char *)dir);
	stream = fopen(path, "we");
	assert_non_null(stream);
	fprintf(stream, "%.*s%s%s", (int)(at - text), text, to,
		at + strlen(from));
	fclose(stream);
	*why = (struct failure){ 0 };
	error = cells_read(dir, cells, why);
	scratch_remove(&dir);
	free(text);
	return error;
}

static void assert_refused(const char *from, const char *to, int error,
			   const char *reason)
{
	const char file[] = "cells.csv: ";
	struct cells cells;
	struct failure why = { 0 };

	assert_int_equal(read_changed(from, to, &cells, &why), error);
	assert_memory_equal(why.what, file, strlen(file));
	assert_string_equal(why.what + strlen(file), reason);
	assert_null(cells.rows);
}

static void bad_content_is_refused(void **state)
{
	(void)state;
	assert_refused("\n2,", "\n3,", -ENOTSUP,
		       "schema 3 is not 1 to 2, those known here");
	assert_refused("p50_ns,", "p51_ns,", -EBADMSG,
		       "column p50_ns is missing");
	assert_refused("8589934592", "8G", -EBADMSG,
		       "line 4: heap_bytes cannot be \"8G\"");
	assert_refused("8589934592", "-1", -EBADMSG,
		       "line 4: heap_bytes cannot be \"-1\"");
	assert_refused(",1200,", ",-1200,", -EBADMSG,
		       "line 2: ok cannot be \"-1200\"");
	assert_refused(",1200,", ",3000000000,", -EBADMSG,
		       "line 2: ok cannot be \"3000000000\"");
	assert_refused(",32000,", ",fast,", -EBADMSG,
		       "line 2: p50_ns cannot be \"fast\"");
	assert_refused(",ok,ok", ",ok,good", -EBADMSG,
		       "line 2: observed cannot be \"good\"");
	assert_refused(",ENOMEM,ENOMEM:3", ",ENOME,ENOMEM:3", -EBADMSG,
		       "line 4: errno cannot be \"ENOME\"");
	assert_refused(",0.4571,0,", ",0.4571,", -EBADMSG,
		       "line 2 has 32 fields, not 33");
	assert_refused(",no,no", ",no,so", -EBADMSG,
		       "line 2: baseline cannot be \"so\"");
	assert_refused(",,,,,,,,,,,,,,,,no,no\n", ",,,", -EBADMSG,
		       "line 5 is cut off");
}

/* What a shell or gnuplot would take for more than a word. */
static void harmful_content_is_refused(void **state)
{
	(void)state;
	assert_refused(",fork,", ",`id`,", -EBADMSG,
		       "line 4: strategy cannot be \"`id`\"");
	assert_refused(",fork,", ",fork_$(id),", -EBADMSG,
		       "line 4: strategy cannot be \"fork_$(id)\"");
	assert_refused(",fork,", ",2fork,", -EBADMSG,
		       "line 4: strategy cannot be \"2fork\"");
	assert_refused(",fork,", ",,", -EBADMSG,
		       "line 4: strategy cannot be \"\"");
	assert_refused(",base,2", ",b/../c,2", -EBADMSG,
		       "line 4: backing cannot be \"b/../c\"");
	assert_refused(",split,", ",,", -EBADMSG, "line 4: cpu cannot be \"\"");
	assert_refused("ENOMEM:3;", "ENOMEM:3|id;", -EBADMSG,
		       "line 4: errnos cannot be \"ENOMEM:3|id;EAGAIN:1\"");
	assert_refused("20240607-", "2024'", -EBADMSG,
		       "line 2: run_id cannot be \"2024'080910-1\"");
}

static void impossible_times_are_refused(void **state)
{
	(void)state;
	assert_refused(",32000,", ",-5,", -EBADMSG,
		       "line 2: p50_ns cannot be \"-5\"");
	assert_refused(",32000,", ",-0,", -EBADMSG,
		       "line 2: p50_ns cannot be \"-0\"");
	assert_refused(",32000,", ",nan,", -EBADMSG,
		       "line 2: p50_ns cannot be \"nan\"");
	assert_refused(",0.4571,", ",-0.4571,", -EBADMSG,
		       "line 2: ref_ratio cannot be \"-0.4571\"");
}

/* gnuplot goes by lines: a row of two would be another row for it. */
static void rows_are_lines(void **state)
{
	(void)state;
	assert_refused(",no,no\n", ",no,\"no\n\"\n", -EBADMSG,
		       "line 2 is not one row");
}

static void long_errnos_are_refused(void **state)
{
	struct cells cells;
	struct failure why = { 0 };

	(void)state;
	assert_int_equal(
		read_changed("EAGAIN:1",
			     "EAGAIN:1;EAGAIN:1;EAGAIN:1;EAGAIN:1;EAGAIN:1;"
			     "EAGAIN:1;EAGAIN:1;EAGAIN:1;EAGAIN:1",
			     &cells, &why),
		-EBADMSG);
}

/* What a later version may have added. */
static void news_are_ignored(void **state)
{
	struct cells cells;
	struct failure why = { 0 };

	(void)state;
	assert_int_equal(read_changed(",start,", ",stall,", &cells, &why), 0);
	assert_int_equal(cells.count, ROW_COUNT - 1);
	cells_release(&cells);
}

static void missing_file(void **state)
{
	struct cells cells;
	struct failure why = { 0 };
	char path[4096];

	assert_int_equal(cells_read(*state, &cells, &why), -ENOENT);
	assert_string_equal(why.what, "cells.csv: No such file or directory");
	snprintf(path, sizeof path, "%s/samples.csv", (char *)*state);
	fclose(fopen(path, "we"));
	assert_int_equal(cells_read(*state, &cells, &why), -ENODATA);
	assert_string_equal(why.what,
			    "it has no cells.csv: the run was killed or "
			    "is still at work");
	assert_int_equal(cells_write("/nowhere", "r", NULL, 0), -ENOENT);
}

#define IN_SCRATCH(test)                                                       \
	cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(writes_golden),
		cmocka_unit_test(reads_golden),
		IN_SCRATCH(round_trip),
		IN_SCRATCH(no_rows),
		cmocka_unit_test(bad_content_is_refused),
		cmocka_unit_test(harmful_content_is_refused),
		cmocka_unit_test(impossible_times_are_refused),
		cmocka_unit_test(rows_are_lines),
		cmocka_unit_test(long_errnos_are_refused),
		cmocka_unit_test(news_are_ignored),
		IN_SCRATCH(missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
