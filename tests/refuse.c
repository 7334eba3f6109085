/* SPDX-License-Identifier: MIT */
/*
 * refuse ERRNO CALL... -- COMMAND: run it where these system calls answer with
 * that error, a number, or with death for 0. clone_vm is clone(CLONE_VM).
 */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/refusal.h"

static const struct {
	const char *name;
	int number;
	unsigned flags;
} calls[] = {
	{ "clone", SYS_clone, 0 },
	{ "clone_vm", SYS_clone, CLONE_VM },
	{ "clone3", SYS_clone3, 0 },
#ifdef SYS_vfork
	{ "vfork", SYS_vfork, 0 },
#else /* it is clone(2) there */
	{ "vfork", SYS_clone, CLONE_VFORK },
#endif
	{ "kcmp", SYS_kcmp, 0 },
	{ "seccomp", SYS_seccomp, 0 },
	{ "process_vm_writev", SYS_process_vm_writev, 0 },
	{ "pidfd_open", SYS_pidfd_open, 0 },
	{ "close_range", SYS_close_range, 0 },
	{ "fstat", SYS_fstat, 0 },
	{ "getpgid", SYS_getpgid, 0 },
	{ "getppid", SYS_getppid, 0 },
	{ "kill", SYS_kill, 0 },
	{ "memfd_create", SYS_memfd_create, 0 },
	{ "getgid", SYS_getgid, 0 },
	{ "getuid", SYS_getuid, 0 },
	{ "rt_sigprocmask", SYS_rt_sigprocmask, 0 },
	{ "sched_setaffinity", SYS_sched_setaffinity, 0 },
	{ "eventfd2", SYS_eventfd2, 0 },
	{ "flock", SYS_flock, 0 },
	{ "set_robust_list", SYS_set_robust_list, 0 },
	{ "wait4", SYS_wait4, 0 },
	{ "waitid", SYS_waitid, 0 },
};

static int refuse_name(const char *name, int error)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (!strcmp(calls[i].name, name))
			return refuse(calls[i].number, calls[i].flags, error);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	int i = 2;

	for (; i < argc && strcmp(argv[i], "--"); i++)
		if (refuse_name(argv[i], atoi(argv[1]))) {
			fprintf(stderr, "refuse: cannot refuse %s\n", argv[i]);
			return 125;
		}
	if (i + 1 >= argc)
		return 125;
	/* LeakSanitizer looks from a clone of the process. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	execvp(argv[i + 1], argv + i + 1);
	return 127;
}
