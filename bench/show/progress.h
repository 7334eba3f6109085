/* SPDX-License-Identifier: MIT */
/*
 * How far a run is and when it will end.
 *
 * A line as show/live.h has it. Nothing is written between samples: step and
 * note are called between blocks.
 */
#ifndef SHOW_PROGRESS_H
#define SHOW_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

#include "bench/show/live.h"

struct progress {
	struct live live;
	double total_s; /* the plan, in expected seconds */
	double done_s;	/* of the plan, not of the clock */
	int64_t begin_ns;
	char note[96];
};

/* Begin to report on stream about work that is expected to take total_s
 * seconds in all. */
void progress_begin(struct progress *progress, FILE *stream, double total_s);

/* Say what is being done now, in a few words. */
void progress_note(struct progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A part of the work is done that was expected to take so many seconds. */
void progress_step(struct progress *progress, double expected_s);

/* Erase the line. Without a terminal nothing happens. */
void progress_end(struct progress *progress);

/* Seconds until the end: what is left of the plan, times how much slower
 * than the plan the work has been so far. Never negative. */
double progress_remaining_s(const struct progress *progress, double elapsed_s);

#endif
