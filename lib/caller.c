/* SPDX-License-Identifier: MIT */
/*
 * The caller's half of a spawn; see caller.h. Longer than other files: what it
 * asks of the kernel before the birth it answers for after it.
 */

#include "lib/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/raw.h"

#define DEFAULT_PATH "/bin:/usr/bin" /* as posix_spawnp(3) of glibc */
#define PF_FORKNOEXEC 0x40	     /* include/linux/sched.h */
#define YIELDS 16		     /* before we sleep for a child */

/* Whoever sees that it is lent finds the value there, at any moment: so does a
 * copy that is made in the middle of a change. */
static struct {
	pthread_mutex_t lock;
	atomic_uint lent;
	int value;
} dumpable = { .lock = PTHREAD_MUTEX_INITIALIZER };

sw_sigset sw_signals_block(void)
{
	const sw_sigset all = ~(sw_sigset)0;
	sw_sigset before = 0;

	/* sigprocmask(3) of the libc would spare its internal signals. */
	raw4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all);
	return before;
}

long sw_signals_restore(sw_sigset mask)
{
	return raw4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
}

sw_sigset sw_signals_now(void)
{
	sw_sigset mask = 0;

	raw4(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask, sizeof mask);
	return mask;
}

void sw_image_init(struct sw_image *image, const struct sw_request *request,
		   sw_sigset mask)
{
	static char *const nothing[] = { NULL };
	char *const *envp = request->envp ? request->envp : environ;

	*image = (struct sw_image){
		.request = request,
		.envp = envp ? envp : nothing, /* clearenv(3) leaves NULL */
		.mask = mask,
	};
	/* The kernel's set is the first word of the libc's. */
	if (request->fields & SW_SIGMASK)
		memcpy(&image->mask, request->sigmask, sizeof image->mask);
	if (request->search && !strchr(request->path, '/')) {
		image->search_path = getenv("PATH");
		if (!image->search_path)
			image->search_path = DEFAULT_PATH;
	}
}

static bool changes_ids(const struct sw_request *request)
{
	return request->fields & (SW_IDS | SW_RESETIDS);
}

/* 2 cannot be set (prctl(2)), but is what the kernel leaves behind where
 * fs.suid_dumpable says so. */
static void put_dumpable_back(void)
{
	if (dumpable.value != 2)
		prctl(PR_SET_DUMPABLE, dumpable.value);
}

/*
 * In a copy of the caller: the children that have borrowed the flag are in the
 * original's memory, the threads that would give it back are not here, and one
 * of them may have held the lock. To take that before the fork instead would
 * wait for a thread that may wait for the one that forks.
 */
static void forget_borrowers(void)
{
	if (dumpable.lent)
		put_dumpable_back();
	dumpable.lent = 0;
	pthread_mutex_init(&dumpable.lock, NULL);
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_borrowers);
}

void sw_dumpable_lend(const struct sw_request *request)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!changes_ids(request))
		return;
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&dumpable.lock);
	if (!dumpable.lent)
		dumpable.value = prctl(PR_GET_DUMPABLE);
	dumpable.lent++;
	pthread_mutex_unlock(&dumpable.lock);
}

void sw_dumpable_restore(const struct sw_request *request)
{
	if (!changes_ids(request))
		return;
	pthread_mutex_lock(&dumpable.lock);
	if (dumpable.lent == 1)
		put_dumpable_back();
	dumpable.lent--;
	pthread_mutex_unlock(&dumpable.lock);
}

/* From here on raw calls: what follows a birth leaves errno alone. */

/* Reap the child with waitpid(2) options; it never became a program, so that
 * its descriptor is of no use. */
static void discard(struct sw_child *child, int options)
{
	if (child->pidfd >= 0)
		raw1(SYS_close, child->pidfd);
	child->pidfd = -1;
	while (raw4(SYS_wait4, child->pid, &child->status, options, 0) ==
	       -EINTR)
		;
}

/* Look at a child that these waitid(2) options find, without reaping it: 0,
 * and info->si_pid is 0 while it lives, or a negative errno. */
static long look_at(pid_t pid, int options, siginfo_t *info)
{
	info->si_pid = 0;
	return raw6(SYS_waitid, P_PID, pid, (long)info,
		    WEXITED | WNOHANG | WNOWAIT | options, 0, 0);
}

static bool is_zombie(pid_t pid)
{
	siginfo_t info;

	return !look_at(pid, __WALL, &info) && info.si_pid;
}

/* Whether field 9 of /proc/PID/stat (proc(5)) still has the flag of a process
 * before its exec. False when there is none, or no descriptor to look. */
static bool has_flag(pid_t pid)
{
	char text[512];
	char *after_name;
	unsigned flags = 0;
	long fd, length;

	snprintf(text, sizeof text, "/proc/%d/stat", (int)pid);
	fd = raw4(SYS_openat, AT_FDCWD, text, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	length = raw3(SYS_read, fd, text, sizeof text - 1);
	raw1(SYS_close, fd);
	text[length < 0 ? 0 : length] = '\0';
	after_name = strrchr(text, ')');
	return after_name &&
	       sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %u", &flags) ==
		       1 &&
	       flags & PF_FORKNOEXEC;
}

/* Whether /proc numbers processes as we do: in the line NSpid of our own status
 * (proc(5)) is one number then, and otherwise that of its namespace before it.
 * Not to be found when we are none of its processes. A long list of groups may
 * precede it. */
static bool proc_is_ours(void)
{
	static const char key[] = "\nNSpid:\t";
	const long fd = raw4(SYS_openat, AT_FDCWD, "/proc/self/status",
			     O_RDONLY | O_CLOEXEC, 0);
	size_t matched = 0;
	char text[256] = "", c = 0;
	long length;

	if (fd < 0)
		return false;
	while ((length = raw3(SYS_read, fd, text, sizeof text)) > 0)
		for (long i = 0; i < length; i++) {
			c = text[i];
			if (key[matched])
				matched = c == key[matched] ? matched + 1
							    : c == '\n';
			else if (c == '\t' || c == '\n')
				goto close;
		}
close:
	raw1(SYS_close, fd);
	return c != '\t';
}

/* Whether a child is in our session, and it is the kernel that refuses to put
 * it elsewhere: a filter of system calls would refuse this, too, with EPERM. */
static bool is_in_session(pid_t pid)
{
	return raw1(SYS_getsid, pid) == raw1(SYS_getsid, 0) &&
	       raw2(SYS_setpgid, pid, -1) == -EINVAL;
}

/*
 * Whether pid has come through exec. The kernel keeps a flag, PF_FORKNOEXEC,
 * and tells it for nothing: setpgid(2) refuses a child of our session that has
 * come through with EACCES, before it looks at the group (kernel/sys.c), and
 * giving one its own changes nothing. A group of another pid namespace is 0
 * here, which to setpgid(2) means a new one: then a number that no group has,
 * refused with EPERM where EACCES is not in place.
 *
 * For a child of another session, which it refuses before all that, the flag
 * has to be read. Where it cannot be, and when there is no such child: true.
 * The child's half tells of each of its failures; what is lost then is only
 * that a signal killed it before exec, not after.
 */
static bool came_through(pid_t pid)
{
	const long group = raw1(SYS_getpgid, pid);
	const long error = raw2(SYS_setpgid, pid, group ? group : INT_MAX);

	if (error != -EPERM)
		return error < 0;
	if (!group && is_in_session(pid))
		return false;
	return !has_flag(pid) || !proc_is_ours();
}

/* Let the child run. It may have a lower priority than we, on our only CPU:
 * then giving way is not enough (sched(7)), one has to sleep. */
static void give_way(unsigned turn)
{
	const struct timespec moment = { .tv_nsec = 50000 };

	if (turn < YIELDS)
		raw0(SYS_sched_yield);
	else
		raw2(SYS_nanosleep, &moment, 0);
}

int sw_child_started(struct sw_child *child)
{
	for (unsigned turn = 0; !came_through(child->pid); turn++) {
		/* It may have come through and ended since we looked. */
		if (is_zombie(child->pid) && !came_through(child->pid)) {
			discard(child, __WALL);
			return -ECANCELED;
		}
		give_way(turn);
	}
	return 0;
}

int sw_child_started_silent(struct sw_child *child)
{
	siginfo_t info;

	if (look_at(child->pid, __WCLONE, &info))
		return 0;
	discard(child, __WCLONE);
	return -ECANCELED;
}

int sw_child_failed(struct sw_child *child, const struct sw_failure *failure)
{
	child->stage = failure->stage;
	child->action = failure->action;
	discard(child, __WALL);
	return failure->error;
}

static int fail(struct sw_child *child, long error)
{
	child->pidfd = -1;
	child->stage = SW_PIDFD;
	return error == -ENOSYS || error == -EPERM ? -ENOTSUP : (int)error;
}

int sw_pidfd_reserve(const struct sw_request *request, struct sw_child *child)
{
	long fd;

	if (!(request->fields & SW_PIDFD))
		return 0;
	fd = raw2(SYS_pidfd_open, raw0(SYS_getpid), 0);
	if (fd < 0)
		return fail(child, fd);
	child->pidfd = (int)fd;
	return 0;
}

void sw_pidfd_release(struct sw_child *child)
{
	if (child->pidfd >= 0)
		raw1(SYS_close, child->pidfd);
	child->pidfd = -1;
}

int sw_pidfd_open(struct sw_child *child)
{
	struct sw_failure failure = { .stage = SW_PIDFD };
	const bool wanted = child->pidfd >= 0;
	long fd;

	if (!wanted)
		return 0;
	fd = raw2(SYS_pidfd_open, child->pid, 0);
	sw_pidfd_release(child);
	if (fd == -EMFILE || fd == -ENFILE)
		fd = raw2(SYS_pidfd_open, child->pid, 0);
	if (fd == -ESRCH) /* a thread that waits for any child took it */
		return 0;
	if (fd >= 0) {
		child->pidfd = (int)fd;
		return 0;
	}
	raw2(SYS_kill, child->pid, SIGKILL);
	failure.error = (int)fd;
	return sw_child_failed(child, &failure);
}
