/* SPDX-License-Identifier: MIT */
/*
 * The lab `oom` in three parts: what scores processes have, what children
 * inherit, and who is killed.
 */
#ifndef LABS_OOM_H
#define LABS_OOM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/judge/badness.h"
#include "bench/labs/labs.h"
#include "bench/machine/memory_group.h"
#include "bench/machine/oom_log.h"

/* One row of oom.csv. */
struct oom_row {
	const char *part;     /* "score", "inherit", "kill" */
	const char *name;     /* of the case */
	const char *strategy; /* NULL: none */
	int oom_score_adj;
	int nice;
	int64_t uid;
	const struct badness_process *process; /* NULL: not of interest */
	int64_t badness_bytes; /* INTEGER_UNKNOWN: it is never chosen */
	const char *predicted;
	const char *observed;
	int agrees;
	const struct memory_group_reading *growth; /* of counters; NULL */
	const struct oom_log_kill *log; /* NULL: none, or not readable */
};

int oom_write_row(struct lab_context *context, const struct oom_row *row);

/*
 * The parts. unit_bytes is what the smallest process has; the largest gets
 * four times that. Each writes rows and text: 0, or -errno told by lab_fail().
 * The group may be NULL for the first, which fills none.
 */
int oom_scores(struct lab_context *context, const struct memory_group *group,
	       uint64_t unit_bytes);
int oom_inheritance(struct lab_context *context);
/* The group has room for six units. */
int oom_kills(struct lab_context *context, struct memory_group *group,
	      uint64_t unit_bytes);

#endif
