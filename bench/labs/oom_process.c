/* SPDX-License-Identifier: MIT */
/* A process that holds memory; see oom_process.h. */

#include "bench/labs/oom_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/machine/process.h"

#define MOST_BYTES ((size_t)1 << 30) /* address space to grow into */

/* A child of the worker, which outlives it by no means. */
static int give_birth(uint64_t bytes)
{
	char byte;
	int ends[2];

	if (pipe(ends))
		return -errno;
	const pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (worker_populate(bytes) || write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	const bool born = pid > 0 && read(ends[0], &byte, 1) == 1;
	close(ends[0]);
	return born ? 0 : -ECHILD;
}

static int take_memory(const struct oom_process *process)
{
	int error = 0;

	if (process->group)
		error = memory_group_enter(process->group, 0);
	if (!error && process->bytes)
		error = worker_populate(process->bytes);
	if (!error && process->child_bytes)
		error = give_birth(process->child_bytes);
	return error;
}

static int take_rank(const struct oom_process *process)
{
	int error = worker_set_oom_score_adj(process->oom_score_adj);

	if (!error && setpriority(PRIO_PROCESS, 0, process->nice))
		error = -errno;
	if (error || !process->nobody)
		return error;
	if (setresuid(OOM_NOBODY, OOM_NOBODY, OOM_NOBODY))
		return -errno;
	/* The kernel has forgotten it with the old identity: prctl(2). */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return 0;
}

static void prepare(void *data)
{
	struct oom_process *process = data;

	process->error = take_memory(process);
	if (!process->error)
		process->error = take_rank(process);
}

static void grow(void *data)
{
	struct oom_process *process = data;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, MOST_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	madvise(memory, MOST_BYTES, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < MOST_BYTES;) {
		if (at >= atomic_load(&process->goal_bytes)) {
			poll(NULL, 0, 1);
			continue;
		}
		memory[at] = 1;
		at += page;
		atomic_store(&process->grown_bytes, at);
	}
}

int oom_process_start(struct worker *worker, struct oom_process *process)
{
	int error = worker_start(worker, NULL, prepare, grow, process);

	if (!error && process->error) {
		error = process->error;
		worker_end(worker, NULL);
	}
	return error;
}

int oom_process_read(pid_t pid, int oom_score_adj,
		     struct badness_process *process)
{
	struct process_memory memory;
	int error = process_memory_read(pid, &memory);

	if (error)
		return error;
	*process = (struct badness_process){
		.rss_bytes = memory.rss_bytes,
		.swap_bytes = memory.swap_bytes,
		.page_table_bytes = memory.page_table_bytes,
		.oom_score_adj = oom_score_adj,
	};
	return 0;
}
