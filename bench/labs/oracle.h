/* SPDX-License-Identifier: MIT */
/*
 * One parent with its memory in one overcommit mode: what should its spawns be
 * answered, and what are they?
 */
#ifndef LABS_ORACLE_H
#define LABS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/judge/predict.h"
#include "bench/labs/attempt.h"

enum memory_size {
	MEMORY_SMALL,  /* every strategy works everywhere */
	MEMORY_LARGE,  /* mode 2: too large for a copy; else larger than what is
			* free, smaller than RAM and swap */
	MEMORY_HUGE,   /* larger than RAM and swap */
	MEMORY_STRONG, /* where a copy of a plain mapping is refused: huge, but
			* large in mode 2 */
	MEMORY_ALL,    /* up to CommitLimit and beyond */
};

/* How a parent's memory is mapped. It is never touched. */
struct memory {
	const char *name; /* in oracle.csv */
	const char *text; /* for people */
	enum memory_size size;
	unsigned vmas; /* 2: of half the size each, which cannot merge */
	bool early;    /* mapped in the user's mode, before the switch */
	bool noreserve;
	bool dontfork;
	bool shared;
};

/* All kinds; the last one has no name. */
extern const struct memory memories[];
#define MEMORY_COUNT 9

/* A strategy's answer. */
struct oracle_cell {
	int predicted; /* 0 or an errno */
	int observed;  /* likewise; -1: not tried, see skipped */
	struct predict_facts facts;
	char skipped[256];
};

/* Filled in by the worker, in memory that we share. */
struct oracle {
	const struct memory *memory;
	int mode;
	int users_mode;
	bool alone;
	struct attempt attempt; /* strategies are listed */

	uint64_t heap_bytes;
	int map_mode; /* in which it was mapped */
	struct predict_facts map_facts;
	int map_predicted;
	int map_observed;
	char skipped[256]; /* why it was not even mapped, or "" */

	struct oracle_cell cells[ATTEMPT_STRATEGIES_MAX]; /* of strategies */
	int error; /* of the experiment itself */
};

/* Both halves of a worker (worker.h); data is its struct oracle. */
void oracle_prepare(void *data);
void oracle_act(void *data);

#endif
