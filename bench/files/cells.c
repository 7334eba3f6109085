/* SPDX-License-Identifier: MIT */
/* cells.csv: its rows, written and read; see cells.h. */

#include "bench/files/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/files/replace.h"

#define CELL(member) offsetof(struct cell, member)
#define AT(member) offsetof(struct summary, member)

const struct row_field row_schema[] = { FIELD("schema", SCHEMA), { 0 } };

const struct row_field cell_fields[] = {
	FIELD("run_id", RUN_ID),
	FIELD("cell_id", COUNT, CELL(id)),
	FIELD("strategy", NAME, CELL(strategy)),
	FIELD("heap_bytes", BYTES, CELL(heap_bytes)),
	FIELD("backing", WORD, CELL(backing)),
	FIELD("vmas", COUNT, CELL(vmas)),
	FIELD("threads", COUNT, CELL(threads)),
	FIELD("fds", COUNT, CELL(fds)),
	FIELD("cpu", WORD, CELL(cpu)),
	FIELD("overcommit", COUNT, CELL(overcommit)),
	{ 0 },
};

static const struct row_field found[] = {
	FIELD("time", CHOICE, AT(time), time_names),
	FIELD("parents", COUNT, AT(parents)),
	FIELD("ok", COUNT, AT(ok)),
	FIELD("failed", COUNT, AT(failed)),
	FIELD("errno", ERRNO, AT(error)),
	FIELD("errnos", ERRNOS, AT(errnos)),
	FIELD("min_ns", NS, AT(min_ns)),
	FIELD("p5_ns", NS, AT(p5_ns)),
	FIELD("p50_ns", NS, AT(p50_ns)),
	FIELD("p50_lo_ns", NS, AT(p50_lo_ns)),
	FIELD("p50_hi_ns", NS, AT(p50_hi_ns)),
	FIELD("p95_ns", NS, AT(p95_ns)),
	FIELD("p99_ns", NS, AT(p99_ns)),
	FIELD("p999_ns", NS, AT(p999_ns)),
	FIELD("max_ns", NS, AT(max_ns)),
	FIELD("mean_ns", NS, AT(mean_ns)),
	FIELD("ref_ratio", RATIO, AT(ref_ratio)),
	{ 0 },
};

const struct row_field expected_fields[] = {
	FIELD("commit_bytes", INTEGER, AT(commit_bytes)),
	FIELD("predicted", OUTCOME, AT(predicted)),
	{ 0 },
};

static const struct row_field observed[] = {
	FIELD("observed", OUTCOME, AT(observed)),
	{ 0 },
};

const struct row_type cells_row = {
	"cells.csv",
	{ { .fields = row_schema },
	  { .fields = cell_fields, AT(cell) },
	  { .fields = found },
	  { .fields = expected_fields },
	  { .fields = observed } },
};

int cells_write(const char *dir, const char *run_id, const struct summary *rows,
		size_t count)
{
	struct csv_writer writer = { 0 };
	struct replace replace;
	int error = replace_begin(&replace, dir, cells_row.file);

	if (error)
		return error;
	writer.stream = replace.stream;
	error = row_put_header(&writer, &cells_row);
	for (size_t i = 0; !error && i < count; i++)
		error = row_put(&writer, &cells_row, run_id, &rows[i]);
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
	const struct row_reading reading = {
		.type = &cells_row,
		.words = &cells->words,
		.row = &taking.row,
		.row_bytes = sizeof taking.row,
		.take = take,
		.context = &taking,
	};
	int error;

	*cells = (struct cells){ 0 };
	error = stream ? row_read(stream, &reading, why, why_bytes)
		       : row_read_file(dir, &reading, why, why_bytes);
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
