/* SPDX-License-Identifier: MIT */
/*
 * `runner STRATEGY [HEAP [COMMAND...]]`: a program with a big heap runs a
 * command, in place and in parallel. `runner fork 10G` shows the trouble,
 * `runner clone_vm 10G` a way out; 10Guntouched is asked for and not used.
 *
 *     cc runner.c $(pkg-config --cflags --libs spawnwise) -o runner
 */

#include <errno.h>
#include <signal.h>
#include <spawnwise.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define JOB_COUNT 8

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int complain(const char *what, int error)
{
	fprintf(stderr, "runner: cannot %s: %s\n", what, strerror(-error));
	return -1;
}

/* "64M", "10G" or "10Guntouched", in quarters. Ours until the program ends. */
static int grow_heap(const char *text)
{
	char *unit;
	const size_t count = strtoull(text, &unit, 10);
	const size_t bytes = (count << (*unit == 'G' ? 30 : 20)) / 4;

	for (int quarter = 0; quarter < 4; quarter++) {
		void *heap = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (heap == MAP_FAILED)
			return complain("get the memory", -errno);
		if (!strstr(unit, "untouched"))
			memset(heap, 0x55, bytes);
	}
	return 0;
}

/* Run the command and wait for it, as system(3) does. */
static int run_in_place(struct sw_handle *handle,
			const struct sw_request *request)
{
	const double start_ms = now_ms();
	struct sw_child child;
	const int error = sw_run(handle, request, &child);

	if (error)
		return complain("run the command", error);
	printf("in place: status = %d\n", child.status);
	printf("in place: took %.2f ms\n", now_ms() - start_ms);
	return 0;
}

/* Wait for the ends of count children, in whatever order. */
static void collect(pid_t *pids, int count, const sigset_t *chld)
{
	int left = count, status;

	while (left) {
		/* One may stand for many. wait(-1) would steal from others. */
		sigwaitinfo(chld, NULL);
		for (int i = 0; i < count; i++) {
			if (!pids[i] || waitpid(pids[i], &status, WNOHANG) <= 0)
				continue;
			printf("in parallel: status = %d\n", status);
			pids[i] = 0;
			left--;
		}
	}
}

/* Start several, go on with our own work, and let SIGCHLD tell. */
static int run_in_parallel(struct sw_handle *handle, struct sw_request request)
{
	pid_t pids[JOB_COUNT];
	sigset_t chld, before;
	int running = 0, error = 0;

	/* A blocked signal waits for us, an ignored one is lost. The programs
	 * get the old mask. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &before);
	request.fields |= SW_SIGMASK;
	request.sigmask = &before;

	for (int i = 0; i < JOB_COUNT && !error; i++) {
		struct sw_child child;

		error = sw_spawn(handle, &request, &child);
		if (!error)
			error = sw_confirm(handle, &child, -1);
		if (!error)
			pids[running++] = child.pid;
	}
	collect(pids, running, &chld);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error ? complain("run the command", error) : 0;
}

int main(int argc, char **argv)
{
	char *hello[] = { (char *)"echo", (char *)"Hello!", NULL };
	struct sw_request request = { .search = true };
	const struct sw_strategy *strategy = sw_find(argc > 1 ? argv[1] : "");
	struct sw_handle *handle;
	int error;

	if (argc < 2) {
		fputs("usage: runner STRATEGY [HEAP [COMMAND...]]\n", stderr);
		return 2;
	}
	if (!strategy)
		return -complain("find that strategy", -EINVAL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	request.argv = argc > 3 ? argv + 3 : hello;
	request.path = request.argv[0];

	/* Before the memory grows: a strategy may start a helper now. */
	error = sw_open(strategy, &handle);
	if (error)
		return -complain("open the strategy", error);
	error = grow_heap(argc > 2 ? argv[2] : "10G");
	if (!error)
		error = run_in_place(handle, &request);
	if (strategy->traits & (SW_BASELINE | SW_CREATES_NOTHING))
		puts("in parallel: this strategy has no child of ours");
	else if (!error)
		error = run_in_parallel(handle, request);
	sw_close(handle);
	return error ? 1 : 0;
}
