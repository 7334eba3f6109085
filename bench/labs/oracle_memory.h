/* SPDX-License-Identifier: MIT */
/* A parent of the oracle and its memory: how much it is, and mapping it. */
#ifndef LABS_ORACLE_MEMORY_H
#define LABS_ORACLE_MEMORY_H

#include "bench/judge/predict.h"
#include "bench/labs/part.h"

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
	struct lab_case one;
	enum memory_size size;
	bool early; /* mapped in the user's mode, before the switch */
	/* Without what follows from the size. 2 VMAs are of half of it each,
	 * and cannot merge. */
	struct predict_mapping mapping;
};

#define MEMORY_COUNT 9
extern const struct memory memories[MEMORY_COUNT];

/* One strategy's answer, at the step that decided. */
struct oracle {
	struct trial trial;
	uint64_t heap_bytes;
	int map_mode; /* in which it was mapped */
	int at_map;   /* the memory could not be mapped, or should not be */
	int predicted, observed; /* outcomes, bench/rows/rows.h */
	struct predict_facts facts;
	uint64_t asked_bytes, left_bytes;

	/* In texts, and of all strategies with this memory in this mode, in the
	 * first of their rows. */
	bool first;
	int tried, agreed;
	char counts[32];    /* "8 of 8" */
	const char *mapped; /* how it was mapped, or "-" */
	char refused[256]; /* the strategies that were, or why there are none */
	/* In the first of all: the largest parent, if its size was the reason
	 * only for copies to be refused; else 0. */
	uint64_t most_bytes;
};

static inline const struct memory *oracle_memory(const struct oracle *oracle)
{
	return (const struct memory *)oracle->trial.one;
}

/* In the worker: map it in the mode that is set, and say what should come of
 * it. Skips the trial when it would take from others what they need. */
int oracle_map(struct oracle *oracle, int mode);

/* Whether it is to take all that mode 2 grants. */
bool oracle_exhausts(const struct oracle *oracle);

/* Where the memory is to be exhausted: take all, and after a spawn what
 * children have given back. */
void oracle_exhaust(const struct oracle *oracle);

#endif
