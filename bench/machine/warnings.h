/* SPDX-License-Identifier: MIT */
/*
 * What makes spawning slow, fail or lie where a process stands: its limits,
 * its control groups, a filter, the machine; and what disturbs a measurement.
 *
 * A check is one row of the table in warnings.c and its function.
 */
#ifndef MACHINE_WARNINGS_H
#define MACHINE_WARNINGS_H

#include <stddef.h>
#include <sys/types.h>

#define WARNINGS_MAX 24
#define WARNING_BYTES 400

struct warning {
	pid_t pid;		  /* of whom; 0: of the calling process */
	const char *name;	  /* a word for machines: "sigchld" */
	char what[WARNING_BYTES]; /* what is the case, a sentence */
	const char *means; /* for spawning, a sentence; NULL: it disturbs */
	char cure[WARNING_BYTES]; /* a sentence: what to do about it */
};

/* What is to be said of a process (0: the calling one, of which more can be
 * asked). Returns how many there are. */
size_t warnings_find(pid_t pid, struct warning out[WARNINGS_MAX]);

/* The same of what makes numbers worse or cells impossible, the worst first. */
size_t warnings_measuring(struct warning out[WARNINGS_MAX]);

/* By uname(2): the kernel that only looks like Linux ("WSL 1", "gVisor"), or
 * NULL. */
const char *warnings_imitation(const char *release, const char *version);

#endif
