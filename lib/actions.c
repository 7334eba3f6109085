/* SPDX-License-Identifier: MIT */
/* The child's steps that concern descriptors; see actions.h. */

#include "lib/actions.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

int sw_place_stdio(const struct sw_request *request, struct sw_failure *failure)
{
	const int from[] = { request->stdin_fd, request->stdout_fd,
			     request->stderr_fd };

	for (int fd = 0; fd < 3; fd++) {
		const long result = from[fd] ? duplicate(from[fd], fd) : 0;

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
	fd = raw4(SYS_openat, AT_FDCWD, action->path, action->flags,
		  action->mode);
	if (fd < 0 || fd == action->fd)
		return fd;
	result = raw3(SYS_dup3, fd, action->fd, action->flags & O_CLOEXEC);
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

/* -1 would be the highest descriptor to the kernel: nothing to close. */
static long close_from(int fd)
{
	return fd < 0 ? -EBADF : raw3(SYS_close_range, fd, ~0u, 0);
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

/* Close what lies between the descriptors that actions made. */
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
			result = raw3(
				SYS_close_range, first,
				next == INT_MAX ? ~0u : (unsigned)next - 1, 0);
			if (result < 0)
				return result;
		}
		if (next == INT_MAX)
			return 0;
		first = next + 1;
	}
}
