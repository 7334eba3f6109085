/* SPDX-License-Identifier: MIT */
/*
 * One line that tells how things stand now.
 *
 * On a terminal it is written over, at most ten times a second, and erased at
 * the end; otherwise, and on a dumb one, it becomes a line every ten seconds,
 * for a log that somebody reads later.
 */
#ifndef SHOW_LIVE_H
#define SHOW_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

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

#endif
