/* SPDX-License-Identifier: MIT */
/* How far a run is; see progress.h. */

#include "bench/show/progress.h"

#include <stdarg.h>

#include "bench/machine/clock.h"

#define LINE_LENGTH 256

/* The first part says little about the whole, and a step can be long: the plan
 * counts as this much work, and this share of its own, that went exactly as
 * expected. */
#define TRUST_IN_PLAN_S 2.0
#define TRUST_IN_PLAN_SHARE 0.15

double progress_remaining_s(const struct progress *progress, double elapsed_s)
{
	const double left_s = progress->total_s - progress->done_s;
	const double trust_s =
		TRUST_IN_PLAN_S + TRUST_IN_PLAN_SHARE * progress->total_s;
	const double pace =
		(elapsed_s + trust_s) / (progress->done_s + trust_s);

	return left_s > 0 ? left_s * pace : 0;
}

/* "0:07", "12:40". */
static void clock_format(double seconds, char *text, size_t length)
{
	const long whole = (long)(seconds + 0.5);

	snprintf(text, length, "%ld:%02ld", whole / 60, whole % 60);
}

static void show_if_due(struct progress *progress)
{
	const double elapsed_s =
		(double)(clock_now_ns() - progress->begin_ns) / 1e9;
	const double part = progress->total_s > 0
				    ? progress->done_s / progress->total_s
				    : 1;
	char line[LINE_LENGTH], left[32];

	if (!live_due(&progress->live))
		return;
	clock_format(progress_remaining_s(progress, elapsed_s), left,
		     sizeof left);
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

void progress_end(struct progress *progress)
{
	live_end(&progress->live);
}
