/* SPDX-License-Identifier: MIT */
/*
 * What makes spawning slow, fail or lie where a process stands: its limits,
 * its control groups, a filter, the machine; and what disturbs a measurement.
 *
 * A check is one row of the table in warnings.c and its function.
 */
#ifndef DOCTOR_WARNINGS_H
#define DOCTOR_WARNINGS_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/rows/rows.h"

struct table;

#define THP_PATH "/sys/kernel/mm/transparent_hugepage/enabled"
#define WARNINGS_MAX 24
#define WARNING_BYTES 400

struct warning {
	pid_t pid;		  /* of whom; 0: of the calling process */
	const char *name;	  /* a word for machines: "sigchld" */
	char what[WARNING_BYTES]; /* what is the case, a sentence */
	const char *means; /* for spawning, a sentence; NULL: it disturbs */
	char cure[WARNING_BYTES]; /* a sentence: what to do about it */
};

struct warnings {
	struct warning rows[WARNINGS_MAX];
	struct row_list list;
};

/* What is to be said of a process (0: the calling one, of which more can be
 * asked); or, of the calling one, what makes numbers worse or cells impossible,
 * the worst first. */
void warnings_find(bool measuring, pid_t pid, struct warnings *found);

/* Add to a table what people read of these; none: for when there are none. */
void warnings_report(struct table *table, const char *subject, const char *none,
		     const struct warnings *found);

/* Their keys in JSON. */
extern const struct row_type warning_row;

/* By uname(2): the kernel that only looks like Linux ("WSL 1", "gVisor"), or
 * NULL. */
const char *warnings_imitation(const char *release, const char *version);

#endif
