/* SPDX-License-Identifier: MIT */
/*
 * What every child does between birth and exec, and what its parent does
 * just before and after.
 *
 * One copy for all strategies, so that they differ in how a child is born
 * and in nothing else.
 */

#include "lib/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/raw.h"

#define SIGNAL_COUNT 64
#define DEFAULT_PATH "/bin:/usr/bin" /* as posix_spawnp(3) of glibc */
#define PF_FORKNOEXEC 0x40	     /* include/linux/sched.h */

/* The kernel's struct sigaction; the libc's has another layout. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
#if defined(__x86_64__)
	void (*restorer)(void);
#endif
	sw_sigset mask;
};

void sw_image_init(struct sw_image *image, const struct sw_request *request)
{
	const char *directories = getenv("PATH");

	*image = (struct sw_image){
		.path = request->path,
		.argv = request->argv,
		.envp = request->envp ? request->envp : environ,
		.stdio = { request->stdin_fd ? request->stdin_fd : -1,
			   request->stdout_fd ? request->stdout_fd : -1,
			   request->stderr_fd ? request->stderr_fd : -1 },
		.cpu_mask = request->cpu_mask,
		.cpu_mask_bytes = request->cpu_mask_bytes,
	};
	if (request->search && !strchr(request->path, '/'))
		image->search_path = directories ? directories : DEFAULT_PATH;
}

sw_sigset sw_signals_block(void)
{
	const sw_sigset all = ~(sw_sigset)0;
	sw_sigset before = 0;

	/* sigprocmask(3) of the libc would spare its internal signals. */
	raw4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all);
	return before;
}

void sw_signals_restore(sw_sigset mask)
{
	raw4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
}

/* exec itself resets handlers, but the mask is restored before exec, and a
 * signal that arrives in between must not run a handler of ours. */
static void reset_handlers(void)
{
	for (int number = 1; number <= SIGNAL_COUNT; number++) {
		struct kernel_sigaction action = { 0 };

		if (raw4(SYS_rt_sigaction, number, 0, &action,
			 sizeof action.mask) < 0)
			continue;
		if (action.handler == SIG_DFL || action.handler == SIG_IGN)
			continue;
		action.handler = SIG_DFL;
		action.flags = 0;
		raw4(SYS_rt_sigaction, number, &action, 0, sizeof action.mask);
	}
}

static int place_descriptor(int from, int to)
{
	long result;

	if (from < 0)
		return 0;
	if (from == to) /* dup2 would keep FD_CLOEXEC; clear it */
		result = raw3(SYS_fcntl, to, F_SETFD, 0);
	else
		result = raw3(SYS_dup3, from, to, 0);
	return result < 0 ? (int)result : 0;
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
	const size_t name_length = bounded_length(image->path, NAME_MAX + 1);
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
			put(end, image->path, name_length)[0] = '\0';
			error = raw3(SYS_execve, candidate, image->argv,
				     image->envp);
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

int sw_child_exec(const struct sw_image *image, bool handlers_cleared)
{
	if (!handlers_cleared)
		reset_handlers();
	if (image->cpu_mask) {
		long error = raw3(SYS_sched_setaffinity, 0,
				  image->cpu_mask_bytes, image->cpu_mask);

		if (error < 0)
			return (int)error;
	}
	for (int fd = 0; fd < 3; fd++) {
		int error = place_descriptor(image->stdio[fd], fd);

		if (error)
			return error;
	}
	sw_signals_restore(image->mask);
	if (image->search_path)
		return exec_search(image);
	return (int)raw3(SYS_execve, image->path, image->argv, image->envp);
}

_Noreturn void sw_child_exit(int status)
{
	for (;;)
		raw1(SYS_exit_group, status);
}

/* Whether pid, a zombie, never got to exec: the kernel keeps the flag in
 * field 9 of /proc/PID/stat (proc(5)). */
static bool died_before_exec(pid_t pid)
{
	char text[512];
	char *after_name;
	unsigned flags = 0;
	ssize_t length;
	int fd;

	snprintf(text, sizeof text, "/proc/%d/stat", (int)pid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof text - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	after_name = strrchr(text, ')');
	if (!after_name ||
	    sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return false;
	return flags & PF_FORKNOEXEC;
}

int sw_child_started(struct sw_child *child)
{
	const int saved_errno = errno;
	siginfo_t info = { 0 };
	int result = 0;

	/* A child never exits by itself before exec without saying why: only
	 * one that a signal killed needs the closer look. */
	if (!waitid(P_PID, (id_t)child->pid, &info,
		    WEXITED | WNOHANG | WNOWAIT | __WALL) &&
	    info.si_pid == child->pid && info.si_code != CLD_EXITED &&
	    died_before_exec(child->pid)) {
		waitpid(child->pid, &child->status, __WALL);
		result = -ECANCELED;
	}
	errno = saved_errno;
	return result;
}

int sw_child_started_silent(struct sw_child *child)
{
	const int saved_errno = errno;
	siginfo_t info;
	int result = 0;

	if (!waitid(P_PID, (id_t)child->pid, &info,
		    WEXITED | WNOHANG | WNOWAIT | __WCLONE)) {
		while (waitpid(child->pid, &child->status, __WCLONE) < 0 &&
		       errno == EINTR)
			;
		result = -ECANCELED;
	}
	errno = saved_errno;
	return result;
}

int sw_child_failed(pid_t pid, int error)
{
	const int saved_errno = errno;

	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	errno = saved_errno;
	return error;
}
