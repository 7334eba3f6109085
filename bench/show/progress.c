/* SPDX-License-Identifier: MIT */
/*
 * The progress line.
 *
 * A terminal gets at most ten lines a second: writing them costs CPU time
 * that belongs to the measurement.
 */

#include "bench/show/progress.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define TERMINAL_PERIOD_NS 100000000LL
#define LOG_PERIOD_NS 10000000000LL
#define LINE_LENGTH 256

/* The first seconds say little about the whole: the plan counts as this much
 * work that went exactly as expected. */
#define TRUST_IN_PLAN_S 2.0

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

double progress_remaining_s(const struct progress *progress, double elapsed_s)
{
	const double left_s = progress->total_s - progress->done_s;
	const double pace = (elapsed_s + TRUST_IN_PLAN_S) /
			    (progress->done_s + TRUST_IN_PLAN_S);

	return left_s > 0 ? left_s * pace : 0;
}

static size_t terminal_columns(FILE *stream)
{
	struct winsize size;

	if (ioctl(fileno(stream), TIOCGWINSZ, &size) || size.ws_col < 20)
		return 80;
	return size.ws_col < LINE_LENGTH ? size.ws_col : LINE_LENGTH;
}

/* "0:07", "12:40". */
static void clock_format(double seconds, char *text, size_t length)
{
	const long whole = (long)(seconds + 0.5);

	snprintf(text, length, "%ld:%02ld", whole / 60, whole % 60);
}

static void show(struct progress *progress, int64_t now)
{
	const double elapsed_s = (double)(now - progress->begin_ns) / 1e9;
	const double part = progress->total_s > 0
				    ? progress->done_s / progress->total_s
				    : 1;
	char line[LINE_LENGTH], left[32];

	clock_format(progress_remaining_s(progress, elapsed_s), left,
		     sizeof left);
	snprintf(line, sizeof line, "%3.0f %%, %s left: %s",
		 100 * (part < 1 ? part : 1), left, progress->note);
	if (progress->terminal) {
		/* A line as wide as the terminal would wrap. */
		line[terminal_columns(progress->stream) - 1] = '\0';
		fprintf(progress->stream, "\r%s\033[K", line);
	} else {
		fprintf(progress->stream, "%s\n", line);
	}
	fflush(progress->stream);
	progress->shown_ns = now;
}

static void show_if_due(struct progress *progress)
{
	const int64_t now = now_ns();
	const int64_t period =
		progress->terminal ? TERMINAL_PERIOD_NS : LOG_PERIOD_NS;

	if (now - progress->shown_ns >= period)
		show(progress, now);
}

void progress_begin(struct progress *progress, FILE *stream, double total_s)
{
	const int64_t now = now_ns();

	*progress = (struct progress){
		.stream = stream,
		.terminal = isatty(fileno(stream)),
		.total_s = total_s,
		.begin_ns = now,
		.shown_ns = now,
	};
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

void progress_end(struct progress *progress)
{
	if (!progress->terminal)
		return;
	fputs("\r\033[K", progress->stream);
	fflush(progress->stream);
}
