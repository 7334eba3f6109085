/* SPDX-License-Identifier: MIT */
/* A pidfd for a child whose birth gives none; see child.h. */

#include <errno.h>
#include <signal.h>

#include "lib/child.h"
#include "lib/raw.h"

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
