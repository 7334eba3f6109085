/* SPDX-License-Identifier: MIT */
/*
 * Writing cells.csv by the table of its columns.
 */

#include "bench/files/cells.h"

#include "bench/files/cells_columns.h"
#include "bench/files/csv.h"
#include "bench/files/errname.h"
#include "bench/files/replace.h"

#define MEMBER(member) offsetof(struct summary, member)

const struct cells_column cells_columns[CELLS_COLUMN_COUNT] = {
	{ "schema", KIND_SCHEMA, 0 },
	{ "run_id", KIND_RUN_ID, 0 },
	{ "cell_id", KIND_COUNT, MEMBER(cell.id) },
	{ "strategy", KIND_NAME, MEMBER(cell.strategy) },
	{ "heap_bytes", KIND_SIZE, MEMBER(cell.heap_bytes) },
	{ "backing", KIND_WORD, MEMBER(cell.backing) },
	{ "vmas", KIND_COUNT, MEMBER(cell.vmas) },
	{ "threads", KIND_COUNT, MEMBER(cell.threads) },
	{ "fds", KIND_COUNT, MEMBER(cell.fds) },
	{ "cpu", KIND_WORD, MEMBER(cell.cpu) },
	{ "overcommit", KIND_COUNT, MEMBER(cell.overcommit) },
	{ "time", KIND_TIME, MEMBER(time) },
	{ "parents", KIND_COUNT, MEMBER(parents) },
	{ "ok", KIND_COUNT, MEMBER(ok) },
	{ "failed", KIND_COUNT, MEMBER(failed) },
	{ "errno", KIND_ERRNO, MEMBER(error) },
	{ "errnos", KIND_ERRNOS, MEMBER(errnos) },
	{ "min_ns", KIND_NS, MEMBER(min_ns) },
	{ "p5_ns", KIND_NS, MEMBER(p5_ns) },
	{ "p50_ns", KIND_NS, MEMBER(p50_ns) },
	{ "p50_lo_ns", KIND_NS, MEMBER(p50_lo_ns) },
	{ "p50_hi_ns", KIND_NS, MEMBER(p50_hi_ns) },
	{ "p95_ns", KIND_NS, MEMBER(p95_ns) },
	{ "p99_ns", KIND_NS, MEMBER(p99_ns) },
	{ "p999_ns", KIND_NS, MEMBER(p999_ns) },
	{ "max_ns", KIND_NS, MEMBER(max_ns) },
	{ "mean_ns", KIND_NS, MEMBER(mean_ns) },
	{ "ref_ratio", KIND_RATIO, MEMBER(ref_ratio) },
	{ "commit_bytes", KIND_COMMIT, MEMBER(commit_bytes) },
	{ "predicted", KIND_OUTCOME, MEMBER(predicted) },
	{ "observed", KIND_OUTCOME, MEMBER(observed) },
};

static void put_column(struct csv_writer *writer, enum cells_kind kind,
		       const void *member, const char *run_id)
{
	switch (kind) {
	case KIND_SCHEMA:
		csv_put_integer(writer, CELLS_SCHEMA);
		break;
	case KIND_RUN_ID:
		csv_put_text(writer, run_id);
		break;
	case KIND_COUNT:
		csv_put_integer(writer, *(const int *)member);
		break;
	case KIND_SIZE:
		csv_put_size(writer, *(const uint64_t *)member);
		break;
	case KIND_NAME:
	case KIND_WORD:
		csv_put_text(writer, *(const char *const *)member);
		break;
	case KIND_TIME:
		csv_put_text(writer,
			     time_names[*(const enum sample_time *)member]);
		break;
	case KIND_ERRNO:
		csv_put_text(writer, errname(*(const int *)member));
		break;
	case KIND_ERRNOS:
		csv_put_text(writer, member);
		break;
	case KIND_NS:
		csv_put_real(writer, *(const double *)member, 0);
		break;
	case KIND_RATIO:
		csv_put_real(writer, *(const double *)member, 4);
		break;
	case KIND_COMMIT:
		if (*(const int64_t *)member == -1)
			csv_put_text(writer, NULL);
		else
			csv_put_integer(writer, *(const int64_t *)member);
		break;
	case KIND_OUTCOME:
		csv_put_text(writer, outcome_name(*(const int *)member));
		break;
	}
}

static int put_header(struct csv_writer *writer)
{
	for (size_t i = 0; i < CELLS_COLUMN_COUNT; i++)
		csv_put_text(writer, cells_columns[i].name);
	return csv_end_row(writer);
}

static int put_summary(struct csv_writer *writer, const char *run_id,
		       const struct summary *row)
{
	for (size_t i = 0; i < CELLS_COLUMN_COUNT; i++) {
		const struct cells_column *column = &cells_columns[i];

		put_column(writer, column->kind,
			   (const char *)row + column->offset, run_id);
	}
	return csv_end_row(writer);
}

int cells_write(const char *dir, const char *run_id, const struct summary *rows,
		size_t count)
{
	struct csv_writer writer = { 0 };
	struct replace replace;
	int error = replace_begin(&replace, dir, "cells.csv");

	if (error)
		return error;
	writer.stream = replace.stream;
	error = put_header(&writer);
	for (size_t i = 0; !error && i < count; i++)
		error = put_summary(&writer, run_id, &rows[i]);
	if (!error)
		return replace_commit(&replace);
	replace_abort(&replace);
	return error;
}
