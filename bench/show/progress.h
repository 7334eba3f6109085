/* SPDX-License-Identifier: MIT */
/* What is told while work goes on. */
#ifndef SHOW_PROGRESS_H
#define SHOW_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * One line that tells how things stand now.
 *
 * On a terminal it is written over, at most ten times a second, and erased at
 * the end; otherwise, and on a dumb one, it becomes a line every ten seconds,
 * for a log that somebody reads later.
 */
struct live {
	FILE *stream;
	bool terminal;
	int64_t shown_ns; /* when a line was last written */
};

/* Begin on a stream; a first line is due after a period. */
void live_begin(struct live *live, FILE *stream);

/* Whether it is time for a line. */
bool live_due(const struct live *live);

/* Write it, cut to the width of the terminal. */
void live_show(struct live *live, const char *line);

/* Erase the line. Without a terminal nothing happens. */
void live_end(const struct live *live);

/* How far a run is and when it will end: such a line, to be ended as one.
 * Nothing is written between samples: step and note are called between blocks.
 */
struct progress {
	struct live live;
	double total_s; /* the plan, in expected seconds */
	double done_s;	/* of the plan, not of the clock */
	double limit_s; /* then it ends, done or not; 0: it ends when done */
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

/* Seconds until the end: what is left of the plan, times how much slower
 * than the plan the work has been so far; or until the limit. Never negative.
 */
double progress_remaining_s(const struct progress *progress, double elapsed_s);

#endif
