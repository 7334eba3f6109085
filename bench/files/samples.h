/* SPDX-License-Identifier: MIT */
/*
 * samples.csv: one row a spawn, in the order they were taken; and plan.csv: the
 * cells they belong to, and what was expected of these.
 *
 * With both cells.csv can be made whatever ended the run.
 */
#ifndef FILES_SAMPLES_H
#define FILES_SAMPLES_H

#include "bench/files/cells.h"
#include "bench/files/run.h"
#include "bench/rows/row_file.h"

/* A row of samples.csv. */
struct sample_row {
	struct cell cell; /* that sample.cell_id names */
	struct sample sample;
};
extern const struct row_type samples_row;

/* A row of plan.csv, of struct summary: a cell, predicted and commit_bytes of
 * it. A later row of the same cell stands for the earlier one. First all cells
 * are added in their order. */
extern const struct row_type plan_row;

/* Add a row to samples.csv. */
int samples_append(struct row_file *file, const struct cell *cell,
		   const struct sample *sample);

/* What was read, or is being taken. */
struct samples {
	struct cells cells;  /* a row a cell: what was planned and expected */
	struct sample *list; /* owned */
	size_t count;
	bool planned; /* there is a plan.csv; else cells are those seen */
	bool cut;     /* samples.csv ends in half a row, which was left out */
};

/* Add one to the list. 0, or -ENOMEM. */
int samples_keep(struct samples *samples, const struct sample *sample);

/* Read both of dir. After 0 the caller owes samples_release(). On error nothing
 * is owed and why holds the reason: -EBADMSG for bad content, -EBUSY for a run
 * that is still at work, else -errno. */
int samples_read(const char *dir, struct samples *samples, struct failure *why);
void samples_release(struct samples *samples);

#endif
