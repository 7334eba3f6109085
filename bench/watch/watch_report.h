/* SPDX-License-Identifier: MIT */
/*
 * What `watch` says: while it watches, and at the end.
 */
#ifndef WATCH_WATCH_REPORT_H
#define WATCH_WATCH_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/machine/oom.h"
#include "bench/watch/monitor.h"

/* What is known when the watch has ended. */
struct watch_report {
	const struct monitor *monitor;
	bool ended; /* the process: nothing is to come of it */
	struct trend trend;
	/* What the process may still take before its group's limit or the
	 * machine's end is met; UINT64_MAX: no limit, or not known. */
	uint64_t group_room_bytes;
	uint64_t machine_room_bytes;
	uint64_t swap_total_bytes;
	const char *machine_error; /* why the machine's memory is not told */
	int mode;		   /* of overcommit, or -errno */
	/* The OOM killer's other choices; pid 0: there is none, or the process
	 * has ended and is none itself. */
	struct oom_rival rival;
	struct oom_rival group_rival; /* in the group that has the limit */
	uint64_t oom_kills;	      /* anywhere on the machine, meanwhile */
};

/* How things stand now, in one line. */
void watch_line(const struct monitor *monitor, char *line, size_t length);

/* When so much room is used up, in seconds. INFINITY: never, or not known, as
 * where the process has ended, or grows by hugetlb pages: these come out of a
 * pool of their own. */
double watch_seconds_left(const struct watch_report *report,
			  uint64_t room_bytes);

/* Judge the series and look around. 0, or -ENOMEM. */
int watch_conclude(const struct monitor *monitor, struct watch_report *report);

/* Print it for people, or as a JSON object. 0, -ENOMEM or -EIO. */
int watch_tell(const struct watch_report *report, FILE *stream);
int watch_json(const struct watch_report *report, FILE *stream);

#endif
