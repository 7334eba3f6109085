/* SPDX-License-Identifier: MIT */
/*
 * What is told while work goes on; see progress.h.
 *
 * A terminal gets at most ten lines a second: writing them costs CPU time
 * that belongs to the measurement.
 */

#include "bench/show/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/show/table.h"

#define LINE_LENGTH 256
#define TRUST_IN_PLAN_S 2.0
#define TRUST_IN_PLAN_SHARE 0.15
#define TERMINAL_PERIOD_NS 100000000LL
#define LOG_PERIOD_NS 10000000000LL

/* The first part says little about the whole, and a step can be long: the plan
 * counts as this much work, and this share of its own, that went exactly as
 * expected. */

double progress_remaining_s(const struct progress *progress, double elapsed_s)
{
	const double trust_s =
		TRUST_IN_PLAN_S + TRUST_IN_PLAN_SHARE * progress->total_s;
	const double pace =
		(elapsed_s + trust_s) / (progress->done_s + trust_s);
	const double left_s =
		progress->limit_s > 0
			? progress->limit_s - elapsed_s
			: (progress->total_s - progress->done_s) * pace;

	return left_s > 0 ? left_s : 0;
}

static void show_if_due(struct progress *progress)
{
	const double elapsed_s =
		(double)(clock_now_ns() - progress->begin_ns) / 1e9;
	const double part = progress->total_s > 0
				    ? progress->done_s / progress->total_s
				    : 1;
	const long left_s =
		(long)(progress_remaining_s(progress, elapsed_s) + 0.5);
	char line[LINE_LENGTH], left[48]; /* "0:07", "12:40" */

	if (!live_due(&progress->live))
		return;
	snprintf(left, sizeof left, "%ld:%02ld", left_s / 60, left_s % 60);
	if (progress->limit_s > 0)
		snprintf(line, sizeof line, "at most %s left: %s", left,
			 progress->note);
	else
		snprintf(line, sizeof line, "%3.0f %%, %s left: %s",
			 100 * (part < 1 ? part : 1), left, progress->note);
	live_show(&progress->live, line);
}

void progress_begin(struct progress *progress, FILE *stream, double total_s)
{
	*progress = (struct progress){ .total_s = total_s,
				       .begin_ns = clock_now_ns() };
	live_begin(&progress->live, stream);
}

void progress_note(struct progress *progress, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(progress->note, sizeof progress->note, format, values);
	va_end(values);
	show_if_due(progress);
}

void progress_step(struct progress *progress, double expected_s)
{
	progress->done_s += expected_s;
	show_if_due(progress);
}

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
