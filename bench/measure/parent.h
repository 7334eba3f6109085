/* SPDX-License-Identifier: MIT */
/*
 * The parent under test: a process of its own that spawns.
 *
 * Life: open every strategy while small, grow the heap, start the sleeping
 * threads, take its CPU, tell its facts, run its blocks, hand over the
 * library's report, end. It talks to the runner over a SOCK_SEQPACKET pair:
 *
 *	parent -> runner   struct parent_report
 *	runner -> parent   enum parent_order, in answer to REPORT_BEGIN only
 */
#ifndef MEASURE_PARENT_H
#define MEASURE_PARENT_H

#include "bench/machine/memory.h"
#include "bench/measure/plan.h"
#include "bench/measure/recorder.h"
#include "bench/measure/reference.h"

enum report_kind {
	REPORT_READY,  /* facts are set; blocks follow */
	REPORT_FAILED, /* error and why are set; the end */
	REPORT_BEGIN,  /* wants to run the block of cell */
	REPORT_END,    /* the block's samples are in the record */
	REPORT_DONE,   /* error is that of the library's report; the end */
};

struct parent_report {
	enum report_kind kind;
	int error; /* 0 or a negative errno */
	size_t cell;
	struct smaps_facts facts;
	char why[160];
};

enum parent_order {
	ORDER_RUN,
	ORDER_SKIP,
};

/* What a parent is told at birth. Everything is borrowed. */
struct parent_job {
	const struct plan *plan;
	const struct state *state;
	int parent;	     /* its number in the run */
	const size_t *order; /* cells of the state, in the order to run */
	size_t order_count;
	struct record *record;
	struct coprocess reference;
	struct child child;
	int caller_cpu; /* -1: not pinned */
	int others_cpu; /* of helpers and children; -1: like the caller */
	int runner_socket;
	int json_fd; /* gets the library's report */
};

/* The whole life; never returns. Call it in a freshly forked process. */
_Noreturn void parent_run(const struct parent_job *job);

#endif
