/* SPDX-License-Identifier: MIT */
/*
 * The rules, against what kernels have answered on other machines: each row of
 * the recorded oracles and frontiers is predicted again from its facts.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Before cmocka, which has a macro of the name fail. */
#include "bench/machine/failure.h"

#include <cmocka.h>

#include "bench/judge/predict.h"
#include "bench/labs/oracle_memory.h"
#include "bench/rows/csv.h"
#include "bench/rows/rows.h"
#include "lib/spawnwise.h"
#include "tests/unit/source.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct reading {
	const char *file;
	size_t rows;
	size_t refused;
};

static uint64_t size_in(const char *field)
{
	int64_t bytes = 0;

	if (*field)
		assert_int_equal(csv_get_integer(field, &bytes), 0);
	return (uint64_t)bytes;
}

static void read_all(const char *name, const char *const *columns, size_t count,
		     csv_row_fn *row, struct reading *reading)
{
	struct failure why;
	char path[512];
	FILE *stream;

	snprintf(path, sizeof path, "tests/data/oracle/%s", name);
	*reading = (struct reading){ .file = name };
	stream = fopen(path, "re");
	assert_non_null(stream);
	assert_int_equal(
		csv_read(stream, &(struct csv_reading){ .columns = columns,
							.column_count = count,
							.row = row,
							.context = reading,
							.why = &why }),
		0);
	fclose(stream);
}

static const char *const cell_columns[] = {
	"strategy",
	"overcommit",
	"memory",
	"stage",
	"observed",
	"heap_bytes",
	"mapped_overcommit",
	"accountable_bytes",
	"largest_vma_bytes",
	"total_vm_bytes",
	"ram_bytes",
	"swap_bytes",
	"commit_limit_bytes",
	"committed_bytes",
	"left_bytes",
};

/* What is left says what the reserves of that machine were. */
static struct predict_facts facts_of(char *const *fields)
{
	const uint64_t committed_bytes = size_in(fields[13]);
	const uint64_t left_bytes = size_in(fields[14]);

	return (struct predict_facts){
		.accountable_bytes = size_in(fields[7]),
		.largest_vma_bytes = size_in(fields[8]),
		.total_vm_bytes = size_in(fields[9]),
		.admin = true,
		.ram_bytes = size_in(fields[10]),
		.swap_bytes = size_in(fields[11]),
		.commit_limit_bytes = committed_bytes + left_bytes,
		.committed_bytes = committed_bytes,
	};
}

static int map_again(char *const *fields, struct predict_facts *facts)
{
	const struct memory *memory = memories;
	struct predict_mapping mapping;

	while (strcmp(memory->one.name, fields[2]))
		assert_true(++memory < memories + MEMORY_COUNT);
	mapping = memory->mapping;
	mapping.bytes = size_in(fields[5]);
	mapping.requests = 2;
	return predict_map(&mapping, fields[6][0] - '0', facts);
}

static int check_cell(void *context, char *const *fields, unsigned long line)
{
	struct reading *reading = context;
	const struct sw_strategy *strategy = sw_find(fields[0]);
	struct predict_facts facts = facts_of(fields);
	int observed = 0;
	int predicted;

	if (!*fields[4]) /* it was left out there */
		return 0;
	assert_non_null(strategy);
	assert_int_equal(outcome_number(fields[4], &observed), 0);
	predicted =
		strcmp(fields[3], "map")
			? predict(strategy->traits, fields[1][0] - '0', &facts)
			: map_again(fields, &facts);
	if (predicted != observed)
		fail_msg("%s:%lu: %s was predicted", reading->file, line,
			 outcome_name(predicted));
	reading->rows++;
	reading->refused += observed != 0;
	return 0;
}

static void cells_are_predicted(void **state)
{
	static const struct reading expected[] = {
		{ "linux_6.18.csv", 104, 11 },
		{ "linux_6.1.csv", 108, 13 },
		{ "linux_6.1_swap.csv", 108, 13 },
	};
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		read_all(expected[i].file, cell_columns, COUNT(cell_columns),
			 check_cell, &reading);
		assert_int_equal(reading.rows, expected[i].rows);
		assert_int_equal(reading.refused, expected[i].refused);
	}
}

static const char *const frontier_columns[] = {
	"strategy",    "overcommit",	    "vmas",	  "lower_bytes",
	"upper_bytes", "ram_bytes",	    "swap_bytes", "left_bytes",
	"room_bytes",  "accountable_bytes",
};

/* Where nothing was refused, the largest heap that worked is the end. */
static int check_frontier(void *context, char *const *fields,
			  unsigned long line)
{
	struct reading *reading = context;
	const struct sw_strategy *strategy = sw_find(fields[0]);
	const struct predict_facts facts = {
		.admin = true,
		.ram_bytes = size_in(fields[5]),
		.swap_bytes = size_in(fields[6]),
		.commit_limit_bytes = size_in(fields[7]),
		.accountable_bytes = size_in(fields[9]),
	};
	const int mode = fields[1][0] - '0';
	const uint64_t bytes = predict_frontier(strategy->traits, mode,
						(unsigned)(fields[2][0] - '0'),
						size_in(fields[8]), &facts);
	const uint64_t slack_bytes =
		mode == 2 ? predict_slack(&facts) : bytes / 100;

	if (bytes + slack_bytes < size_in(fields[3]) ||
	    bytes > size_in(fields[fields[4][0] ? 4 : 3]) + slack_bytes)
		fail_msg("%s:%lu: %llu was predicted", reading->file, line,
			 (unsigned long long)bytes);
	reading->rows++;
	return 0;
}

static void frontiers_are_predicted(void **state)
{
	struct reading reading;

	(void)state;
	read_all("frontier_6.18.csv", frontier_columns, COUNT(frontier_columns),
		 check_frontier, &reading);
	assert_int_equal(reading.rows, 13);
	read_all("frontier_6.1_swap.csv", frontier_columns,
		 COUNT(frontier_columns), check_frontier, &reading);
	assert_int_equal(reading.rows, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_predicted),
		cmocka_unit_test(frontiers_are_predicted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
