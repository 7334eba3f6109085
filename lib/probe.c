/* SPDX-License-Identifier: MIT */
/* Trying out a birth in a child that nobody notices; see probe.h. */

#include "lib/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "lib/child.h"
#include "lib/clone.h"
#include "lib/raw.h"
#include "lib/stacks.h"

/* Of its own: a thread of ours may have no more than PTHREAD_STACK_MIN. */
#define GUARD_BYTES SW_STACK_GUARD_BYTES
#define MAP_BYTES (GUARD_BYTES + SW_STACK_BYTES)

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

/* On that stack, above its guard. */
static int probe_on(char *stack, int (*birth)(void))
{
	struct probe probe = { birth, -ENOSYS }; /* till it says so */
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK,
		.stack = (uintptr_t)stack,
		.stack_size = SW_STACK_BYTES,
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
	char *map;
	int result = 0;

	if (sw_births_elsewhere())
		return 0;
	map = mmap(NULL, MAP_BYTES, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (map != MAP_FAILED) {
		if (!mprotect(map + GUARD_BYTES, SW_STACK_BYTES,
			      PROT_READ | PROT_WRITE))
			result = probe_on(map + GUARD_BYTES, birth);
		munmap(map, MAP_BYTES);
	}
	errno = saved_errno;
	return result;
}
