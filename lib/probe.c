/* SPDX-License-Identifier: MIT */
/* Trying out a birth in a child that nobody notices; see probe.h. */

#include "lib/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/caller.h"
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
	/* Not for what has no exit signal: a helper ends with us. */
	while (raw4(SYS_wait4, -1, 0, 0, 0) > 0)
		;
	sw_child_exit(0);
}

/* One word for what there is not: qemu-user has no CLONE_VM but a thread's, and
 * says EINVAL (do_fork() in linux-user/syscall.c). */
static int refusal(long error)
{
	return error == -EINVAL ? -ENOSYS : (int)error;
}

int sw_unless(long result, long expected)
{
	if (result == expected)
		return 0;
	return result < 0 ? refusal(result) : -ENOSYS;
}

int sw_calls_supported(void)
{
	const long self = raw0(SYS_getpid); /* no child of ours */
	sw_sigset mask;
	siginfo_t info;
	int error = sw_unless(raw6(SYS_waitid, P_PID, self, (long)&info,
				   WEXITED | WNOHANG, 0, 0),
			      -ECHILD);

	if (!error)
		error = sw_unless(raw4(SYS_wait4, self, 0, WNOHANG, 0),
				  -ECHILD);
	if (!error)
		error = sw_unless(raw4(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask,
				       sizeof mask),
				  0);
	return error;
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

/* Processes or memory are short at this moment, whatever the machine can do. */
static bool is_scarce(int error)
{
	return error == -EAGAIN || error == -ENOMEM;
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
	sw_signals_restore(mask);
	if (pid < 0)
		probe.result = (int)pid;
	return is_scarce(probe.result) ? 0 : refusal(probe.result);
}

int sw_probe(int (*birth)(void))
{
	const int saved_errno = errno;
	const int result = sw_births_elsewhere() ? 0 : probe_here(birth);

	errno = saved_errno;
	return result;
}

/* The trial's own is enough. */
SW_CHILD_HALF static int no_birth(void)
{
	return 0;
}

/* Emulators have no clone3(2), and may make a fork of CLONE_VM. Where no trial
 * may be born, CLONE_THREAD without CLONE_SIGHAND is refused before anything is
 * created (kernel/fork.c, copy_process). */
int sw_clone_supported(void)
{
	const unsigned long flags = CLONE_VM | CLONE_VFORK | CLONE_THREAD;

	if (sw_clone_clears_handlers())
		return 0;
	if (sw_births_elsewhere())
		return sw_unless(raw2(SYS_clone, flags, 0), -EINVAL);
	return sw_probe(no_birth);
}
