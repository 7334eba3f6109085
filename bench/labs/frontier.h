/* SPDX-License-Identifier: MIT */
/* Up to which heap can one strategy spawn in one overcommit mode? */
#ifndef LABS_FRONTIER_H
#define LABS_FRONTIER_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/judge/predict.h"
#include "bench/labs/attempt.h"

enum frontier_stage {
	STAGE_NONE,  /* nothing was refused */
	STAGE_MAP,   /* the heap cannot be mapped */
	STAGE_SPAWN, /* it can, but then no child be created */
};

/* Filled in by the worker, in memory that we share. */
struct frontier {
	int mode;
	bool alone;
	unsigned vmas;		/* that the heap consists of: 1 or 2 */
	struct attempt attempt; /* of one strategy */

	struct predict_facts facts;
	uint64_t room_bytes;   /* the largest heap that has addresses */
	const char *room_ends; /* what limits it, as a word of the CSV */
	uint64_t predicted_bytes;
	uint64_t lower_bytes; /* the largest heap that worked */
	uint64_t upper_bytes; /* the smallest that did not; 0: all worked */
	enum frontier_stage stage; /* of the last refusal: the smallest heap */
	int refused;		   /* its errno */
	bool hindered;		   /* EAGAIN: a limit on processes, no answer */
	bool held_back;		   /* between the two, for the others' sake */
	unsigned probes;
	uint64_t moved_bytes; /* other programs' commits, at most, meanwhile */
	int error;	      /* of the experiment itself */

	/* Of its row, afterwards. */
	const char *strategy, *stopped_by;
	int exact, agrees;
	uint64_t left_bytes, slack_bytes;
};

/* Both halves of a worker (worker.h); data is its struct frontier. */
void frontier_prepare(void *data);
void frontier_act(void *data);

/* Whether others' commits moved, in mode 2, by more than the kernel's counter
 * may be wrong by: then prediction and outcome are of different machines. */
bool frontier_disturbed(const struct frontier *frontier);

/* A frontier is looked for so often, until it was not disturbed. */
#define FRONTIER_TRIES 3

#endif
