/* SPDX-License-Identifier: MIT */
/* Trying out a birth in a child that nobody notices; see probe.h. */

#include "lib/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/child.h"
#include "lib/clone.h"
#include "lib/raw.h"

/* A part of our own: there sanitizers expect who calls vfork(). Half of what a
 * thread must have, PTHREAD_STACK_MIN. */
#define STACK_BYTES (8 * 1024)

#define NAME_BYTES 32 /* of a namespace */

struct probe {
	int (*birth)(void);
	int result;
};

SW_CHILD_HALF static void run_probe(void *data)
{
	struct probe *probe = data;

	probe->result = probe->birth();
	while (raw4(SYS_wait4, -1, 0, __WALL, 0) > 0)
		;
	sw_child_exit(0);
}

static bool is_refusal(int error)
{
	return error == -ENOSYS || error == -EPERM || error == -EINVAL;
}

/* The name of a namespace, "pid:[4026531836]", or "" where there is none. */
static long read_name(const char *link, char name[NAME_BYTES])
{
	const long length =
		raw4(SYS_readlinkat, AT_FDCWD, link, name, NAME_BYTES - 1);

	name[length < 0 ? 0 : length] = '\0';
	return length;
}

bool sw_births_elsewhere(void)
{
	char own[NAME_BYTES], next[NAME_BYTES];

	if (read_name("/proc/thread-self/ns/pid", own) < 0)
		return false;
	/* A namespace that nobody was born in has no name yet: ENOENT
	 * (pidns_for_children_get() in kernel/pid_namespace.c). */
	return read_name("/proc/thread-self/ns/pid_for_children", next) ==
		       -ENOENT ||
	       (*next && strcmp(own, next));
}

static int probe_here(int (*birth)(void))
{
	_Alignas(16) char stack[STACK_BYTES];
	struct probe probe = { birth, -ENOSYS }; /* till it says so */
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof stack,
	};
	sw_sigset mask;
	long pid;

	mask = sw_signals_block();
	pid = sw_clone(&args, run_probe, &probe);
	if (pid > 0)
		raw4(SYS_wait4, pid, 0, __WALL, 0);
	else
		probe.result = 0;
	sw_signals_restore(mask);
	return is_refusal(probe.result) ? probe.result : 0;
}

int sw_probe(int (*birth)(void))
{
	const int saved_errno = errno;
	const int result = sw_births_elsewhere() ? 0 : probe_here(birth);

	errno = saved_errno;
	return result;
}
