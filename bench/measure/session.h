/* SPDX-License-Identifier: MIT */
/*
 * The session of one parent: the runner's side of its conversation.
 *
 * Grants blocks, opens and closes their overcommit windows, keeps their
 * samples, and survives the parent's death, a suspension and a signal.
 */
#ifndef MEASURE_SESSION_H
#define MEASURE_SESSION_H

#include <signal.h>

#include "bench/attest/attest.h"
#include "bench/files/run_dir.h"
#include "bench/files/samples.h"
#include "bench/judge/quality.h"
#include "bench/machine/guardian.h"
#include "bench/measure/parent.h"
#include "bench/measure/plan.h"
#include "bench/measure/recorder.h"
#include "bench/show/progress.h"

/* What the runner learnt about a cell besides its samples. */
struct cell_outcome {
	int measured_count; /* processes that were allowed to measure it */
	int skipped_count;  /* processes that were not */
	char skipped[160];  /* why not, the last time, or "" */
	bool told;	    /* that it was skipped */
	bool barred; /* in no process: its strategy is not what it says */
	bool done;   /* as exact as was asked for, or without hope */
};

/* A run in progress and its result. Fields above the line are the caller's
 * and borrowed; those below are the runner's until run_release(). */
struct run {
	const struct plan *plan;
	struct child child;
	char *const *again;	   /* our command line, with --ab; or NULL */
	struct guardian *guardian; /* NULL: only the original mode */
	struct row_file samples_file;
	struct row_file plan_file;
	struct gbench_file gbench_file;
	struct progress *progress;
	int64_t begin_ns; /* when the first process began */
	int first_parent; /* its number: those before are in samples already */

	struct attestation
		attested[AXIS_VALUES_MAX]; /* by strategy of the axis */
	struct samples samples;	       /* and cells, with what is expected */
	struct cell_outcome *outcomes; /* by cell */
	int record_fd;		       /* of struct ab_memory */
	struct record *record;	       /* in it */
	sigset_t held;		       /* signals that end or suspend a run */
	int signal_fd;		       /* of those */
	int signal, error;	       /* that interrupted the run, or 0 */
	int parents_died;
	int blocks_disturbed; /* suspended, or the mode changed under them */
	int parents_added;    /* beyond the least number, for precision */
};

/* Hand both files that grow to the kernel. */
int run_flush(struct run *run);

/* Free what the runner took. */
void run_release(struct run *run);

/* Who speaks with which parent, and how far they are. */
struct session {
	struct run *run;
	struct parent_job job;
	struct coprocess process; /* the parent */
	/* Ours, zero at the beginning. */
	struct smaps_facts facts;
	size_t cell;
	bool in_block;
	bool leased;
	bool disturbed;
	bool done;
};

/* Serve the parent until it is done, dead or the run is interrupted. The
 * caller ends it. 0, or a negative errno that ends the run. */
int session_serve(struct session *session);

#endif
