/* SPDX-License-Identifier: MIT */
/*
 * What the bare loops take in a caller like those of a run: in several
 * processes with a heap, a block of spawns for each loop, and the estimate that
 * a run makes (docs/method.md, section 4). tests/crosscheck compares both.
 *
 * fork copies the tables of all that is mapped and written, so this program has
 * the image of the command, all of bench and its libraries (Makefile), and
 * opens the strategies that the run has open.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/judge/stats.h"
#include "bench/machine/clock.h"
#include "bench/machine/cpu.h"
#include "bench/machine/failure.h"
#include "bench/machine/heap.h"
#include "tests/bare/quiet.h"
#include "tests/bare/spawn.h"

#define SPAWNS_MAX 512
#define WARM_UPS 5
#define SLOW_NS 1e6 /* one warm-up is enough */

/* A figure of each process, in memory that all of them share. */
struct figures {
	double ns[LOOPS_MAX][ALONE_PROCESSES_MAX];
};

/* How many spawns of a loop are wanted: of "NAME=SPAWNS", for those without a
 * request of their own. */
static size_t spawns_of(const struct loop *loop, char *const *wanted)
{
	const size_t length = strlen(loop->name);

	for (; *wanted && !loop->row; wanted++)
		if (!strncmp(*wanted, loop->name, length) &&
		    (*wanted)[length] == '=') {
			const size_t count =
				strtoul(*wanted + length + 1, NULL, 10);

			return count < SPAWNS_MAX ? count : SPAWNS_MAX;
		}
	return 0;
}

static double take_block(const struct loop *loop, const struct work *work,
			 size_t count)
{
	double ns[SPANS] = { 0 }, reaps[SPAWNS_MAX];

	for (int i = 0; i < WARM_UPS && ns[REAP] < SLOW_NS; i++)
		spawn_bare(loop, work, ns);
	for (size_t i = 0; i < count; i++) {
		spawn_bare(loop, work, ns);
		reaps[i] = ns[REAP];
	}
	return quiet_of_process(reaps, count);
}

/* As a process of a run has them open; they are mapped, too. */
static size_t open_all(char *const *wanted, struct sw_handle **handles)
{
	size_t count = 0;

	for (; wanted[count] && count < LOOPS_MAX; count++) {
		char *name =
			strndup(wanted[count], strcspn(wanted[count], "="));

		handles[count] = open_strategy(name);
		free(name);
	}
	return count;
}

/* Strategies are opened first: a helper is born small. */
static size_t prepare(uint64_t heap_bytes, char *const *wanted,
		      struct sw_handle **handles)
{
	static struct heap heap;
	struct failure why;
	size_t count;
	int cpu;

	if (cpu_same(&cpu) || cpu_pin(cpu))
		die("choose a CPU");
	count = open_all(wanted, handles);
	cpu_unpin();
	if (heap_grow(&heap, heap_bytes, backing_find("base"), &why))
		die("grow a heap");
	if (cpu_pin(cpu))
		die("choose a CPU");
	return count;
}

static void measure(const struct work *work, uint64_t heap_bytes,
		    char *const *wanted, size_t process,
		    struct figures *figures)
{
	struct sw_handle *handles[LOOPS_MAX];
	const size_t open = prepare(heap_bytes, wanted, handles);
	size_t count = 0;

	while (loops[count].name)
		count++;
	/* Each process begins with another loop. */
	for (size_t i = 0; i < count; i++) {
		const size_t at = (i + process) % count;
		const size_t spawns = spawns_of(&loops[at], wanted);

		if (spawns)
			figures->ns[at][process] =
				take_block(&loops[at], work, spawns);
	}
	for (size_t i = 0; i < open; i++)
		sw_close(handles[i]);
}

void alone_report(const struct work *work, uint64_t heap_bytes,
		  size_t processes, char *const *wanted)
{
	struct figures *figures =
		mmap(NULL, sizeof *figures, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (figures == MAP_FAILED)
		die("map memory");
	for (size_t process = 0; process < processes; process++) {
		const pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			measure(work, heap_bytes, wanted, process, figures);
			_exit(0);
		}
		reap(pid);
	}
	for (size_t i = 0; loops[i].name; i++)
		if (spawns_of(&loops[i], wanted))
			printf("%s %.0f\n", loops[i].name,
			       quiet_over_processes(figures->ns[i], processes));
	munmap(figures, sizeof *figures);
}
