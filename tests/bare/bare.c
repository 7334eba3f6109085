/* SPDX-License-Identifier: MIT */
/*
 * What the library adds: each strategy beside a bare hand-written loop that
 * does the same work, and the harness beside the clocks that it reads.
 *
 * On one CPU, in blocks that alternate and swap their order each round, so
 * that a drift of the machine meets both; in several processes, because
 * samples of one process are not independent. Ratios above the limit make
 * the exit status 1.
 */

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/judge/stats.h"
#include "bench/machine/cpu.h"
#include "bench/measure/clock.h"
#include "lib/spawnwise.h"
#include "tests/bare/floor.h"
#include "tests/bare/loops.h"

#define PROCESSES 6
#define ROUNDS 40
#define SPAWNS 50 /* of one block */
#define SAMPLES (ROUNDS * SPAWNS)
#define LOOPS_MAX 16
#define RATIO_LIMIT 1.10
#define FLOOR_LIMIT_NS 200.0

enum side { BARE, OURS, SIDES };
enum span { RETURN, REAP, SPANS };

/* Medians of one process, in memory that all of them share. */
struct medians {
	double ns[LOOPS_MAX][SIDES][SPANS];
	double naive_ns[SPANS];
	double floor_ns;
};

/* The times of the pair that is measured now. */
struct times {
	double ns[SIDES][SPANS][SAMPLES];
	size_t count[SIDES];
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bare: cannot %s: %s\n", what, strerror(errno));
	exit(1);
}

static void reap(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, 0) != pid || status)
		die("reap a child that ended well");
}

static void spawn_bare(const struct loop *loop, const struct work *work,
		       double *return_ns, double *reap_ns)
{
	const int64_t begin_ns = clock_now_ns();
	struct birth birth;
	int64_t returned_ns;

	if (loop->begin(work, &birth))
		die("spawn by a bare loop");
	returned_ns = clock_now_ns();
	if (loop->finish && loop->finish(&birth))
		die("spawn by a bare loop");
	reap(birth.pid);
	*reap_ns = (double)(clock_now_ns() - begin_ns);
	*return_ns = (double)(returned_ns - begin_ns);
}

static void spawn_ours(struct sw_handle *handle,
		       const struct sw_request *request, double *return_ns,
		       double *reap_ns)
{
	const int64_t begin_ns = clock_now_ns();
	struct sw_child child;
	int64_t returned_ns;

	if (sw_spawn(handle, request, &child))
		die("spawn by a strategy");
	returned_ns = clock_now_ns();
	if (sw_confirm(handle, &child, -1))
		die("spawn by a strategy");
	reap(child.pid);
	*reap_ns = (double)(clock_now_ns() - begin_ns);
	*return_ns = (double)(returned_ns - begin_ns);
}

static void run_block(enum side side, const struct loop *loop,
		      const struct work *work, struct sw_handle *handle,
		      struct times *times)
{
	const struct sw_request request = {
		.path = work->program,
		.argv = work->argv,
		.stdout_fd = work->stdout_fd,
	};

	for (int i = 0; i < SPAWNS; i++) {
		const size_t at = times->count[side]++;
		double *return_ns = &times->ns[side][RETURN][at];
		double *reap_ns = &times->ns[side][REAP][at];

		if (side == BARE)
			spawn_bare(loop, work, return_ns, reap_ns);
		else
			spawn_ours(handle, &request, return_ns, reap_ns);
	}
}

static void compare(const struct loop *loop, const struct work *work,
		    double medians[SIDES][SPANS])
{
	static struct times times;
	const struct sw_strategy *strategy = sw_find(loop->name);
	struct sw_handle *handle;

	if (!strategy || sw_open(strategy, &handle))
		die("open a strategy");
	memset(times.count, 0, sizeof times.count);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < SIDES; i++)
			run_block((enum side)((round + i) % SIDES), loop, work,
				  handle, &times);
	for (int side = 0; side < SIDES; side++)
		for (int span = 0; span < SPANS; span++)
			medians[side][span] = stats_median_of(
				times.ns[side][span], times.count[side]);
	sw_close(handle);
}

static void measure(const struct work *work, struct medians *medians)
{
	double both[SIDES][SPANS];

	for (size_t i = 0; loops[i].name; i++)
		compare(&loops[i], work, medians->ns[i]);
	compare(&naive_loop, work, both);
	memcpy(medians->naive_ns, both[BARE], sizeof both[BARE]);
	if (floor_measure(&medians->floor_ns))
		die("measure the floor");
}

static struct medians *measure_in_processes(const struct work *work)
{
	struct medians *medians =
		mmap(NULL, PROCESSES * sizeof *medians, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int cpu;

	if (medians == MAP_FAILED)
		die("map memory");
	if (cpu_same(&cpu) || cpu_pin(cpu))
		die("choose a CPU");
	for (int i = 0; i < PROCESSES; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			measure(work, &medians[i]);
			_exit(0);
		}
		reap(pid);
	}
	return medians;
}

/* The median over processes of one place in their medians. */
static double over_processes(const struct medians *medians, const double *place)
{
	const size_t offset =
		(size_t)((const char *)place - (const char *)medians);
	double values[PROCESSES];

	for (int i = 0; i < PROCESSES; i++)
		memcpy(&values[i], (const char *)&medians[i] + offset,
		       sizeof values[i]);
	return stats_median_of(values, PROCESSES);
}

/* Print one row; the larger of its ratios. */
static double print_row(const struct medians *medians, size_t loop)
{
	double worst = 0;

	printf("%-12s", loops[loop].name);
	for (int span = 0; span < SPANS; span++) {
		double bare =
			over_processes(medians, &medians->ns[loop][BARE][span]);
		double ours =
			over_processes(medians, &medians->ns[loop][OURS][span]);

		printf(" %9.1f %9.1f %6.3f", bare / 1000, ours / 1000,
		       ours / bare);
		if (ours / bare > worst)
			worst = ours / bare;
	}
	printf("\n");
	return worst;
}

static bool report(const struct medians *medians)
{
	const double floor_ns = over_processes(medians, &medians->floor_ns);
	bool good = floor_ns < FLOOR_LIMIT_NS;

	printf("Medians of %d processes in us; %d spawns each.\n", PROCESSES,
	       SAMPLES);
	printf("%-12s %26s %26s\n%-12s %9s %9s %6s %9s %9s %6s\n", "", "return",
	       "reap", "strategy", "bare", "ours", "ratio", "bare", "ours",
	       "ratio");
	for (size_t i = 0; loops[i].name; i++) {
		const double ratio = print_row(medians, i);

		if (ratio <= RATIO_LIMIT)
			continue;
		good = false;
		fprintf(stderr, "%s takes %.0f %% longer than a bare loop.\n",
			loops[i].name, (ratio - 1) * 100);
	}
	printf("%-12s %9.1f %26.1f\n", "naive vfork",
	       over_processes(medians, &medians->naive_ns[RETURN]) / 1000,
	       over_processes(medians, &medians->naive_ns[REAP]) / 1000);
	printf("Beyond its clock readings a sample costs %.0f ns (limit %.0f "
	       "ns).\n",
	       floor_ns, FLOOR_LIMIT_NS);
	if (floor_ns >= FLOOR_LIMIT_NS)
		fprintf(stderr, "The harness costs too much.\n");
	return good;
}

/* The payload is built beside the folder of the tests. */
static const char *find_payload(void)
{
	static char path[PATH_MAX + 16];
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	if (length < 0)
		die("find this program");
	self[length] = '\0';
	snprintf(path, sizeof path, "%s/payload", dirname(dirname(self)));
	if (access(path, X_OK))
		die("find the payload");
	return path;
}

int main(void)
{
	const char *program = find_payload();
	const struct work work = {
		.program = program,
		.argv = (char *[]){ (char *)program, NULL },
		.stdout_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};

	if (work.stdout_fd < 0)
		die("open an eventfd");
	return report(measure_in_processes(&work)) ? 0 : 1;
}
