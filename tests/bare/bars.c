/* SPDX-License-Identifier: MIT */
/*
 * The bars: what one strategy may take, as a part of what another takes or of
 * what itself takes in a small caller, when nothing disturbs them. Each figure
 * is the median over crews of a ratio measured within one crew; the first is of
 * this process, which measures as often as there are crews.
 */

#include <stdio.h>
#include <unistd.h>

#include "bench/judge/stats.h"
#include "bench/machine/clock.h"
#include "lib/spawnwise.h"
#include "tests/bare/crew.h"
#include "tests/bare/quiet.h"

#define CREWS 7
#define TURNS 10
#define FORKS 30 /* a turn */

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

static double value(const struct crew_figures *crew, struct figure figure)
{
	return crew->ns[figure.caller][figure.strategy][figure.span];
}

/* Fork as programs do. Only what the first ones find in the caches depends on
 * what was before. */
static void take_forks(double *ns)
{
	for (int i = 0; i < FORKS; i++) {
		const int64_t start = clock_now_ns();
		const pid_t pid = fork();

		if (!pid)
			_exit(0);
		reap(pid);
		ns[i] = (double)(clock_now_ns() - start);
	}
}

/* What open handles, each of which has created a child, add to the program's
 * own forks; in turns. */
static double forks_ratio(const struct work *work)
{
	const struct sw_request request = request_for(work);
	double without[TURNS][FORKS], with[TURNS][FORKS], ns[SPANS];

	for (int turn = 0; turn < TURNS; turn++) {
		struct sw_handle *handles[NAMES_MAX];

		take_forks(without[turn]);
		for (int name = 0; names[name]; name++) {
			handles[name] = open_strategy(names[name]);
			spawn_ours(handles[name], &request, ns);
		}
		take_forks(with[turn]);
		for (int name = 0; names[name]; name++)
			sw_close(handles[name]);
	}
	return quiet_of_process(with[0], TURNS * FORKS) /
	       quiet_of_process(without[0], TURNS * FORKS);
}

static bool report(const char *text, double *ratios, double limit)
{
	const double median = stats_median_of(ratios, CREWS);

	printf("%-56s %6.3f %6.3f %6.3f %6.2f%s\n", text, ratios[0], median,
	       ratios[CREWS - 1], limit, median <= limit ? "" : "  missed");
	return median <= limit;
}

bool bars_report(const struct work *work)
{
	static struct crew_figures crews[CREWS];
	double ratios[CREWS];
	bool good;

	for (int crew = 0; crew < CREWS; crew++) {
		tell_progress("bars: crew", crew + 1, CREWS);
		crew_measure(names, work, &crews[crew]);
	}
	tell_progress("", CREWS + 1, CREWS);
	printf("%-56s %6s %6s %6s %6s\n", "Ratios over crews", "lowest",
	       "median", "high.", "limit");
	for (int crew = 0; crew < CREWS; crew++)
		ratios[crew] = forks_ratio(work);
	good = report("fork() beside open handles over fork() without", ratios,
		      1.03);
	for (size_t i = 0; i < sizeof bars / sizeof *bars; i++) {
		const struct bar *bar = &bars[i];

		for (int crew = 0; crew < CREWS; crew++)
			ratios[crew] = value(&crews[crew], bar->figure) /
				       value(&crews[crew], bar->than);
		good = report(bar->text, ratios, bar->limit) && good;
	}
	return good;
}
