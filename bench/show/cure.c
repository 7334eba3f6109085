/* SPDX-License-Identifier: MIT */
/* What to do about an error that tells its cure; see cure.h. */

#include "bench/show/cure.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/machine/process.h"
#include "lib/probe.h"

static bool is_limited(int resource)
{
	struct rlimit limit;

	return !getrlimit(resource, &limit) && limit.rlim_cur != RLIM_INFINITY;
}

static const char *cure_memory(void)
{
	if (sw_births_elsewhere())
		return "Its children would be born in a PID namespace whose "
		       "first process has ended: use `unshare --fork`.";
	if (is_limited(RLIMIT_AS))
		return "Raise the limit of addresses (ulimit -v).";
	if (is_limited(RLIMIT_DATA))
		return "Raise the limit of data (ulimit -d).";
	return "Free some memory.";
}

/* Which of the limits of fork(2) is near, since the kernel does not tell. */
static const char *cure_birth(const char *needs)
{
	static char text[PATH_MAX + 256];
	struct process_limit limit;

	/* sched_fork() in kernel/sched/core.c */
	if ((sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_DEADLINE)
		return "SCHED_DEADLINE allows no children (sched(7)): use "
		       "another policy, or `chrt --reset-on-fork`.";
	if (!process_limit_nearest(0, &limit))
		return "End some processes, or raise their limit (ulimit -u, "
		       "pids.max of the cgroup).";
	snprintf(text, sizeof text,
		 "End some processes, or raise %s%s%s, the nearest limit: "
		 "%" PRIu64 " of %" PRIu64 " are there%s.",
		 limit.name, *limit.directory ? " of " : "", limit.directory,
		 limit.used, limit.limit, needs);
	return text;
}

static const char *cure_self(int error, const char *otherwise)
{
	switch (-error) {
	case ENOMEM:
		return cure_memory();
	case EMFILE:
		return "Raise the limit of open files (ulimit -n).";
	case ENFILE:
		return "Too many files are open on this machine: end some "
		       "programs, or raise fs.file-max.";
	case EAGAIN:
		return cure_birth("");
	default:
		return otherwise;
	}
}

static const char *cure_file(int error, const char *otherwise)
{
	switch (-error) {
	case ENOSPC:
		return "Make room on the disk, or write elsewhere.";
	case EDQUOT:
		return "Make room in this user's quota, or write elsewhere.";
	case EFBIG:
		return "Raise the limit of file sizes (ulimit -f).";
	case EROFS:
		return "Write elsewhere: nothing can be written there.";
	case EPIPE:
		return "Whoever read the output has ended: see what it says.";
	case EAGAIN:
		return "Whoever reads the output does not keep up, and asked "
		       "not to be waited for: write to a file.";
	default:
		return cure_self(error, otherwise);
	}
}

static const char *cure_proc(int error, const char *otherwise)
{
	switch (-error) {
	case ENOENT:
		return "Mount /proc and /sys.";
	case EACCES:
	case EPERM:
		return "Run as root, or outside of what hides /proc.";
	case ENODATA:
	case EBADMSG:
		return "Run outside of what fakes /proc: it is not as proc(5) "
		       "says.";
	default:
		return cure_self(error, otherwise);
	}
}

static const char *cure_strategy(int error, const char *otherwise)
{
	switch (-error) {
	case EPERM:
	case EACCES:
	case EINVAL:
	case ENOSYS:
	case EPIPE:
	case ECANCELED:
		return "A seccomp filter, an emulator or an old kernel refuses "
		       "what it needs: use another strategy, or run outside.";
	case EAGAIN: /* the trial, its child, and perhaps a helper */
		return cure_birth(", and a trial takes two or three more");
	case ENOTSUP:
		if (access("/proc/self/status", F_OK))
			return "It needs /proc: mount it, or use another "
			       "strategy.";
		return "It cannot serve such a caller (namespaces, groups, "
		       "ids): use another strategy.";
	case EPROTO:
		return "It said that a program ran that is not there, as below "
		       "an emulator: use another strategy.";
	case EOWNERDEAD:
		return "The process that tried it was killed, as a seccomp "
		       "filter does: use another strategy, or run outside.";
	case ETIMEDOUT:
		return "It did not come back and was ended: use another "
		       "strategy.";
	default:
		return cure_self(error, otherwise);
	}
}

static const char *cure_rest(int error)
{
	switch (-error) {
	case EACCES:
		return "Run as somebody who may do that.";
	case EPERM:
	case ENOSYS:
		return "A seccomp filter or an old kernel refuses what it "
		       "needs: run outside.";
	default:
		return "Try again.";
	}
}

const char *cure_of(enum cure_object object, int error, const char *otherwise)
{
	static const char *(*const cures[])(int, const char *) = {
		[CURE_SELF] = cure_self,
		[CURE_FILE] = cure_file,
		[CURE_STRATEGY] = cure_strategy,
		[CURE_PROC] = cure_proc,
	};

	return cures[object](error, otherwise ? otherwise : cure_rest(error));
}
