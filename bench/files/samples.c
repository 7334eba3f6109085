/* SPDX-License-Identifier: MIT */
/* Writing samples.csv and plan.csv; see samples.h. */

#include "bench/files/samples.h"

#define CELL(member) offsetof(struct sample_row, cell.member)
#define SAMPLE(member) offsetof(struct sample_row, sample.member)
#define PLAN(member) offsetof(struct summary, member)

const struct column sample_columns[SAMPLE_COLUMNS] = {
	{ "run_id", KIND_RUN_ID, 0 },
	{ "cell_id", KIND_COUNT, CELL(id) },
	{ "strategy", KIND_NAME, CELL(strategy) },
	{ "heap_bytes", KIND_SIZE, CELL(heap_bytes) },
	{ "backing", KIND_WORD, CELL(backing) },
	{ "vmas", KIND_COUNT, CELL(vmas) },
	{ "threads", KIND_COUNT, CELL(threads) },
	{ "fds", KIND_COUNT, CELL(fds) },
	{ "cpu", KIND_WORD, CELL(cpu) },
	{ "overcommit", KIND_COUNT, CELL(overcommit) },
	{ "parent", KIND_COUNT, SAMPLE(parent) },
	{ "block", KIND_COUNT, SAMPLE(block) },
	{ "sample", KIND_COUNT, SAMPLE(sample) },
	{ "warmup", KIND_FLAG, SAMPLE(warmup) },
	{ "return_ns", KIND_INTEGER, SAMPLE(ns[TIME_RETURN]) },
	{ "confirm_ns", KIND_INTEGER, SAMPLE(ns[TIME_CONFIRM]) },
	{ "start_ns", KIND_INTEGER, SAMPLE(ns[TIME_START]) },
	{ "reap_ns", KIND_INTEGER, SAMPLE(ns[TIME_REAP]) },
	{ "caller_cpu_ns", KIND_INTEGER, SAMPLE(ns[TIME_CALLER_CPU]) },
	{ "ref_ns", KIND_INTEGER, SAMPLE(ref_ns) },
	{ "errno", KIND_ERRNO, SAMPLE(error) },
};

const struct column plan_columns[PLAN_COLUMNS] = {
	{ "schema", KIND_SCHEMA, 0 },
	{ "run_id", KIND_RUN_ID, 0 },
	{ "cell_id", KIND_COUNT, PLAN(cell.id) },
	{ "strategy", KIND_NAME, PLAN(cell.strategy) },
	{ "heap_bytes", KIND_SIZE, PLAN(cell.heap_bytes) },
	{ "backing", KIND_WORD, PLAN(cell.backing) },
	{ "vmas", KIND_COUNT, PLAN(cell.vmas) },
	{ "threads", KIND_COUNT, PLAN(cell.threads) },
	{ "fds", KIND_COUNT, PLAN(cell.fds) },
	{ "cpu", KIND_WORD, PLAN(cell.cpu) },
	{ "overcommit", KIND_COUNT, PLAN(cell.overcommit) },
	{ "commit_bytes", KIND_INTEGER, PLAN(commit_bytes) },
	{ "predicted", KIND_OUTCOME, PLAN(predicted) },
};

int samples_create(const char *dir, const char *run_id, struct row_file **file)
{
	return row_file_create(dir, "samples.csv", run_id, sample_columns,
			       SAMPLE_COLUMNS, file);
}

int samples_plan_create(const char *dir, const char *run_id,
			struct row_file **file)
{
	return row_file_create(dir, "plan.csv", run_id, plan_columns,
			       PLAN_COLUMNS, file);
}

int samples_append(struct row_file *file, const struct cell *cell,
		   const struct sample *sample)
{
	const struct sample_row row = { *cell, *sample };

	return row_file_append(file, &row);
}

int samples_plan_append(struct row_file *file, const struct summary *cell)
{
	return row_file_append(file, cell);
}
