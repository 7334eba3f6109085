/* SPDX-License-Identifier: MIT */
/*
 * What `doctor` finds out about this machine, before it is reported.
 */
#ifndef DOCTOR_DIAGNOSIS_H
#define DOCTOR_DIAGNOSIS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/doctor/doctor_predict.h"
#include "bench/machine/memory.h"
#include "bench/machine/overcommit.h"

/* The control group that bounds our memory. */
struct group_finding {
	int error; /* -ENOENT: none here counts memory; else why it is hidden */
	bool hybrid;
	struct cgroup own;
	struct cgroup_room room;
	char owner[512]; /* who sets the limit; "": there is none */
};

/* A strategy, tried once. */
struct found_strategy {
	const char *name;
	bool supported;
	int error;	  /* 0, or the errno that says why it is not */
	const char *step; /* that failed, as trial_run() says it */
};

/* What was found out. Where something could not be read, a negative errno. */
struct diagnosis {
	struct found_strategy rows[STRATEGIES_KNOWN];
	struct row_list strategies;
	int mode; /* of overcommit, the user's, or -errno */
	struct overcommit_view overcommit;
	bool may_write;
	int memory_error; /* of the next three, negative errno */
	struct meminfo memory;
	uint64_t ram_and_swap_bytes, commit_left_bytes;
	int allowance_error; /* of the next, whose why tells it */
	uint64_t allowance_bytes;
	char allowance_why[MEMORY_WHY_BYTES];
	int facts_error;	    /* of the next two, negative errno */
	struct predict_facts facts; /* of a small program of this user */
	uint64_t commit_left_for_us_bytes;
	struct group_finding group;
	uint64_t group_room_bytes;
	char container[64];
	int cpu_count;				  /* that we may run on */
	int same_cpu, split_cpu, split_other_cpu; /* or -errno */
	bool can_split;
	char thp_text[32];
	const char *thp; /* "" when the kernel has none */
	bool gnuplot, hyperfine;
	struct warnings warnings, disturbances;
	/* Filled by the verb, by what was asked for. */
	struct predicted_heaps heaps;
	struct predicted_process process;
	/* For JSON; NULL where there is none. */
	const struct diagnosis *found_memory;
	const struct group_finding *found_group;
	const struct predicted_process *found_process;
};

/* Examine this machine. Nothing is changed and nothing fails: an error is part
 * of the diagnosis. */
void diagnosis_examine(struct diagnosis *found);

/* Who sets the memory limit of a control group, and where to change it. Nothing
 * in the kernel says so: the names that systemd and the container engines give
 * their groups do. A phrase: "systemd, unit sshd.service: `systemctl
 * set-property sshd.service MemoryMax=SIZE`". room has the limit, container is
 * host_container()'s word. Returns text. */
char *cgroup_owner(const struct cgroup *group, const struct cgroup_room *room,
		   const char *container, char *text, size_t size);

/* Its keys in JSON, and those of objects in it. */
extern const struct row_type diagnosis_row, found_memory_row, found_group_row,
	found_strategy_row;
extern const struct row_field diagnosis_fields[], found_memory_fields[],
	found_group_fields[];

#endif
