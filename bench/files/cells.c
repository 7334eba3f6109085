/* SPDX-License-Identifier: MIT */
/* cells.csv by the table of its columns; see cells.h. */

#include "bench/files/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/files/replace.h"

#define MEMBER(member) offsetof(struct summary, member)

static const struct column columns[] = {
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
	{ "commit_bytes", KIND_INTEGER, MEMBER(commit_bytes) },
	{ "predicted", KIND_OUTCOME, MEMBER(predicted) },
	{ "observed", KIND_OUTCOME, MEMBER(observed) },
};

#define COLUMN_COUNT (sizeof columns / sizeof *columns)

int cells_write(const char *dir, const char *run_id, const struct summary *rows,
		size_t count)
{
	struct csv_writer writer = { 0 };
	struct replace replace;
	int error = replace_begin(&replace, dir, "cells.csv");

	if (error)
		return error;
	writer.stream = replace.stream;
	error = columns_put_header(&writer, columns, COLUMN_COUNT);
	for (size_t i = 0; !error && i < count; i++)
		error = columns_put_row(&writer, columns, COLUMN_COUNT, run_id,
					&rows[i]);
	if (!error)
		return replace_commit(&replace);
	replace_abort(&replace);
	return error;
}

struct taking {
	struct cells *cells;
	struct summary row;
};

int cells_add(struct cells *cells, const struct summary *row)
{
	struct summary *rows;

	if (cells->count == cells->room) {
		cells->room = cells->room ? 2 * cells->room : 64;
		rows = reallocarray(cells->rows, cells->room, sizeof *rows);
		if (!rows)
			return -ENOMEM;
		cells->rows = rows;
	}
	cells->rows[cells->count++] = *row;
	return 0;
}

static int take(void *context)
{
	struct taking *taking = context;

	return taking->row.time < TIME_COUNT
		       ? cells_add(taking->cells, &taking->row)
		       : 0;
}

static int read_rows(FILE *stream, const char *dir, struct cells *cells,
		     char *why, size_t why_bytes)
{
	struct taking taking = { .cells = cells };
	const struct column_reading reading = {
		.columns = columns,
		.count = COLUMN_COUNT,
		.words = &cells->words,
		.row = &taking.row,
		.row_bytes = sizeof taking.row,
		.take = take,
		.context = &taking,
	};
	int error;

	*cells = (struct cells){ 0 };
	error = stream ? columns_read(stream, &reading, why, why_bytes)
		       : columns_read_file(dir, "cells.csv", &reading, why,
					   why_bytes);
	if (error)
		cells_release(cells);
	cells->run_id = cells->words.run_id ? cells->words.run_id : "";
	return error;
}

int cells_parse(FILE *stream, struct cells *cells, char *why, size_t why_bytes)
{
	return read_rows(stream, NULL, cells, why, why_bytes);
}

/* Samples are written from the start of a run, cells at its end. */
static int explain_missing(const char *dir, char *why, size_t why_bytes)
{
	char *samples = join_path(dir, "samples.csv");
	const bool begun = samples && !access(samples, F_OK);

	free(samples);
	if (!begun)
		return -ENOENT;
	snprintf(why, why_bytes,
		 "it has no cells.csv: the run was killed or is still at work");
	return -ENODATA;
}

int cells_read(const char *dir, struct cells *cells, char *why,
	       size_t why_bytes)
{
	const int error = read_rows(NULL, dir, cells, why, why_bytes);

	return error == -ENOENT ? explain_missing(dir, why, why_bytes) : error;
}

void cells_release(struct cells *cells)
{
	words_release(&cells->words);
	free(cells->rows);
	*cells = (struct cells){ 0 };
}
