/* SPDX-License-Identifier: MIT */
/*
 * What `doctor` finds out about this machine, before it is told.
 */
#ifndef DOCTOR_DIAGNOSIS_H
#define DOCTOR_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/doctor/doctor_predict.h"
#include "bench/machine/cgroup_room.h"
#include "bench/machine/memory.h"
#include "bench/machine/overcommit.h"
#include "bench/machine/warnings.h"

#define THP_PATH "/sys/kernel/mm/transparent_hugepage/enabled"

/* The control group that bounds our memory. */
struct group_finding {
	bool found; /* false: none here counts memory */
	int error;  /* why that is so, if not -ENOENT */
	bool hybrid;
	struct cgroup own;
	struct cgroup_room room;
	char owner[512]; /* who sets the limit, if there is one */
};

/* What was found out. Where something could not be read, a negative errno. */
struct diagnosis {
	int mode; /* of overcommit, the user's, or -errno */
	struct overcommit_view overcommit;
	bool may_write;
	int memory_error; /* of the next, negative errno */
	struct meminfo memory;
	int allowance_error; /* of the next, whose why tells it */
	uint64_t allowance_bytes;
	char allowance_why[MEMORY_WHY_BYTES];
	int facts_error;	    /* of the next, negative errno */
	struct predict_facts facts; /* of this user's program, still small */
	struct group_finding group;
	char container[64];
	/* Filled by the verb, by what was asked for. */
	struct predicted_heaps heaps;
	struct predicted_process process;
	int cpu_count;				  /* that we may run on */
	int same_cpu, split_cpu, split_other_cpu; /* or -errno */
	char thp[32]; /* "" when the kernel has none */
	bool gnuplot, hyperfine;
	struct warning disturbances[WARNINGS_MAX];
	size_t disturbance_count;
};

/* Look at everything. Nothing is changed and nothing fails: what cannot be
 * read is part of the finding. */
void diagnosis_examine(struct diagnosis *found);

/* Write it as one JSON object, the strategies included. 0 or -ENOMEM;
 * what the stream says is the caller's to ask. */
int diagnosis_json(const struct diagnosis *found, FILE *stream);

#endif
