/* SPDX-License-Identifier: MIT */
/*
 * Watching the memory of a running process.
 *
 *  1. monitor_begin()  takes hold of the process.
 *  2. monitor_take()   reads its memory, its group's and the machine's, once.
 *  3. monitor_wait()   waits until the next reading is due, or the end.
 *  4. monitor_judge()  judges the series of readings.
 *  5. monitor_end()
 *
 * The process is neither asked nor stopped.
 */
#ifndef WATCH_MONITOR_H
#define WATCH_MONITOR_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bench/machine/memory.h"
#include "bench/machine/process.h"
#include "bench/rows/rows.h"
#include "bench/watch/trend.h"

/* Samples differ in time_s by at least so much. */
#define MEMORY_SAMPLE_TIME_NS 1000000

/* The memory of a process, of its control group and of the machine at one
 * moment; BYTES_UNKNOWN is what the kernel does not tell. */
struct memory_sample {
	double time_s; /* since the watch began */
	time_t date;
	struct process_memory memory;
	int oom_score;
	int oom_score_adj;
	struct cgroup_room group; /* with the least room; usage unknown: none */
	struct meminfo machine;
};

/* A row of what `watch` writes; data/README.md explains the columns. */
extern const struct row_type memory_sample_row;
extern const struct row_field memory_sample_fields[];

/* Why there is no next reading. */
enum monitor_end {
	MONITOR_GOES_ON,
	MONITOR_PROCESS_ENDED,
	MONITOR_TIME_OVER,
	MONITOR_SIGNALLED,
};

struct monitor {
	struct process process;
	uint64_t interval_ns;
	uint64_t duration_ns; /* UINT64_MAX: until something else ends it */
	int64_t begin_ns;     /* CLOCK_MONOTONIC */
	uint64_t ticks;	      /* readings that were due until now */
	uint64_t oom_kills;   /* of the machine, before; 0 if not known */
	enum monitor_end end;

	size_t taken;
	struct memory_sample first, now;
	uint64_t peak_bytes;	    /* of the RSS */
	struct trend_series series; /* all readings but the last */
	int group_error;	    /* why `now` has none, if not -ENOENT */
};

/* Begin to watch; interval_ns and duration_ns are kept. The caller owes
 * monitor_end() after 0. Errors are those of process_open(). */
int monitor_begin(struct monitor *monitor, pid_t pid, uint64_t interval_ns,
		  uint64_t duration_ns);

/* Read monitor->now. -ESRCH: the process has ended; -ENODATA: it has no memory
 * any more, so it is about to; then monitor->now is as before. */
int monitor_take(struct monitor *monitor);

/* Wait until the next reading is due, or till the process ends, the duration
 * passes or signal_fd (signalfd(2)) has a signal; monitor->end says which.
 * Readings that would be late are left out. 0 or -errno of poll(2). */
int monitor_wait(struct monitor *monitor, int signal_fd);

/* Judge the readings so far. The last one before a process ended is left out:
 * it may have been giving its memory back already. 0 or -ENOMEM. */
int monitor_judge(const struct monitor *monitor, struct trend *trend);

void monitor_end(const struct monitor *monitor);

#endif
