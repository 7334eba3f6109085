/* SPDX-License-Identifier: MIT */
/*
 * The runner: goes through a plan, one parent process at a time.
 *
 * It stays small, holds what was measured, and is the only one to talk to the
 * guardian. A parent that dies is a recorded cell, not a dead run.
 */
#ifndef MEASURE_RUNNER_H
#define MEASURE_RUNNER_H

#include <signal.h>

#include "bench/attest/attest.h"
#include "bench/files/host_file.h"
#include "bench/files/samples.h"
#include "bench/machine/guardian.h"
#include "bench/measure/plan.h"
#include "bench/measure/recorder.h"
#include "bench/show/progress.h"

/* What the runner learnt about a cell besides its samples. */
struct cell_outcome {
	int predicted; /* 0, errno, or OUTCOME_UNKNOWN */
	int64_t commit_bytes;
	int measured_count; /* processes that were allowed to measure it */
	int skipped_count;  /* processes that were not */
	char skipped[160];  /* why not, the last time, or "" */
	bool barred; /* in no process: its strategy is not what it says */
};

/* A run in progress and its result. Fields above the line are the caller's
 * and borrowed; those below are the runner's until runner_release(). */
struct run {
	const struct plan *plan;
	const char *program;	   /* what is spawned */
	char *const *argv;	   /* its arguments, from its name on */
	bool stamps;		   /* it writes its start to stdout */
	struct guardian *guardian; /* NULL: only the original mode */
	struct row_file *samples_file;
	struct row_file *plan_file;
	struct gbench_file *gbench_file;
	struct progress *progress;

	struct attestation attested[AXIS_MAX]; /* by strategy of the axis */
	struct sample *samples;
	size_t sample_count;
	size_t sample_room;
	struct cell_outcome *outcomes; /* by cell */
	sigset_t held;		       /* signals that end or suspend a run */
	int signal;		       /* that interrupted the run, or 0 */
	int parents_died;
	int blocks_disturbed; /* suspended, or the mode changed under them */
};

/* Attest the strategies and say which cells are barred: what is known before
 * anything is measured. 0, or -ENOMEM. */
int runner_begin(struct run *run);

/*
 * Measure every cell, after runner_begin(). 0, also when interrupted
 * (run->signal) or when cells could not be measured (their outcome says why); a
 * negative errno when the run itself cannot go on, with what was measured kept.
 * From then on run->held are blocked: a second ^C must not end us before the
 * files are written.
 */
int runner_run(struct run *run);

/* Attest the strategies of the plan, each once, and bar the cells of those that
 * are not what they say. Part of runner_begin(). */
void runner_attest(struct run *run);

/* The errno by which a strategy of the plan was refused when it was attested,
 * which its cells will meet too; 0: none, or one of a moment (no memory). */
int runner_refusal(const struct run *run, const struct sw_strategy *strategy);

/* Free what was taken. */
void runner_release(struct run *run);

/* Keep a sample in memory and in samples.csv. */
int runner_keep(struct run *run, const struct sample *sample);

/* Hand both files that grow to the kernel. */
int runner_flush(struct run *run);

/* A cell, and what is expected of it. */
struct summary runner_cell(const struct run *run, size_t cell);

#endif
