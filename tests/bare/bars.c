/* SPDX-License-Identifier: MIT */
/*
 * The bars: what one strategy may take, as a part of what another takes or of
 * what itself takes in a small caller. Each figure is the median over crews
 * of a ratio measured within one crew.
 */

#include <stdio.h>

#include "bench/judge/stats.h"
#include "tests/bare/crew.h"

#define CREWS 7

/* Places in the list of names. */
enum { BROKER, CLONE_ASYNC, CLONE_VM, POSIX_SPAWN, VFORK };

static const char *const names[] = {
	[BROKER] = "broker",	 [CLONE_ASYNC] = "clone_async",
	[CLONE_VM] = "clone_vm", [POSIX_SPAWN] = "posix_spawn",
	[VFORK] = "vfork",	 NULL,
};

struct figure {
	int strategy;
	enum span span;
	enum caller caller;
};

static const struct bar {
	const char *text;
	struct figure figure;
	struct figure than;
	double limit;
} bars[] = {
	{ "clone_async: return over posix_spawn's",
	  { CLONE_ASYNC, RETURN, SMALL },
	  { POSIX_SPAWN, RETURN, SMALL },
	  0.17 },
	{ "clone_async: reap over vfork's",
	  { CLONE_ASYNC, REAP, SMALL },
	  { VFORK, REAP, SMALL },
	  1.00 },
	{ "broker: return over posix_spawn's",
	  { BROKER, RETURN, SMALL },
	  { POSIX_SPAWN, RETURN, SMALL },
	  0.15 },
	{ "broker: confirm over posix_spawn's",
	  { BROKER, CONFIRM, SMALL },
	  { POSIX_SPAWN, CONFIRM, SMALL },
	  1.00 },
	{ "broker: reap over posix_spawn's",
	  { BROKER, REAP, SMALL },
	  { POSIX_SPAWN, REAP, SMALL },
	  1.20 },
	{ "broker: reap over posix_spawn's at " LARGE_HEAP,
	  { BROKER, REAP, LARGE },
	  { POSIX_SPAWN, REAP, LARGE },
	  1.20 },
	{ "broker: time a spawn over posix_spawn's, 16 in flight",
	  { BROKER, REAP, BUSY },
	  { POSIX_SPAWN, REAP, BUSY },
	  1.00 },
	{ "broker: reap at " LARGE_HEAP " over reap without a heap",
	  { BROKER, REAP, LARGE },
	  { BROKER, REAP, SMALL },
	  1.03 },
	{ "clone_async: reap at " LARGE_HEAP " over reap without a heap",
	  { CLONE_ASYNC, REAP, LARGE },
	  { CLONE_ASYNC, REAP, SMALL },
	  1.03 },
	{ "clone_vm: reap at " LARGE_HEAP " over reap without a heap",
	  { CLONE_VM, REAP, LARGE },
	  { CLONE_VM, REAP, SMALL },
	  1.03 },
	{ "posix_spawn: reap at " LARGE_HEAP " over reap without a heap",
	  { POSIX_SPAWN, REAP, LARGE },
	  { POSIX_SPAWN, REAP, SMALL },
	  1.03 },
	{ "vfork: reap at " LARGE_HEAP " over reap without a heap",
	  { VFORK, REAP, LARGE },
	  { VFORK, REAP, SMALL },
	  1.03 },
};

static double value(const struct crew_medians *crew, struct figure figure)
{
	return crew->ns[figure.caller][figure.strategy][figure.span];
}

bool bars_report(const struct work *work)
{
	static struct crew_medians crews[CREWS];
	bool good = true;

	for (int crew = 0; crew < CREWS; crew++) {
		tell_progress("bars: crew", crew + 1, CREWS);
		crew_measure(names, work, &crews[crew]);
	}
	tell_progress("", CREWS + 1, CREWS);
	printf("%-56s %6s %6s %6s %6s\n", "Ratios over crews", "lowest",
	       "median", "high.", "limit");
	for (size_t i = 0; i < sizeof bars / sizeof *bars; i++) {
		const struct bar *bar = &bars[i];
		double ratios[CREWS];
		double median;

		for (int crew = 0; crew < CREWS; crew++)
			ratios[crew] = value(&crews[crew], bar->figure) /
				       value(&crews[crew], bar->than);
		median = stats_median_of(ratios, CREWS);
		printf("%-56s %6.3f %6.3f %6.3f %6.2f%s\n", bar->text,
		       ratios[0], median, ratios[CREWS - 1], bar->limit,
		       median <= bar->limit ? "" : "  missed");
		good = good && median <= bar->limit;
	}
	return good;
}
