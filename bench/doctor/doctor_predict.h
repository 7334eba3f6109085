/* SPDX-License-Identifier: MIT */
/*
 * What spawning would ask of this machine now, in each overcommit mode: for
 * heaps of given sizes, and for a process that runs.
 */
#ifndef DOCTOR_DOCTOR_PREDICT_H
#define DOCTOR_DOCTOR_PREDICT_H

#include "bench/attest/trial.h"
#include "bench/doctor/warnings.h"
#include "bench/files/axes.h"
#include "bench/judge/predict.h"
#include "bench/machine/process.h"

#define PREDICT_HEAPS_MAX 16

/* A program with one heap, in one accountable mapping. */
struct predicted_heap {
	uint64_t heap_bytes;
	const char *label;    /* "RAM/2", or "" */
	bool beyond_cgroup;   /* it cannot be filled */
	int heap[ROW_MODES];  /* whether the program gets it at all */
	int spawn[ROW_MODES]; /* by a strategy that charges commit */
};

struct predicted_heaps {
	/* A small program that has our limits (RLIMIT_AS, RLIMIT_DATA) and as
	 * many addresses. */
	struct predict_facts small;
	uint64_t group_bytes; /* the limit of our cgroups; UINT64_MAX: none */
	struct predicted_heap rows[PREDICT_HEAPS_MAX];
	struct row_list list;
};

/* What a strategy would ask for in a process. */
struct predicted_spawn {
	const char *name;
	uint64_t commit_bytes; /* as long as the child lives */
	uint64_t asked_bytes;  /* with what is mapped for a moment */
	int spawn[ROW_MODES];
};

/* A running process. */
struct predicted_process {
	pid_t pid;
	char name[PROCESS_NAME_BYTES];
	uint64_t vmas;
	uint64_t page_table_bytes; /* what a copy of them may take */
	uint64_t room_bytes;	   /* that its cgroups leave; UINT64_MAX */
	int room_error;		   /* why that is not known, or 0 */
	struct predict_facts facts;
	struct predicted_spawn rows[STRATEGIES_KNOWN];
	struct row_list spawns;
	uint64_t nofile, nproc, as_bytes; /* soft limits; UINT64_MAX: none */
	struct warnings warnings;
};

/* Heaps of these sizes, at most PREDICT_HEAPS_MAX; of usual ones when there are
 * none. group_bytes: the limit of our cgroups, or UINT64_MAX. 0, or -errno from
 * reading the machine. */
int doctor_predict_heaps(struct predicted_heaps *heaps, uint64_t group_bytes,
			 const struct value_list *sizes, uint64_t ram_bytes);

/* Read a process's mappings. -EACCES: only its owner and root may; else 0 or
 * a negative errno. */
int doctor_predict_process(const struct process *process,
			   struct predicted_process *predicted);

/* Add to a table what people read of these; mode is the one that is set, or
 * below 0. The table's row becomes that of the process. */
void doctor_report_heaps(struct table *table,
			 const struct predicted_heaps *heaps, int mode);
void doctor_report_process(struct table *table,
			   const struct predicted_process *process, int mode);

/* Their keys in JSON. */
extern const struct row_type predicted_heap_row, predicted_process_row,
	predicted_spawn_row, process_limits_row;

#endif
