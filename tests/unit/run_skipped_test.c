/* SPDX-License-Identifier: MIT */
/*
 * What a run says of cells that some of its processes could not measure.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Before cmocka, which has a macro of the name fail. */
#include "bench/verbs/run_result.h"

#include <cmocka.h>

#define GIB (UINT64_C(1) << 30)
#define CELL(name, heap, mode)                                                 \
	{                                                                      \
		.strategy = (name), .heap_bytes = (heap), .backing = "base",   \
		.cpu = "same", .vmas = 1, .overcommit = (mode)                 \
	}

#define SKIPPED(measured, not_measured, why)                                   \
	{                                                                      \
		.measured_count = (measured), .skipped_count = (not_measured), \
		.skipped = why                                                 \
	}

static struct cell cells[] = {
	CELL("clone_vm", GIB, 0), CELL("clone_vm", GIB, 2),
	CELL("fork", GIB, 2),	  CELL("vfork", GIB, 2),
	CELL("vfork", 0, 2),	  CELL("fork", 0, 2),
};

static const struct plan plan = { .cells = cells,
				  .cell_count = sizeof cells / sizeof *cells };

/* What is told of these outcomes, in new memory, and of how many cells. */
static char *told(struct cell_outcome *outcomes, size_t *count)
{
	struct run run = { .plan = &plan, .outcomes = outcomes };
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	*count = run_result_skipped(stream, &run);
	fclose(stream);
	return text;
}

static void nothing_skipped_is_not_told(void **state)
{
	struct cell_outcome outcomes[6] = { { .measured_count = 6 } };
	size_t count;
	char *text = told(outcomes, &count);

	(void)state;
	assert_int_equal(count, 0);
	assert_string_equal(text, "");
	free(text);
}

static void each_reason_is_told_once(void **state)
{
	struct cell_outcome outcomes[6] = {
		{ .measured_count = 6 },    SKIPPED(5, 1, "No room."),
		SKIPPED(0, 6, "No room."),  SKIPPED(5, 1, "No room."),
		SKIPPED(0, 6, "No pages."), SKIPPED(5, 1, "No room."),
	};
	size_t count;
	char *text = told(outcomes, &count);

	(void)state;
	assert_int_equal(count, 5);
	assert_string_equal(
		text,
		"Not measured by all processes: No room.\n"
		"  clone_vm, vfork at 1 GiB, mode 2: 5 of 6 processes measured "
		"it\n"
		"  fork at 1 GiB, mode 2: 0 of 6 processes measured it\n"
		"  fork at 0 B, mode 2: 5 of 6 processes measured it\n"
		"Not measured by all processes: No pages.\n"
		"  vfork at 0 B, mode 2: 0 of 6 processes measured it\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_skipped_is_not_told),
		cmocka_unit_test(each_reason_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
