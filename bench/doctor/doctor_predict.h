/* SPDX-License-Identifier: MIT */
/*
 * What spawning would ask of this machine now, in each overcommit mode: for
 * heaps of given sizes, and for a process that runs.
 */
#ifndef DOCTOR_DOCTOR_PREDICT_H
#define DOCTOR_DOCTOR_PREDICT_H

#include <jansson.h>

#include "bench/judge/predict.h"
#include "bench/machine/memory.h"
#include "bench/machine/process.h"
#include "bench/show/table.h"

#define OVERCOMMIT_MODES 3
#define PREDICT_HEAPS_MAX 16

/* A program with one heap, in one accountable mapping. Outcomes are 0 or an
 * errno, by mode. */
struct predicted_heap {
	uint64_t heap_bytes;
	char label[16];		     /* "RAM/2", or "" */
	int heap[OVERCOMMIT_MODES];  /* whether it gets the heap at all */
	int spawn[OVERCOMMIT_MODES]; /* by a strategy that charges commit */
};

struct predicted_heaps {
	struct predicted_heap rows[PREDICT_HEAPS_MAX];
	size_t count;
	uint64_t group_bytes; /* the limit of our cgroups; UINT64_MAX: none */
};

/* A running process. Facts are those that predict() wants. */
struct predicted_process {
	pid_t pid; /* 0: none was asked for */
	char name[PROCESS_NAME_BYTES];
	size_t vmas;
	uint64_t page_table_bytes; /* what a copy of them may take */
	uint64_t room_bytes;	   /* that its cgroups leave; UINT64_MAX */
	int room_error;		   /* why that is not known, or 0 */
	struct predict_facts facts;
};

/* Add a heap of that size: of a program that has our limits (RLIMIT_AS,
 * RLIMIT_DATA) and as many addresses. 0; -ENOSPC; else from reading the
 * machine. */
int doctor_predict_heap(struct predicted_heaps *heaps, uint64_t heap_bytes,
			const char *label);

/* The sizes that are told when none were asked for: 1 GiB, and a quarter of the
 * RAM, half of it, all of it and twice as much. */
int doctor_predict_usual_heaps(struct predicted_heaps *heaps,
			       uint64_t ram_bytes);

/* Read a process's mappings. -EACCES: only its owner and root may; else 0 or
 * a negative errno. */
int doctor_predict_process(const struct process *process,
			   struct predicted_process *predicted);

/* As rows of a table of findings, whose columns after the first they share;
 * mode is the one that is set, or below 0. */
#define PREDICT_ALIGN "llllll"
void doctor_report_heaps(struct table *table,
			 const struct predicted_heaps *heaps, int mode);
void doctor_report_process(struct table *table,
			   const struct predicted_process *predicted, int mode);

/* As JSON; NULL without memory. */
json_t *doctor_heaps_json(const struct predicted_heaps *heaps);
json_t *doctor_process_json(const struct predicted_process *predicted);

#endif
