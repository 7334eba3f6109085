/* SPDX-License-Identifier: MIT */
/* The child's steps that concern descriptors; see actions.h. */

#include "lib/actions.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "lib/raw.h"

long sw_take_foreground(int fd)
{
	const pid_t group = (pid_t)raw1(SYS_getpgid, 0);

	return raw3(SYS_ioctl, fd, TIOCSPGRP, &group);
}

static long duplicate(int from, int to)
{
	if (from == to) /* dup3 refuses it, dup2 would keep close-on-exec */
		return raw3(SYS_fcntl, to, F_SETFD, 0);
	return raw3(SYS_dup3, from, to, 0);
}

/* 0 to become 0 is 0 itself, also where it is close-on-exec; where there is
 * none, nothing is inherited. */
static long place(int from, int to)
{
	if (from > 0)
		return duplicate(from, to);
	if (from == 0 && to == 0)
		raw3(SYS_fcntl, 0, F_SETFD, 0);
	return 0;
}

int sw_place_stdio(const struct sw_request *request, struct sw_failure *failure)
{
	const int from[] = { request->stdin_fd, request->stdout_fd,
			     request->stderr_fd };

	for (int fd = 0; fd < 3; fd++) {
		const long result = place(from[fd], fd);

		if (result < 0) {
			failure->action = fd;
			return (int)result;
		}
	}
	return 0;
}

/* The target is closed first, as POSIX wants: a caller that has no free
 * descriptor can replace one. */
static long open_as(const struct sw_action *action)
{
	long result, fd;

	raw1(SYS_close, action->fd);
	fd = raw4(SYS_openat, AT_FDCWD, action->path,
		  action->flags & ~O_CLOEXEC, action->mode);
	if (fd < 0 || fd == action->fd)
		return fd;
	result = raw3(SYS_dup3, fd, action->fd, 0);
	raw1(SYS_close, fd);
	return result;
}

/* Closing what is not open is no error, closing what cannot be is: so does
 * the libc (sysdeps/unix/sysv/linux/spawni.c). */
static long close_action(int fd)
{
	struct rlimit limit = { 0 };

	if (raw1(SYS_close, fd) >= 0)
		return 0;
	raw4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
	return fd < 0 || (rlim_t)fd >= limit.rlim_cur ? -EBADF : 0;
}

/* The kernel's struct linux_dirent64, getdents64(2). */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short bytes;
	unsigned char type;
	char name[];
};

/* The number that a name of /proc/self/fd is; -1 for "." and "..". */
static int number_of(const char *name)
{
	int number = 0;

	/* NOLINTNEXTLINE(clang-analyzer-core.*): the kernel fills names in */
	if (*name == '.')
		return -1;
	for (; *name; name++)
		number = number * 10 + (*name - '0');
	return number;
}

/* The folder of our descriptors. Where no number is free the first to be closed
 * makes room. */
static long open_descriptors(int first)
{
	long fd = -EMFILE;

	for (int turn = 0; fd == -EMFILE && turn < 2; turn++) {
		if (turn)
			raw1(SYS_close, first);
		fd = raw4(SYS_openat, AT_FDCWD, "/proc/self/fd",
			  O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	}
	return fd;
}

/* Close what /proc lists, as closefrom(3) of the libc does. The kernel lists by
 * number (proc_readfd_common() in fs/proc/fd.c), so that closing on the way
 * skips none. */
static long close_listed(int first, int last)
{
	_Alignas(struct entry) char buffer[1024];
	const long folder = open_descriptors(first);
	long length;

	if (folder < 0)
		return folder;
	while ((length = raw3(SYS_getdents64, folder, buffer, sizeof buffer)) >
	       0)
		for (long at = 0; at < length;) {
			const struct entry *entry = (void *)(buffer + at);
			const int fd = number_of(entry->name);

			if (fd >= first && fd <= last && fd != folder)
				raw1(SYS_close, fd);
			at += entry->bytes;
		}
	raw1(SYS_close, folder);
	return length;
}

/* Close first to last, now or, by CLOSE_RANGE_CLOEXEC, at exec. Older container
 * managers refuse close_range(2) with EPERM, kernels before 5.9 with ENOSYS,
 * and those before 5.11 the flag with EINVAL. */
static long close_between(int first, int last, unsigned flags)
{
	long result = raw3(SYS_close_range, first, last, flags);

	if (result == -EINVAL)
		result = raw3(SYS_close_range, first, last, 0);
	return result < 0 && close_listed(first, last) < 0 ? result : 0;
}

/* -1 would be the highest descriptor to the kernel: nothing to close. */
static long close_from(int fd)
{
	return fd < 0 ? -EBADF : close_between(fd, INT_MAX, 0);
}

static long act(const struct sw_action *action)
{
	switch (action->kind) {
	case SW_OPEN:
		return open_as(action);
	case SW_CLOSE:
		return close_action(action->fd);
	case SW_DUP2:
		return duplicate(action->from, action->fd);
	case SW_CLOSEFROM:
		return close_from(action->fd);
	case SW_CHDIR:
		return raw1(SYS_chdir, action->path);
	case SW_FCHDIR:
		return raw1(SYS_fchdir, action->fd);
	case SW_FOREGROUND:
		return sw_take_foreground(action->fd);
	}
	return -EINVAL;
}

int sw_act_all(const struct sw_request *request, struct sw_failure *failure)
{
	for (size_t i = 0; i < request->action_count; i++) {
		const long result = act(&request->actions[i]);

		if (result < 0) {
			failure->action = (int)i;
			return (int)result;
		}
	}
	return 0;
}

/* As /dev/fd/9 and /proc/self/fd/9 do. */
static bool may_name_descriptor(const char *path)
{
	while (*path && (path[0] != 'f' || path[1] != 'd'))
		path++;
	return *path;
}

int sw_unused_from(const struct sw_request *request)
{
	const bool acts = request->fields & SW_FDACTIONS;
	const bool folder = request->fields & SW_CWD;
	const int used[] = { 2,
			     request->stdin_fd,
			     request->stdout_fd,
			     request->stderr_fd,
			     folder ? request->cwd_fd : 0,
			     request->fields & SW_CTTY ? request->ctty_fd : 0 };
	int last = 0;

	if (!(request->fields & SW_CLOSEFDS) ||
	    (folder && request->cwd && may_name_descriptor(request->cwd)))
		return 0;
	for (size_t i = 0; i < sizeof used / sizeof *used; i++)
		last = used[i] > last ? used[i] : last;
	for (size_t i = 0; acts && i < request->action_count; i++) {
		const struct sw_action *action = &request->actions[i];

		if (action->kind == SW_OPEN || action->kind == SW_CHDIR) {
			if (may_name_descriptor(action->path))
				return 0;
			continue;
		}
		last = action->fd > last ? action->fd : last;
		if (action->kind == SW_DUP2 && action->from > last)
			last = action->from;
	}
	/* A range that ends before it begins is refused at last. */
	return last < INT_MAX && raw3(SYS_close_range, 1, 0,
				      CLOSE_RANGE_UNSHARE) == -EINVAL
		       ? last + 1
		       : 0;
}

/* What is not copied needs no closing (dup_fd() in fs/file.c). */
long sw_unshare_descriptors(int first)
{
	const long result =
		raw3(SYS_close_range, first, UINT_MAX, CLOSE_RANGE_UNSHARE);

	return result < 0 ? raw1(SYS_unshare, CLONE_FILES) : result;
}

/* Close what lies between the descriptors that actions made. By exec: a caller
 * that is suspended goes on before that (begin_new_exec() in fs/exec.c). */
long sw_close_others(const struct sw_request *request)
{
	const bool acts = request->fields & SW_FDACTIONS;
	int first = 3;

	for (;;) {
		int next = INT_MAX;
		long result;

		for (size_t i = 0; acts && i < request->action_count; i++) {
			const struct sw_action *action = &request->actions[i];

			if ((action->kind == SW_OPEN ||
			     action->kind == SW_DUP2) &&
			    action->fd >= first && action->fd < next)
				next = action->fd;
		}
		if (next > first) {
			result = close_between(
				first, next == INT_MAX ? INT_MAX : next - 1,
				CLOSE_RANGE_CLOEXEC);
			if (result < 0)
				return result;
		}
		if (next == INT_MAX)
			return 0;
		first = next + 1;
	}
}
