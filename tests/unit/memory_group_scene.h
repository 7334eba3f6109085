/* SPDX-License-Identifier: MIT */
/*
 * What the tests of real memory control groups share: a reason to skip them,
 * and processes that live in a group.
 */
#ifndef MEMORY_GROUP_SCENE_H
#define MEMORY_GROUP_SCENE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/labs/memory_group.h"

#define SKIPPED 77
#define MIB ((uint64_t)1 << 20)
#define PROMISE_MS 1000 /* a dead runner's group is gone within a second */

/* 0, or the exit code of a test that cannot run here, which is said. */
static inline int scene_skip(void)
{
	struct memory_group group;
	char why[512];

	if (!memory_group_open(&group, MIB, why, sizeof(why))) {
		memory_group_close(&group);
		return 0;
	}
	printf("# SKIP %s\n", why);
	return SKIPPED;
}

static inline void scene_open(struct memory_group *group, uint64_t bytes)
{
	char why[512] = "";
	int error = memory_group_open(group, bytes, why, sizeof(why));

	if (error)
		print_error("%s\n", why);
	assert_int_equal(error, 0);
}

static inline long long scene_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A process in the group, in when this returns, and 0 in that process. It
 * must not outlive its parent outside of the group. */
static inline pid_t scene_member(const struct memory_group *group)
{
	pid_t parent = getpid();
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid) {
		close(ends[1]);
		assert_int_equal(read(ends[0], &byte, 1), 1);
		close(ends[0]);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || memory_group_enter(group) ||
	    write(ends[1], "", 1) != 1)
		_exit(1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* One that writes that much memory, says so, and then waits. */
static inline pid_t scene_eater(const struct memory_group *group, size_t bytes,
				int ready_fd)
{
	pid_t pid = scene_member(group);

	if (pid)
		return pid;
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		_exit(1);
	memset(memory, 1, bytes);
	if (ready_fd >= 0 && write(ready_fd, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static inline void scene_assert_killed(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

#endif
