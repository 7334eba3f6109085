/* SPDX-License-Identifier: MIT */
/*
 * The line that is written over.
 *
 * A terminal gets at most ten lines a second: writing them costs CPU time
 * that belongs to the measurement.
 */

#include "bench/show/live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/show/lines.h"

#define TERMINAL_PERIOD_NS 100000000LL
#define LOG_PERIOD_NS 10000000000LL

/* A dumb terminal cannot erase: it gets lines, as a log. */
static bool can_erase(FILE *stream)
{
	const char *term = getenv("TERM");

	return isatty(fileno(stream)) && !(term && !strcmp(term, "dumb"));
}

void live_begin(struct live *live, FILE *stream)
{
	*live = (struct live){
		.stream = stream,
		.terminal = can_erase(stream),
		.shown_ns = clock_now_ns(),
	};
}

bool live_due(const struct live *live)
{
	return clock_now_ns() - live->shown_ns >=
	       (live->terminal ? TERMINAL_PERIOD_NS : LOG_PERIOD_NS);
}

void live_show(struct live *live, const char *line)
{
	const int columns = lines_terminal(live->stream);

	/* A line as wide as the terminal would wrap. */
	if (live->terminal)
		fprintf(live->stream, "\r%.*s\033[K",
			(columns < 20 ? 80 : columns) - 1, line);
	else
		fprintf(live->stream, "%s\n", line);
	fflush(live->stream);
	live->shown_ns = clock_now_ns();
}

void live_end(const struct live *live)
{
	if (!live->terminal)
		return;
	fputs("\r\033[K", live->stream);
	fflush(live->stream);
}
