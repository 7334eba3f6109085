/* SPDX-License-Identifier: MIT */
/* What to do about an error that tells its cure; see cure.h. */

#include "bench/machine/cure.h"

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
		 "End some processes, or raise %s, the nearest limit: %" PRIu64
		 " of %" PRIu64 " are there%s.",
		 limit.name, limit.used, limit.limit, needs);
	return text;
}

/* Of any object that has no hint of its own; of any without something special
 * to say. */
enum { ANY = CURE_SELF, REST = CURE_PROC + 1 };

static const struct hint {
	int object;
	int errors[7]; /* up to a 0 */
	const char *text;
} hints[] = {
	{ ANY, { EMFILE }, "Raise the limit of open files (ulimit -n)." },
	{ ANY,
	  { ENFILE },
	  "Too many files are open on this machine: end some programs, or "
	  "raise fs.file-max." },
	{ CURE_FILE, { ENOSPC }, "Make room on the disk, or write elsewhere." },
	{ CURE_FILE,
	  { EDQUOT },
	  "Make room in this user's quota, or write elsewhere." },
	{ CURE_FILE, { EFBIG }, "Raise the limit of file sizes (ulimit -f)." },
	{ CURE_FILE,
	  { EROFS },
	  "Write elsewhere: nothing can be written there." },
	{ CURE_FILE,
	  { EPIPE },
	  "Whoever read the output has ended: see what it says." },
	{ CURE_FILE,
	  { EAGAIN },
	  "Whoever reads the output does not keep up, and asked not to be "
	  "waited for: write to a file." },
	{ CURE_PROC, { ENOENT }, "Mount /proc and /sys." },
	{ CURE_PROC,
	  { EACCES, EPERM },
	  "Run as root, or outside of what hides /proc." },
	{ CURE_PROC,
	  { ENODATA, EBADMSG },
	  "Run outside of what fakes /proc: it is not as proc(5) says." },
	{ CURE_STRATEGY,
	  { EPERM, EACCES, EINVAL, ENOSYS, EPIPE, ECANCELED },
	  "A seccomp filter, an emulator or an old kernel refuses what it "
	  "needs: use another strategy, or run outside." },
	{ CURE_STRATEGY,
	  { ENOTSUP },
	  "It cannot serve such a caller (namespaces, groups, ids): use "
	  "another strategy." },
	{ CURE_STRATEGY,
	  { EPROTO },
	  "It said that a program ran that is not there, as below an "
	  "emulator: use another strategy." },
	{ CURE_STRATEGY,
	  { EOWNERDEAD },
	  "The process that tried it was killed, as a seccomp filter does: "
	  "use another strategy, or run outside." },
	{ CURE_STRATEGY,
	  { ETIMEDOUT },
	  "It did not come back and was ended: use another strategy." },
	{ REST, { EACCES }, "Run as somebody who may do that." },
	{ REST,
	  { EPERM, ENOSYS },
	  "A seccomp filter or an old kernel refuses what it needs: run "
	  "outside." },
};

static const char *find(int object, int error)
{
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		for (const int *at = hints[i].errors; *at; at++)
			if (hints[i].object == object && *at == -error)
				return hints[i].text;
	return NULL;
}

const char *cure_of(enum cure_object object, int error, const char *otherwise)
{
	const char *hint = find(object, error) ?: find(ANY, error);

	if (object == CURE_STRATEGY && error == -ENOTSUP &&
	    access("/proc/self/status", F_OK))
		return "It needs /proc: mount it, or use another strategy.";
	if (hint)
		return hint;
	if (error == -ENOMEM)
		return cure_memory();
	if (error == -EAGAIN && object == CURE_STRATEGY)
		/* The trial, its child, and perhaps a helper. */
		return cure_birth(", and a trial takes two or three more");
	if (error == -EAGAIN)
		return cure_birth("");
	return otherwise ?: find(REST, error) ?: "Try again.";
}
