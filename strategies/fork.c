/* SPDX-License-Identifier: MIT */
/*
 * fork: the libc's fork(2), then exec.
 *
 * fork() returns long before exec, so the outcome comes through a pipe that
 * exec closes: data in it is an errno, its end means that exec succeeded.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "lib/child.h"

#define FIRST_FREE_FD 3 /* 0 to 2 may be replaced in the child */

/* A caller without stdin, stdout or stderr gets their numbers from pipe(2). */
static int move_up(int *fd)
{
	int moved;

	if (*fd >= FIRST_FREE_FD)
		return 0;
	moved = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
	if (moved < 0)
		return -errno;
	close(*fd);
	*fd = moved;
	return 0;
}

static int open_pipe(int ends[2])
{
	int error;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	error = move_up(&ends[0]);
	if (!error)
		error = move_up(&ends[1]);
	if (error) {
		close(ends[0]);
		close(ends[1]);
	}
	return error;
}

static int fork_spawn(void *state, const struct sw_request *request,
		      struct sw_child *child)
{
	const int saved_errno = errno;
	struct sw_image image;
	int ends[2];
	pid_t pid;
	int error = open_pipe(ends);

	(void)state;
	if (error)
		goto out;
	sw_image_init(&image, request);
	image.mask = sw_signals_block();
	pid = fork();
	if (pid == 0) {
		error = sw_child_exec(&image, false);
		sw_child_exit(write(ends[1], &error, sizeof error) < 0);
	}
	if (pid < 0)
		error = -errno;
	sw_signals_restore(image.mask);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		goto out;
	}
	child->pid = pid;
	child->slot = (uintptr_t)ends[0];
out:
	errno = saved_errno;
	return error;
}

static int fork_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	const int saved_errno = errno;
	struct pollfd end = { .fd = (int)child->slot, .events = POLLIN };
	int error = 0;
	int ready;
	ssize_t length;

	(void)state;
	do
		ready = poll(&end, 1, timeout_ms);
	while (ready < 0 && errno == EINTR && timeout_ms < 0);
	if (ready <= 0) {
		errno = saved_errno;
		return -EAGAIN;
	}
	length = read(end.fd, &error, sizeof error);
	close(end.fd);
	errno = saved_errno;
	if (length == sizeof error)
		return sw_child_failed(child->pid, error);
	return sw_child_started(child);
}

extern const struct sw_strategy strategy_fork;

const struct sw_strategy strategy_fork = {
	.name = "fork",
	.summary = "the libc's fork, then exec: copies page tables",
	.traits = SW_ASYNCHRONOUS | SW_COPIES_PAGE_TABLES | SW_CHARGES_COMMIT |
		  SW_RUNS_ATFORK | SW_THREAD_SAFE | SW_AFFINITY,
	.spawn = fork_spawn,
	.confirm = fork_confirm,
};
