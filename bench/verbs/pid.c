/* SPDX-License-Identifier: MIT */
/* What a process that cannot be looked at is; see pid.h. */

#include "bench/verbs/pid.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/memory.h"
#include "bench/show/cure.h"

int pid_check(const struct process *process, int error, struct failure *why)
{
	const struct process_stat *stat = &process->stat;
	const int pid = (int)process->pid;

	if (error && access("/proc/self", F_OK))
		return fail(why, EXIT_FAILED, "Mount /proc.",
			    "look at process %d: there is no /proc here", pid);
	if (error == -ESRCH)
		return fail(why, EXIT_FAILED,
			    "`pgrep -a NAME` shows the processes of a name.",
			    "look at process %d: there is none", pid);
	if (error == -EACCES)
		return fail(why, EXIT_FAILED,
			    "Run as root or as its owner: /proc is mounted "
			    "with hidepid here.",
			    "look at process %d: it is hidden from this user",
			    pid);
	if (error == -EPERM)
		return fail(why, EXIT_FAILED,
			    "It takes rights that this user has not: ask as "
			    "root, outside of a container or sandbox.",
			    "look at process %d: %s", pid, strerror(EPERM));
	if (error)
		return fail(why, EXIT_FAILED,
			    cure_of(CURE_PROC, error,
				    "This kernel or container does not tell: "
				    "ask outside of it."),
			    "look at process %d: %s", pid,
			    meminfo_error(error));
	if (stat->kernel_thread)
		return fail(why, EXIT_FAILED,
			    "Choose a program's process: `ps -e` shows kernel "
			    "threads in brackets.",
			    "look at process %d: %s is a thread of the kernel, "
			    "without memory of its own",
			    pid, stat->name);
	if (process->leader_pid != process->pid) {
		fail_cure(why, "Look at that one: --pid %d.",
			  (int)process->leader_pid);
		return fail(why, EXIT_FAILED, NULL,
			    "look at process %d: it is a thread of process %d",
			    pid, (int)process->leader_pid);
	}
	if (strchr("ZX", stat->state))
		return fail(why, EXIT_FAILED,
			    "Its parent has not waited for it yet; no memory "
			    "is left to look at.",
			    "look at process %d: %s has ended, it is a zombie",
			    pid, stat->name);
	return 0;
}
