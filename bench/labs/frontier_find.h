/* SPDX-License-Identifier: MIT */
/* Up to which heap can one strategy spawn in one overcommit mode? */
#ifndef LABS_FRONTIER_FIND_H
#define LABS_FRONTIER_FIND_H

#include "bench/labs/part.h"
#include "bench/labs/region.h"

enum frontier_stage {
	STAGE_NONE,  /* nothing was refused */
	STAGE_MAP,   /* the heap cannot be mapped */
	STAGE_SPAWN, /* it can, but then no child be created */
};

struct frontier_case {
	struct lab_case name;
	unsigned vmas; /* that the heap consists of: 1 or 2 */
};

struct frontier {
	struct trial trial;
	unsigned vmas;

	struct predict_facts facts;
	struct room room;
	uint64_t predicted_bytes;
	uint64_t lower_bytes; /* the largest heap that worked */
	uint64_t upper_bytes; /* the smallest that did not; 0: all worked */
	enum frontier_stage stage; /* of the last refusal: the smallest heap */
	int refused;		   /* its errno */
	int exact; /* or not all between the two, for the others' sake */
	int probes;
	uint64_t moved_bytes; /* other programs' commits, at most, meanwhile */

	/* Afterwards. */
	const char *stopped_by; /* what should be the limit, by the rules */
	uint64_t left_bytes, slack_bytes;

	/* In texts. */
	char upper[32]; /* in the table */
	/* The smallest of those that ended likewise, and the largest: " to 600
	 * MiB". */
	bool least;
	char upto[40];
	uint64_t two_bytes; /* of the same strategy with two VMAs; 0: none */
	const char *two_why;
	char disturbed[16]; /* "2 rows", in the most disturbed one */
};

/* A hook of struct lab_part, in a worker: predict the frontier, and find it by
 * bisection. */
int frontier_find(void *row);

#endif
