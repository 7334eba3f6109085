/* SPDX-License-Identifier: MIT */
/* What a run tells: its plan before, its files and its answer after. */
#ifndef VERBS_RUN_RESULT_H
#define VERBS_RUN_RESULT_H

#include <stdio.h>

#include "bench/files/run_dir.h"
#include "bench/measure/runner.h"
#include "bench/verbs/verbs.h"

/* Print cells, memory, what will be written to /proc/sys and for how long,
 * and when it will be done. */
void run_result_plan(FILE *stream, const struct plan *plan);

/* Write host.json and plan.csv as far as they are known before anything is
 * measured. 0, or -errno. */
int run_result_begin(struct run *run, const struct run_dir *dir,
		     const struct arguments *args);

/* Write cells.csv and host.json, then show table, chart and answer. Returns
 * EXIT_DONE, EXIT_PARTLY when cells could not be measured, EXIT_INTERRUPTED
 * after a signal, or a failure described in why. */
int run_result(struct run *run, const struct run_dir *dir,
	       const struct arguments *args, struct failure *why);

/* Tell which cells some or all processes could not measure, each reason once.
 * Returns how many cells they are. */
size_t run_result_skipped(FILE *stream, struct run *run);

#endif
