/* SPDX-License-Identifier: MIT */
/*
 * A small run to choose from, and how to look at what was said.
 */
#ifndef TESTS_CHOOSE_RUN_H
#define TESTS_CHOOSE_RUN_H

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/judge/choose.h"
#include "lib/spawnwise.h"

#define GIB ((uint64_t)1 << 30)
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SOUND (SW_SILENT_FAILURE | SW_THREAD_SAFE)

/* copier: 3 demands, libc: 1, sharer: 0, helper: 2. */
static const struct choice_candidate all[] = {
	{ "copier", SW_COPIES_PAGE_TABLES | SW_CHARGES_COMMIT | SW_THREAD_SAFE,
	  0 },
	{ "libc", SW_THREAD_SAFE, 0 },
	{ "sharer", SOUND, 0 },
	{ "helper", SOUND | SW_NEEDS_EARLY_OPEN | SW_IDENTITY_OF_OPEN, 0 },
	{ "floor", SOUND | SW_CREATES_NOTHING, 0 },
	{ "shell", SOUND | SW_BASELINE, 0 },
	{ "novelty", SOUND | SW_EXPERIMENTAL, 0 },
};

static inline struct summary row(const char *name, uint64_t heap_bytes,
				 int overcommit, double p50_ns, double p95_ns)
{
	return (struct summary){
		.cell = { .strategy = name,
			  .heap_bytes = heap_bytes,
			  .overcommit = overcommit },
		.time = TIME_REAP,
		.quiet_ns = p50_ns,
		.p95_ns = p95_ns,
		.predicted = OUTCOME_UNKNOWN,
	};
}

static inline struct summary refused(const char *name, uint64_t heap_bytes,
				     int overcommit)
{
	struct summary refusal = row(name, heap_bytes, overcommit, NAN, NAN);

	refusal.observed = ENOMEM;
	return refusal;
}

/* The run: at 1 GiB in mode 0 the copier is slow, the helper fastest; the
 * floor, the shell and the novelty beat them all and must not be chosen. */
static struct summary rows[32];
static size_t row_count;

static inline int measure(void **state)
{
	row_count = 0;
	for (int heap = 1; heap <= 4; heap += 3) {
		uint64_t bytes = (uint64_t)heap * GIB;

		rows[row_count++] = row("copier", bytes, 0, 4e7 * heap, 5e7);
		rows[row_count++] = row("libc", bytes, 0, 97e3, 110e3);
		rows[row_count++] = row("sharer", bytes, 0, 80e3, 100e3);
		rows[row_count++] = row("helper", bytes, 0, 70e3, 90e3);
		rows[row_count++] = row("floor", bytes, 0, 40, 50);
		rows[row_count++] = row("shell", bytes, 0, 100, 200);
		rows[row_count++] = row("novelty", bytes, 0, 1000, 2000);
	}
	(void)state;
	return 0;
}

static inline bool says(const struct choice *choice, const char *line)
{
	for (size_t i = 0; i < choice->reason_count; i++)
		if (!strcmp(choice->reasons[i], line))
			return true;
	for (size_t i = 0; i < choice->reason_count; i++)
		fprintf(stderr, "said: %s\n", choice->reasons[i]);
	return false;
}

static inline struct choice
choose_among(const struct choice_query *query,
	     const struct choice_candidate *candidates, size_t count)
{
	struct choice choice;

	assert_int_equal(
		choose(query, rows, row_count, candidates, count, &choice), 0);
	assert_true(choice.reason_count > 0);
	return choice;
}

#endif
