/* SPDX-License-Identifier: MIT */
/*
 * samples.csv: one row a spawn, in the order they were taken.
 *
 * It only grows: what was flushed survives whatever ends the run.
 */
#ifndef FILES_SAMPLES_H
#define FILES_SAMPLES_H

#include "bench/files/run.h"

struct samples_file;

/* Create dir/samples.csv with its header; *file is the caller's to
 * samples_close(). run_id is copied. -EEXIST: another run's samples are never
 * overwritten; else -errno of open(2), -ENOMEM. */
int samples_create(const char *dir, const char *run_id,
		   struct samples_file **file);

/* Add one row; 0, or -errno of the first write that failed. cell is the one
 * that sample->cell_id names. */
int samples_append(struct samples_file *file, const struct cell *cell,
		   const struct sample *sample);

/* Hand everything to the kernel, so that it outlives this process. */
int samples_flush(struct samples_file *file);

/* Flush and release, also after an error. NULL is allowed. */
int samples_close(struct samples_file *file);

#endif
