/* SPDX-License-Identifier: MIT */
/* samples.csv and plan.csv; see samples.h. */

#include "bench/files/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "bench/machine/failure.h"
#include "bench/machine/text.h"

#define CELL_ID_MAX (1 << 20) /* of a run without a plan */

#define AT(member) offsetof(struct sample_row, sample.member)

static const struct row_field fields[] = {
	FIELD("parent", COUNT, AT(parent),
	      "the process that spawned, counted from 0 within the run"),
	FIELD("block", COUNT, AT(block),
	      "which block of that parent, counted from 0, in the order they "
	      "ran"),
	FIELD("sample", COUNT, AT(sample),
	      "which spawn of that block, counted from 0, warm-ups included"),
	FIELD("warmup", FLAG, AT(warmup),
	      "1: kept, but in no statistic but the count of failures. See "
	      "below"),
	FIELD("return_ns", INTEGER, AT(ns[TIME_RETURN]), "time `return`"),
	FIELD("confirm_ns", INTEGER, AT(ns[TIME_CONFIRM]), "time `confirm`"),
	FIELD("start_ns", INTEGER, AT(ns[TIME_START]),
	      "time `start`; empty with `--child`, whose program does not "
	      "stamp, and for `null`"),
	FIELD("reap_ns", INTEGER, AT(ns[TIME_REAP]), "time `reap`"),
	FIELD("caller_cpu_ns", INTEGER, AT(ns[TIME_CALLER_CPU]),
	      "CPU time of the calling thread from the call to the reaping"),
	FIELD("ref_ns", INTEGER, AT(ref_ns),
	      "the reference's median `reap` just before this block: a bare "
	      "loop in a small process of its own; empty if it could not be "
	      "measured"),
	FIELD("errno", ERRNO, AT(error),
	      "empty: good. Else the name of what went wrong"),
	{ 0 },
};

const struct row_type samples_row = {
	"samples.csv",
	{ { .fields = cell_fields, offsetof(struct sample_row, cell) },
	  { .fields = fields },
	  { .fields = later_fields, offsetof(struct sample_row, cell) } },
};

const struct row_type plan_row = {
	"plan.csv",
	{ { .fields = row_schema },
	  { .fields = cell_fields, offsetof(struct summary, cell) },
	  { .fields = expected_fields },
	  { .fields = strategy_fields, offsetof(struct summary, cell) },
	  { .fields = later_fields, offsetof(struct summary, cell) } },
};

int samples_append(struct row_file *file, const struct cell *cell,
		   const struct sample *sample)
{
	const struct sample_row row = { *cell, *sample };

	return row_file_append(file, &row);
}

static int take_plan(void *context, void *data)
{
	struct cells *cells = &((struct samples *)context)->cells;
	const struct summary *row = data;

	if (row->cell.id > (int)cells->count)
		return -EBADMSG;
	if (row->cell.id == (int)cells->count)
		return cells_add(cells, row);
	cells->rows[row->cell.id] = *row;
	return 0;
}

/* Room for the cell in a run without a plan; cells in between have no name. */
static int see_cell(struct cells *cells, const struct cell *cell)
{
	const struct cell unseen = { .strategy = NULL };
	int error = cell->id > CELL_ID_MAX ? -EBADMSG : 0;

	while (!error && cell->id >= (int)cells->count)
		error = cells_add_planned(cells, &unseen);
	if (!error && !cells->rows[cell->id].cell.strategy) {
		struct cell *seen = &cells->rows[cell->id].cell;

		*seen = *cell;
		seen->creates_nothing = seen->baseline =
			seen->copies_page_tables = -1;
	}
	return error;
}

static bool is_cell(const struct cell *a, const struct cell *b)
{
	return !strcmp(a->strategy, b->strategy) && !axes_compare(a, b);
}

int samples_keep(struct samples *samples, const struct sample *sample)
{
	return list_add(&samples->list, &samples->count, sample,
			sizeof *sample);
}

static int take_sample(void *context, void *data)
{
	struct samples *samples = context;
	struct sample_row *row = data;
	struct cells *cells = &samples->cells;
	int error = samples->planned ? 0 : see_cell(cells, &row->cell);

	if (error)
		return error;
	if (row->cell.id >= (int)cells->count ||
	    !is_cell(&row->cell, &cells->rows[row->cell.id].cell))
		return -EBADMSG;
	row->sample.cell_id = row->cell.id;
	return samples_keep(samples, &row->sample);
}

/* Of a run without a plan: only cells that were seen. */
static void drop_unseen(struct cells *cells)
{
	size_t kept = 0;

	for (size_t i = 0; i < cells->count; i++)
		if (cells->rows[i].cell.strategy)
			cells->rows[kept++] = cells->rows[i];
	cells->count = kept;
}

/* A run that is at work holds its lock; row_file.h. */
static bool is_at_work(const char *dir)
{
	TEXT_STREAM stream = text_open("%s/samples.csv", dir);

	return stream && flock(fileno(stream), LOCK_SH | LOCK_NB) &&
	       errno == EWOULDBLOCK;
}

static int read_rows(const char *dir, const struct row_type *type,
		     int (*take)(void *context, void *row),
		     struct samples *samples, bool *cut, struct failure *why)
{
	union {
		struct summary plan;
		struct sample_row sample;
	} row;
	const struct row_reading reading = {
		.type = type,
		.run_id = &samples->cells.run_id,
		.row = &row,
		.row_bytes = sizeof row,
		.take = take,
		.context = samples,
		.cut = cut,
	};

	return row_read(dir, &reading, why);
}

int samples_read(const char *dir, struct samples *samples, struct failure *why)
{
	bool cut; /* a half last row came later: an older one stands */
	int error;

	*samples = (struct samples){ 0 };
	if (is_at_work(dir))
		return fail(why, -EBUSY, NULL, "the run is still at work");
	error = read_rows(dir, &plan_row, take_plan, samples, &cut, why);
	samples->planned = !error;
	if (error == -ENOENT) {
		*why->what = '\0';
		error = 0;
	}
	if (!error)
		error = read_rows(dir, &samples_row, take_sample, samples,
				  &samples->cut, why);
	drop_unseen(&samples->cells);
	if (!error && !samples->cells.count)
		error = fail(why, -EBADMSG, NULL,
			     "samples.csv: it has no rows");
	if (error)
		samples_release(samples);
	return error;
}

void samples_release(struct samples *samples)
{
	cells_release(&samples->cells);
	free(samples->list);
	*samples = (struct samples){ 0 };
}
