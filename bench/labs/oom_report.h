/* SPDX-License-Identifier: MIT */
/* What the lab `oom` has seen of kills, and tells of them. */
#ifndef LABS_OOM_REPORT_H
#define LABS_OOM_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/judge/badness.h"
#include "bench/labs/labs.h"
#include "bench/machine/memory_group.h"
#include "bench/machine/oom_log.h"

/* One time that the group was full. */
struct oom_death {
	const char *name; /* of the case: "first", "second", "whole" */
	char predicted[32];
	char observed[32]; /* names joined by '+'; "nobody" */
	/* Who was predicted, with the memory it has when the group is full. */
	struct badness_process process;
	int64_t badness_bytes;		    /* in the group's terms */
	struct memory_group_reading growth; /* of counters */
	bool logged;
	struct oom_log_kill log;
	char line[512]; /* as the kernel wrote it */
};

bool oom_death_agrees(const struct oom_death *death);

/* Tell of all of them; log_error is that of oom_log_open(), or 0. */
int oom_report(struct lab_context *context, const struct memory_group *group,
	       const struct oom_death *deaths, size_t count, int log_error);

#endif
