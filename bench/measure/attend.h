/* SPDX-License-Identifier: MIT */
/*
 * Attending one parent: the runner's side of its conversation.
 *
 * Grants blocks, opens and closes their overcommit windows, keeps their
 * samples, and survives the parent's death, a suspension and a signal.
 */
#ifndef MEASURE_ATTEND_H
#define MEASURE_ATTEND_H

#include "bench/measure/parent.h"
#include "bench/measure/runner.h"

struct attendance {
	struct run *run;
	const struct state *state;
	struct record *record;
	int parent; /* its number in the run */
	pid_t pid;
	int socket;
	int signal_fd;

	/* Ours, zero at the beginning. */
	struct smaps_facts facts;
	size_t cell;
	bool in_block;
	bool leased;
	bool disturbed;
	bool done;
};

/* Serve the parent until it is done, dead or the run is interrupted. The
 * caller reaps it. 0, or a negative errno that ends the run. */
int attend(struct attendance *at);

#endif
