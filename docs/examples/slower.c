/* SPDX-License-Identifier: MIT */
/*
 * slower: a plugin, which is a strategy of your own in a file of its own. It is
 * posix_spawn(3), whose children take PERCENT % more time until they are
 * reaped: a difference of known size, to see what a run can tell.
 *
 *     cc -shared -fPIC slower.c $(pkg-config --cflags spawnwise) -o slower.so
 *     spawnwise run --plugin ./slower.so --strategy posix_spawn,slower
 *
 * The name of the file, slower.so, is that of the strategy, slower, and of what
 * is exported, strategy_slower. -DNAME=slower_10 -DPERCENT=10 makes another.
 */

#include <errno.h>
#include <spawnwise.h>
#include <sys/wait.h>
#include <time.h>

#ifndef NAME
#define NAME slower
#endif
#ifndef PERCENT
#define PERCENT 5
#endif

#define TEXT_(name) #name
#define TEXT(name) TEXT_(name)
#define SYMBOL_(name) strategy_##name
#define SYMBOL(name) SYMBOL_(name)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int slower_supported(void)
{
	return sw_find("posix_spawn")->supported();
}

/* child->slot is the strategy's own. */
static int slower_spawn(void *state, const struct sw_request *request,
			struct sw_child *child)
{
	child->slot = (uintptr_t)now_ns();
	return sw_find("posix_spawn")->spawn(state, request, child);
}

static int slower_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	return sw_find("posix_spawn")->confirm(state, child, timeout_ms);
}

static int slower_reap(void *state, struct sw_child *child, int *status)
{
	uint64_t end_ns;
	pid_t pid;

	(void)state;
	if (child->pid <= 0) /* to waitpid(2) that is any child of a group */
		return -EINVAL;
	do
		pid = waitpid(child->pid, status, 0);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return -errno;
	end_ns = now_ns();
	end_ns += (end_ns - child->slot) * PERCENT / 100;
	while (now_ns() < end_ns)
		;
	return 0;
}

extern const struct sw_strategy SYMBOL(NAME);

const struct sw_strategy SYMBOL(NAME) = {
	.abi = SW_ABI,
	.name = TEXT(NAME),
	.summary = "posix_spawn, and " TEXT(PERCENT) " % more time",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_THREAD_SAFE |
		  SW_MAPS_MEMORY,
	.honours = SW_SIGDEFAULT | SW_SIGMASK | SW_FDACTIONS | SW_CWD |
		   SW_CLOSEFDS | SW_SESSION | SW_PGROUP,
	.supported = slower_supported,
	.spawn = slower_spawn,
	.confirm = slower_confirm,
	.reap = slower_reap,
};
