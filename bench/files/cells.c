/* SPDX-License-Identifier: MIT */
/* cells.csv: its rows, written and read; see cells.h. */

#include "bench/files/cells.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/machine/failure.h"
#include "bench/machine/text.h"
#include "bench/rows/row_file.h"
#include "lib/spawnwise.h"

#define AT(member) offsetof(struct summary, member)

const struct row_field row_schema[] = {
	FIELD("schema", SCHEMA, .help = "version of these columns' meaning; 2"),
	{ 0 }
};

const char *const time_names[TIME_COUNT + 1] = {
	[TIME_RETURN] = "return",	  [TIME_CONFIRM] = "confirm",
	[TIME_START] = "start",		  [TIME_REAP] = "reap",
	[TIME_CALLER_CPU] = "caller_cpu",
};

static const struct row_field found[] = {
	FIELD("time", CHOICE, AT(time),
	      "`return`, `confirm`, `start`, `reap` or `caller_cpu`: what the "
	      "row is about",
	      time_names),
	FIELD("parents", COUNT, AT(parents),
	      "processes with at least one good sample"),
	FIELD("ok", COUNT, AT(ok), "good samples: no error, no warm-up"),
	FIELD("failed", COUNT, AT(failed), "failed spawns, warm-ups included"),
	FIELD("errno", ERRNO, AT(error),
	      "the most frequent error, empty if none"),
	FIELD("errnos", ERRNOS, AT(errnos),
	      "all of them with counts, most frequent first: "
	      "`ENOMEM:3;EAGAIN:1`"),
	FIELD("min_ns", NS, AT(min_ns), "the smallest good sample"),
	FIELD("p5_ns", NS, AT(p5_ns),
	      "5 % of the good samples of all parents are below"),
	FIELD("p50_ns", NS, AT(p50_ns),
	      "the median over the medians of the parents"),
	FIELD("p50_lo_ns", NS, AT(p50_lo_ns)),
	FIELD("p50_hi_ns", NS, AT(p50_hi_ns),
	      "its interval of at least 95 %: order statistics of the parent "
	      "medians; with 6 parents the smallest and the largest (96.9 %); "
	      "empty below 6"),
	FIELD("p95_ns", NS, AT(p95_ns), "as `p5_ns`"),
	FIELD("p99_ns", NS, AT(p99_ns), "empty below 1,000 good samples"),
	FIELD("p999_ns", NS, AT(p999_ns), "empty below 10,000 good samples"),
	FIELD("max_ns", NS, AT(max_ns), "the largest good sample"),
	FIELD("mean_ns", NS, AT(mean_ns),
	      "mean of the good samples, for comparison with other "
	      "instruments"),
	FIELD("ref_ratio", RATIO, AT(ref_ratio),
	      "the parent's median over the median of its blocks' `ref_ns`, "
	      "then the median over the parents"),
	{ 0 },
};

const struct row_field expected_fields[] = {
	FIELD("commit_bytes", INTEGER, AT(commit_bytes),
	      "what one spawn asks the kernel to commit, computed from the "
	      "parent's smaps; empty if not known"),
	FIELD("predicted", OUTCOME, AT(predicted),
	      "what was expected before the spawn: `ok`, an error name, or "
	      "empty"),
	{ 0 },
};

static const struct row_field observed[] = {
	FIELD("observed", OUTCOME, AT(observed),
	      "`ok` if every spawn worked, else the most frequent error, if "
	      "only one failed: `ok` and `failed` tell how many; empty if the "
	      "cell was not measured"),
	{ 0 },
};

#define LATER(name, kind, meaning)                                             \
	FIELD(#name, kind, AT(name), meaning, .absent = ""),

static const struct row_field later_statistics[] = {
	SUMMARY_LATER(LATER){ 0 },
};

const struct row_field strategy_fields[] = {
	FIELD("creates_nothing", YES, offsetof(struct cell, creates_nothing),
	      "`yes` where the strategy only takes the times: they are the "
	      "floor of the harness; empty, with the next column: a run of "
	      "schema 1, which has neither",
	      .absent = ""),
	FIELD("baseline", YES, offsetof(struct cell, baseline),
	      "`yes` where the strategy stands for what programs do today, and "
	      "`choose` passes it over",
	      .absent = ""),
	FIELD("copies_page_tables", YES,
	      offsetof(struct cell, copies_page_tables),
	      "`yes` where what a spawn costs follows the heap; empty in older "
	      "runs",
	      .absent = ""),
	{ 0 },
};

const struct row_type cells_row = {
	"cells.csv",
	{ { .fields = row_schema },
	  { .fields = cell_fields,
	    AT(cell),
	    .help = "the cell, as in `samples.csv`" },
	  { .fields = found },
	  { .fields = expected_fields },
	  { .fields = observed },
	  { .fields = strategy_fields, AT(cell) },
	  { .fields = later_statistics },
	  { .fields = later_fields, AT(cell) } },
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
	return replace_end(&replace, error);
}

int cells_add(struct cells *cells, const struct summary *row)
{
	return list_add(&cells->rows, &cells->count, row, sizeof *row);
}

int cells_add_planned(struct cells *cells, const struct cell *cell)
{
	const struct summary row = { .cell = *cell,
				     .commit_bytes = INTEGER_UNKNOWN,
				     .predicted = OUTCOME_UNKNOWN };

	return cells_add(cells, &row);
}

/* What an older run does not say of its strategies this build knows. */
static void complete(struct cell *cell)
{
	const struct sw_strategy *strategy = sw_find(cell->strategy);
	const unsigned traits = strategy ? strategy->traits : 0;

	if (cell->creates_nothing < 0)
		cell->creates_nothing = !!(traits & SW_CREATES_NOTHING);
	if (cell->baseline < 0)
		cell->baseline = !!(traits & SW_BASELINE);
	if (cell->copies_page_tables < 0)
		cell->copies_page_tables = !!(traits & SW_COPIES_PAGE_TABLES);
}

/* Of a run from before there was a quiet estimate the median stands for it. */
static int take(void *context, void *data)
{
	struct summary *row = data;

	complete(&row->cell);
	if (isnan(row->quiet_ns)) {
		row->quiet_ns = row->p50_ns;
		row->quiet_lo_ns = row->p50_lo_ns;
		row->quiet_hi_ns = row->p50_hi_ns;
	}
	return row->time < TIME_COUNT ? cells_add(context, row) : 0;
}

int cells_read(const char *dir, struct cells *cells, struct failure *why)
{
	struct summary row;
	const struct row_reading reading = {
		.type = &cells_row,
		.run_id = &cells->run_id,
		.row = &row,
		.row_bytes = sizeof row,
		.take = take,
		.context = cells,
	};
	int error;

	*cells = (struct cells){ 0 };
	error = row_read(dir, &reading, why);
	/* Samples are written from the start of a run, cells at its end. */
	if (error == -ENOENT && has_file(dir, "samples.csv"))
		error = fail(why, -ENODATA, NULL,
			     "it has no cells.csv: the run was killed or is "
			     "still at work");
	if (error)
		cells_release(cells);
	cells->run_id = cells->run_id ?: "";
	return error;
}

void cells_release(struct cells *cells)
{
	free(cells->rows);
	*cells = (struct cells){ 0 };
}
