/* SPDX-License-Identifier: MIT */
/*
 * What the library adds: each strategy beside a bare hand-written loop that
 * does the same work, and the harness beside the clocks that it reads.
 *
 * On one CPU, in blocks that alternate and swap their order each round, so
 * that a drift of the machine meets both; in several processes, because
 * samples of one process are not independent. What counts is what a spawn takes
 * when nothing disturbs it.
 */

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/judge/stats.h"
#include "bench/machine/clock.h"
#include "bench/machine/cpu.h"
#include "tests/bare/floor.h"
#include "tests/bare/quiet.h"
#include "tests/bare/spawn.h"

#define PROCESSES 6
#define ROUNDS 12
#define SPAWNS 50 /* of one block */
#define SAMPLES (ROUNDS * SPAWNS)
#define FLOOR_LIMIT_NS 200.0

enum side { BARE, OURS, SIDES };

/* What one process says, in memory that all of them share. */
struct figures {
	double ns[LOOPS_MAX][SIDES][SPANS];
	double naive_ns[SPANS];
	double floor_ns;
};

/* The times of the pair that is measured now. */
struct times {
	double ns[SIDES][SPANS][SAMPLES];
	size_t count[SIDES];
};

static void run_block(enum side side, const struct loop *loop,
		      const struct work *work, struct sw_handle *handle,
		      struct times *times)
{
	struct sw_request request = request_for(work);

	if (loop->ask)
		loop->ask(&request);
	for (int i = 0; i < SPAWNS; i++) {
		const size_t at = times->count[side]++;
		double ns[SPANS];

		if (side == BARE)
			spawn_bare(loop, work, ns);
		else
			spawn_ours(handle, &request, ns);
		for (int span = 0; span < SPANS; span++)
			times->ns[side][span][at] = ns[span];
	}
}

static void compare(const struct loop *loop, const struct work *work,
		    double quiet[SIDES][SPANS])
{
	static struct times times;
	struct sw_handle *handle = open_strategy(loop->name);

	memset(times.count, 0, sizeof times.count);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < SIDES; i++)
			run_block((enum side)((round + i) % SIDES), loop, work,
				  handle, &times);
	for (int side = 0; side < SIDES; side++)
		for (int span = 0; span < SPANS; span++)
			quiet[side][span] = quiet_of_process(
				times.ns[side][span], times.count[side]);
	sw_close(handle);
}

static void measure(const struct work *work, struct figures *figures)
{
	double both[SIDES][SPANS];

	for (size_t i = 0; loops[i].name; i++)
		compare(&loops[i], work, figures->ns[i]);
	compare(&naive_loop, work, both);
	memcpy(figures->naive_ns, both[BARE], sizeof both[BARE]);
	if (floor_measure(&figures->floor_ns))
		die("measure the floor");
}

static struct figures *measure_in_processes(const struct work *work)
{
	struct figures *figures =
		mmap(NULL, PROCESSES * sizeof *figures, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int cpu;

	if (figures == MAP_FAILED)
		die("map memory");
	if (cpu_same(&cpu) || cpu_pin(cpu))
		die("choose a CPU");
	for (int i = 0; i < PROCESSES; i++) {
		tell_progress("bare loops: process", i + 1, PROCESSES);
		const pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			measure(work, &figures[i]);
			_exit(0);
		}
		reap(pid);
	}
	tell_progress("", PROCESSES + 1, PROCESSES);
	return figures;
}

/* What all processes say at one place of their figures. */
static void gather(const struct figures *figures, const double *place,
		   double values[PROCESSES])
{
	const size_t offset =
		(size_t)((const char *)place - (const char *)figures);

	for (int i = 0; i < PROCESSES; i++)
		memcpy(&values[i], (const char *)&figures[i] + offset,
		       sizeof values[i]);
}

static double over_processes(const struct figures *figures, const double *place)
{
	double values[PROCESSES];

	gather(figures, place, values);
	return quiet_over_processes(values, PROCESSES);
}

/* The median of the ratios, each of which is of one process. */
static double ratio_over_processes(const struct figures *figures,
				   const double *ours, const double *bare)
{
	double ratios[PROCESSES], others[PROCESSES];

	gather(figures, ours, ratios);
	gather(figures, bare, others);
	for (int i = 0; i < PROCESSES; i++)
		ratios[i] /= others[i];
	return stats_median_of(ratios, PROCESSES);
}

/* Print one row; the larger of its ratios. */
static double print_row(const struct figures *figures, size_t loop)
{
	double worst = 0;

	printf("%-12s", loops[loop].row ? loops[loop].row : loops[loop].name);
	for (int span = 0; span < SPANS; span += REAP) {
		const double *bare = &figures->ns[loop][BARE][span];
		const double *ours = &figures->ns[loop][OURS][span];
		const double ratio = ratio_over_processes(figures, ours, bare);

		printf(" %9.1f %9.1f %6.3f",
		       over_processes(figures, bare) / 1000,
		       over_processes(figures, ours) / 1000, ratio);
		if (ratio > worst)
			worst = ratio;
	}
	printf("\n");
	return worst;
}

bool beside_report(const struct work *work)
{
	struct figures *figures = measure_in_processes(work);
	const double floor_ns = over_processes(figures, &figures->floor_ns);
	bool good = floor_ns < FLOOR_LIMIT_NS;

	printf("Quiet estimates of %d processes in us, medians of their "
	       "ratios; "
	       "%d spawns each.\n",
	       PROCESSES, SAMPLES);
	printf("%-12s %26s %26s\n%-12s %9s %9s %6s %9s %9s %6s\n", "", "return",
	       "reap", "strategy", "bare", "ours", "ratio", "bare", "ours",
	       "ratio");
	for (size_t i = 0; loops[i].name; i++) {
		const double ratio = print_row(figures, i);

		if (ratio <= loops[i].limit)
			continue;
		good = false;
		fprintf(stderr,
			"%s takes %.0f %% longer than a bare loop; %.0f %% are "
			"allowed.\n",
			loops[i].name, (ratio - 1) * 100,
			(loops[i].limit - 1) * 100);
	}
	printf("%-12s %9.1f %26.1f\n", "naive vfork",
	       over_processes(figures, &figures->naive_ns[RETURN]) / 1000,
	       over_processes(figures, &figures->naive_ns[REAP]) / 1000);
	printf("Beyond its clock readings a sample costs %.0f ns (limit %.0f "
	       "ns).\n",
	       floor_ns, FLOOR_LIMIT_NS);
	if (floor_ns >= FLOOR_LIMIT_NS)
		fprintf(stderr, "The harness costs too much.\n");
	munmap(figures, PROCESSES * sizeof *figures);
	return good;
}
