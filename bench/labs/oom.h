/* SPDX-License-Identifier: MIT */
/*
 * The lab `oom` in three parts: what scores processes have, what children
 * inherit, and who is killed.
 */
#ifndef LABS_OOM_H
#define LABS_OOM_H

#include "bench/labs/badness.h"
#include "bench/labs/memory_group.h"
#include "bench/labs/oom_log.h"
#include "bench/labs/part.h"

/* One row of oom.csv. */
struct oom {
	struct trial trial;
	const char *part;
	int nice;
	int64_t uid;
	struct badness_process process;
	int64_t badness_bytes; /* INTEGER_UNKNOWN: it is never chosen */
	char predicted[32];
	char observed[32];
	struct memory_group_reading group; /* at the end */
	struct oom_log_kill logged;

	/* In texts. */
	uint64_t held_bytes;
	char badness[40];

	/* `score`: as /proc prints it, and in the first row that of `size` with
	 * four units. */
	int score, large;

	/* `inherit`: values of oom_score_adj. */
	int opened; /* the parent's at sw_open() */
	int asked;
	int own;   /* the parent's before the spawn */
	int after; /* and after it */
	int child; /* as it says */
	int error; /* of spawning */

	/* `kill`: one time that the group was full. */
	uint64_t goal_bytes; /* to which one process grows */
	int killed;
};

/* Of those the ones that no column of oom.csv has. */
extern const struct row_field oom_words[];

extern const struct lab_part oom_scores, oom_inheritance, oom_kills;

/* A trial may take so many units of memory: what the smallest process has; the
 * largest gets four of them. */
#define OOM_UNITS 6
#define OOM_UNIT_BYTES ((uint64_t)16 << 20)
#define OOM_UNIT_LEAST_BYTES ((uint64_t)4 << 20)

uint64_t oom_unit_bytes(const struct oom *oom);

/* Begin the row of a part, in which nothing is known yet. */
void oom_begin(struct oom *oom, const char *part);

/* Fill in the badness of the row's process in this scope. */
void oom_weigh(struct oom *oom, const struct badness_scope *scope);

#endif
