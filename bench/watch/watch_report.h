/* SPDX-License-Identifier: MIT */
/* What `watch` has seen, and says at the end. */
#ifndef WATCH_WATCH_REPORT_H
#define WATCH_WATCH_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/watch/trend.h"

struct monitor {
	struct process process;
	int64_t begin_ns;   /* CLOCK_MONOTONIC */
	uint64_t ticks;	    /* readings that were due until now */
	uint64_t oom_kills; /* of the machine, before; 0 if not known */
	bool over;	    /* there is no next reading */
	bool ended;	    /* the process has: nothing is predicted of it */

	size_t taken;
	struct memory_sample first, now;
	uint64_t peak_bytes;	    /* of the RSS */
	struct trend_series series; /* all readings but the last */
	int group_error;	    /* why `now` has none, if not -ENOENT */
};

/* Judge the series and print the verdict, for people or as a JSON object. 0,
 * -ENOMEM, or -EIO of the stream. */
int watch_report(const struct monitor *monitor, bool json, FILE *stream);

/* The keys of that object, and of `cgroup` and `rival` in it. */
extern const struct row_type watch_row, watch_group_row, watch_rival_row;

#endif
