/* SPDX-License-Identifier: MIT */
/* Processes that measure in turns; see crew.h. */

#include "tests/bare/crew.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/cpu.h"
#include "bench/machine/failure.h"
#include "bench/machine/heap.h"
#include "tests/bare/quiet.h"

#define ROUNDS 24
#define SPAWNS 32 /* of a strategy in a round */
#define BATCH 16  /* in flight at once */
#define SAMPLES (ROUNDS * SPAWNS)
#define LARGE_HEAP_BYTES (4ull << 30)

static const uint64_t heap_bytes[CALLERS] = { [LARGE] = LARGE_HEAP_BYTES };

struct member {
	enum caller caller;
	const struct work *work;
	struct sw_handle *handles[NAMES_MAX];
	size_t count;
	double ns[NAMES_MAX][SPANS][SAMPLES];
};

static void spawn_single(struct member *member, size_t at, size_t from)
{
	const struct sw_request request = request_for(member->work);

	for (size_t i = from; i < from + SPAWNS; i++) {
		double ns[SPANS];

		spawn_ours(member->handles[at], &request, ns);
		for (int span = 0; span < SPANS; span++)
			member->ns[at][span][i] = ns[span];
	}
}

/* One figure for each batch, in the place of its spawns. */
static void spawn_batches(struct member *member, size_t at, size_t from)
{
	const struct sw_request request = request_for(member->work);
	struct sw_handle *handle = member->handles[at];
	struct sw_child children[BATCH];

	for (size_t i = from; i < from + SPAWNS; i += BATCH) {
		const int64_t begin_ns = clock_now_ns();
		double share_ns;

		for (size_t c = 0; c < BATCH; c++)
			if (sw_spawn(handle, &request, &children[c]))
				die("spawn many");
		for (size_t c = 0; c < BATCH; c++)
			if (sw_confirm(handle, &children[c], -1))
				die("spawn many");
		for (size_t c = 0; c < BATCH; c++)
			reap(children[c].pid);
		share_ns = (double)(clock_now_ns() - begin_ns) / BATCH;
		for (size_t c = 0; c < BATCH; c++)
			member->ns[at][REAP][i + c] = share_ns;
	}
}

/* Strategies are opened first: a helper is born small. */
static void prepare(struct member *member, const char *const *names)
{
	static struct heap heap;
	struct failure why;
	int cpu;

	if (member->caller != BUSY && (cpu_same(&cpu) || cpu_pin(cpu)))
		die("choose a CPU");
	for (; names[member->count]; member->count++)
		member->handles[member->count] =
			open_strategy(names[member->count]);
	cpu_unpin();
	if (heap_grow(&heap, heap_bytes[member->caller], backing_find("base"),
		      &why))
		die("grow a heap");
	if (member->caller != BUSY && cpu_pin(cpu))
		die("choose a CPU");
}

static void work_in_turns(struct member *member, int turn)
{
	char token;

	for (size_t round = 0; round < ROUNDS; round++) {
		if (read(turn, &token, 1) != 1)
			die("wait for its turn");
		for (size_t i = 0; i < member->count; i++) {
			const size_t at = (round + i) % member->count;

			if (member->caller == BUSY)
				spawn_batches(member, at, round * SPAWNS);
			else
				spawn_single(member, at, round * SPAWNS);
		}
		if (write(turn, &token, 1) != 1)
			die("pass the turn on");
	}
}

static void be_member(enum caller caller, int turn, const char *const *names,
		      const struct work *work, struct crew_figures *figures)
{
	static struct member member;
	char token = 0;

	member.caller = caller;
	member.work = work;
	prepare(&member, names);
	if (write(turn, &token, 1) != 1)
		die("say that it is ready");
	work_in_turns(&member, turn);
	for (size_t at = 0; at < member.count; at++)
		for (int span = 0; span < SPANS; span++)
			figures->ns[caller][at][span] =
				quiet_of_process(member.ns[at][span], SAMPLES);
	for (size_t at = 0; at < member.count; at++)
		sw_close(member.handles[at]);
}

static pid_t start_member(enum caller caller, const char *const *names,
			  const struct work *work, struct crew_figures *figures,
			  int *turn)
{
	int ends[2];
	char token;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		die("make a socket");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(ends[0]);
		be_member(caller, ends[1], names, work, figures);
		_exit(0);
	}
	close(ends[1]);
	*turn = ends[0];
	if (read(*turn, &token, 1) != 1)
		die("start a process of that size");
	return pid;
}

void crew_measure(const char *const *names, const struct work *work,
		  struct crew_figures *figures)
{
	struct crew_figures *shared =
		mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[CALLERS];
	int turns[CALLERS];
	char token = 0;

	if (shared == MAP_FAILED)
		die("map memory");
	for (int caller = 0; caller < CALLERS; caller++)
		pids[caller] = start_member((enum caller)caller, names, work,
					    shared, &turns[caller]);
	for (int round = 0; round < ROUNDS; round++)
		for (int caller = 0; caller < CALLERS; caller++)
			if (write(turns[caller], &token, 1) != 1 ||
			    read(turns[caller], &token, 1) != 1)
				die("take turns");
	for (int caller = 0; caller < CALLERS; caller++) {
		reap(pids[caller]);
		close(turns[caller]);
	}
	*figures = *shared;
	munmap(shared, sizeof *shared);
}
