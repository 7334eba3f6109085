/* SPDX-License-Identifier: MIT */
/*
 * Watching the memory of a running process.
 *
 *  1. vigil_begin()  takes hold of the process.
 *  2. vigil_take()   reads its memory and what stands around it, once.
 *  3. vigil_wait()   until the next reading is due, or there is no next.
 *  4. vigil_judge()  what the readings say together.
 *  5. vigil_end()
 *
 * Nothing is asked of the process and nothing makes it wait.
 */
#ifndef MEASURE_VIGIL_H
#define MEASURE_VIGIL_H

#include <stddef.h>
#include <stdint.h>

#include "bench/files/vitals.h"
#include "bench/judge/trend.h"
#include "bench/machine/cgroup.h"
#include "bench/machine/process.h"

/* Why there is no next reading. */
enum vigil_end {
	VIGIL_GOES_ON,
	VIGIL_PROCESS_ENDED,
	VIGIL_TIME_OVER,
	VIGIL_SIGNALLED,
};

struct vigil {
	struct process process;
	uint64_t interval_ns;
	uint64_t duration_ns; /* UINT64_MAX: until something else ends it */
	int64_t begin_ns;     /* CLOCK_MONOTONIC */
	uint64_t ticks;	      /* readings that were due until now */
	uint64_t oom_kills;   /* of the machine, before; 0 if not known */
	enum vigil_end end;

	size_t taken;
	struct vitals first, now;
	uint64_t peak_bytes;	    /* of the RSS */
	struct trend_series series; /* all readings but the last */
	/* Of the same reading as `now`: the group with the least room, where
	 * now.cgroup_usage_bytes is known. */
	char cgroup_directory[PATH_MAX];
	const char *cgroup_limit_name; /* the file of its limit */
	int cgroup_error;	       /* why there is none, if not -ENOENT */
};

/* Begin to watch; interval_ns and duration_ns are kept. The caller owes
 * vigil_end() after 0. Errors are those of process_open(). */
int vigil_begin(struct vigil *vigil, pid_t pid, uint64_t interval_ns,
		uint64_t duration_ns);

/* Read vigil->now. -ESRCH: the process has ended; -ENODATA: it has no memory
 * any more, so it is about to; then vigil->now is as before. */
int vigil_take(struct vigil *vigil);

/* Wait until the next reading is due, or till the process ends, the duration
 * passes or signal_fd (signalfd(2)) has a signal. Readings that would be late
 * are left out. vigil->end says how it came. 0 or -errno of poll(2). */
int vigil_wait(struct vigil *vigil, int signal_fd);

/* Judge the readings so far. The last one before a process ended is left out:
 * it may have been giving its memory back already. 0 or -ENOMEM. */
int vigil_judge(const struct vigil *vigil, struct trend *trend);

void vigil_end(const struct vigil *vigil);

#endif
