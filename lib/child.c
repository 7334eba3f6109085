/* SPDX-License-Identifier: MIT */
/*
 * What every child does between birth and exec: the steps of enum sw_field,
 * in their order.
 *
 * One copy for all strategies, so that they differ in how a child is born
 * and in nothing else.
 */

#include "lib/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "lib/raw.h"

#define SIGNAL_COUNT 64
#define KEEP_ID ((uid_t)-1) /* setresuid(2) */

/* The kernel's struct sigaction; the libc's has another layout. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	sw_sigset mask;
};

/* exec itself resets handlers, but the mask is restored before exec, and a
 * signal that arrives in between must not run a handler of ours. */
static long reset_handlers(const struct sw_image *image)
{
	const struct kernel_sigaction reset = { .handler = SIG_DFL };
	sw_sigset defaults = 0;

	if (image->request->fields & SW_SIGDEFAULT)
		defaults = *(const sw_sigset *)image->request->sigdefault;
	if (image->handlers_cleared && !defaults)
		return 0;
	for (int number = 1; number <= SIGNAL_COUNT; number++) {
		const bool wanted = defaults >> (number - 1) & 1;
		struct kernel_sigaction now = { 0 };
		long result;

		if (image->handlers_cleared && !wanted)
			continue;
		result = raw4(SYS_rt_sigaction, number, 0, &now,
			      sizeof now.mask);
		if (result >= 0 && now.handler != SIG_DFL &&
		    (now.handler != SIG_IGN || wanted))
			result = raw4(SYS_rt_sigaction, number, &reset, 0,
				      sizeof reset.mask);
		if (result < 0 && result != -EINVAL) /* no such signal */
			return result;
	}
	return 0;
}

static long set_scheduler(const struct sw_request *request)
{
	const struct sched_param parameter = {
		.sched_priority = request->sched_priority,
	};

	if (request->sched_policy < 0)
		return raw2(SYS_sched_setparam, 0, &parameter);
	return raw3(SYS_sched_setscheduler, 0, request->sched_policy,
		    &parameter);
}

static long set_oom_score_adj(int value)
{
	unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;
	char text[16];
	char *start = text + sizeof text;
	long fd, result;

	do
		*--start = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--start = '-';
	fd = raw4(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj",
		  O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	result = raw3(SYS_write, fd, start, text + sizeof text - start);
	raw1(SYS_close, fd);
	return result;
}

static long set_terminal(const struct sw_request *request)
{
	if (request->fields & SW_SESSION)
		return raw3(SYS_ioctl, request->ctty_fd, TIOCSCTTY, 0);
	return sw_take_foreground(request->ctty_fd);
}

static long reset_ids(void)
{
	const long gid = raw0(SYS_getgid), uid = raw0(SYS_getuid);
	long result;

	/* A filter's -EPERM is -1: to keep the id. No id is negative in 64
	 * bits. */
	if (gid < 0 || uid < 0)
		return gid < 0 ? gid : uid;
	result = raw3(SYS_setresgid, KEEP_ID, gid, KEEP_ID);
	return result < 0 ? result : raw3(SYS_setresuid, KEEP_ID, uid, KEEP_ID);
}

static long set_ids(const struct sw_ids *ids)
{
	long result = 0;

	if (!ids->keep_groups)
		result = raw2(SYS_setgroups, ids->group_count, ids->groups);
	if (result >= 0)
		result = raw3(SYS_setresgid, ids->gid, ids->gid, ids->gid);
	if (result >= 0)
		result = raw3(SYS_setresuid, ids->uid, ids->uid, ids->uid);
	return result;
}

static long change_folder(const struct sw_request *request)
{
	if (request->cwd)
		return raw1(SYS_chdir, request->cwd);
	return raw1(SYS_fchdir, request->cwd_fd);
}

static long limit_resources(const struct sw_request *request)
{
	long result = 0;

	for (size_t i = 0; i < request->rlimit_count && result >= 0; i++)
		result = raw4(SYS_prlimit64, 0, request->rlimits[i].resource,
			      &request->rlimits[i].limit, 0);
	return result;
}

/* Whether a failed exec of one candidate lets the search go on: those errors
 * say "not here", as in execvp(3). */
static bool search_goes_on(long error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EACCES ||
	       error == -ESTALE || error == -ENODEV || error == -ETIMEDOUT;
}

static size_t bounded_length(const char *text, size_t limit)
{
	size_t length = 0;

	while (length < limit && text[length])
		length++;
	return length;
}

/* The libc's string functions may be instrumented or resolved lazily: a
 * child in shared memory copies by hand. */
static char *put(char *to, const char *from, size_t length)
{
	while (length--)
		*to++ = *from++;
	return to;
}

static int exec_search(const struct sw_image *image)
{
	const size_t name_length =
		bounded_length(image->request->path, NAME_MAX + 1);
	const char *directory = image->search_path;
	char candidate[PATH_MAX];
	int denied = 0;

	if (name_length > NAME_MAX)
		return -ENAMETOOLONG;
	if (name_length == 0)
		return -ENOENT;
	for (;;) {
		size_t length = 0;
		char *end = candidate;
		long error;

		while (directory[length] && directory[length] != ':')
			length++;
		if (length + name_length + 2 <= sizeof candidate) {
			end = put(end, directory, length);
			if (length) /* an empty entry is the working folder */
				*end++ = '/';
			put(end, image->request->path, name_length)[0] = '\0';
			error = raw3(SYS_execve, candidate,
				     image->request->argv, image->envp);
			if (!search_goes_on(error))
				return (int)error;
			if (error == -EACCES)
				denied = -EACCES;
		}
		if (!directory[length])
			return denied ? denied : -ENOENT;
		directory += length + 1;
	}
}

static int exec_program(const struct sw_image *image)
{
	const struct sw_request *request = image->request;

	if (image->search_path)
		return exec_search(image);
	return (int)raw3(SYS_execve, request->path, request->argv, image->envp);
}

/* One step of the list; 0 or a negative errno. */
static long take_step(const struct sw_image *image, unsigned stage,
		      struct sw_failure *failure)
{
	const struct sw_request *request = image->request;

	switch (stage) {
	case SW_SIGDEFAULT:
		return reset_handlers(image);
	case SW_SCHED:
		return set_scheduler(request);
	case SW_NICE:
		return raw3(SYS_setpriority, PRIO_PROCESS, 0, request->nice);
	case SW_AFFINITY:
		return raw3(SYS_sched_setaffinity, 0, request->cpu_mask_bytes,
			    request->cpu_mask);
	case SW_OOMADJ:
		return set_oom_score_adj(request->oom_score_adj);
	case SW_UMASK:
		return raw1(SYS_umask, request->umask);
	case SW_SESSION:
		return raw0(SYS_setsid);
	case SW_PGROUP:
		return raw2(SYS_setpgid, 0, request->pgroup);
	case SW_CTTY:
		return set_terminal(request);
	case SW_RESETIDS:
		return reset_ids();
	case SW_CWD:
		return change_folder(request);
	case SW_STDIO:
		return sw_place_stdio(request, failure);
	case SW_FDACTIONS:
		return sw_act_all(request, failure);
	case SW_CLOSEFDS:
		return sw_close_others(request);
	case SW_RLIMITS:
		return limit_resources(request);
	case SW_IDS:
		return set_ids(request->ids);
	case SW_SIGMASK:
		return raw4(SYS_rt_sigprocmask, SIG_SETMASK, &image->mask, 0,
			    sizeof image->mask);
	default:
		return exec_program(image);
	}
}

void sw_child_run(const struct sw_image *image, struct sw_failure *failure)
{
	static const unsigned order[] = {
		SW_SIGDEFAULT, SW_SCHED,    SW_NICE,	SW_AFFINITY,
		SW_OOMADJ,     SW_UMASK,    SW_SESSION, SW_PGROUP,
		SW_CTTY,       SW_RESETIDS, SW_CWD,	SW_STDIO,
		SW_FDACTIONS,  SW_CLOSEFDS, SW_RLIMITS, SW_IDS,
		SW_SIGMASK,    SW_EXEC,
	};
	/* What every child does. */
	const unsigned wanted = image->request->fields | SW_SIGDEFAULT |
				SW_STDIO | SW_SIGMASK | SW_EXEC;

	unsigned stage = SW_CLOSEFDS;
	long result = 0;

	if (image->unused_from)
		result = sw_unshare_descriptors(image->unused_from);
	for (size_t i = 0; i < sizeof order / sizeof *order && result >= 0;
	     i++) {
		if (!(wanted & order[i]))
			continue;
		stage = order[i];
		result = take_step(image, stage, failure);
	}
	failure->stage = stage;
	failure->error = (int)result;
}

_Noreturn void sw_child_exit(int status)
{
	for (;;)
		raw1(SYS_exit_group, status);
}
