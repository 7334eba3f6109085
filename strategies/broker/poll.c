/* SPDX-License-Identifier: MIT */
/* A descriptor for event loops; see poll.h. */

#include "strategies/broker/poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "strategies/broker/bell.h"

static int control(const struct sw_poll *poll, int operation, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(poll->fd, operation, fd, &event) ? -errno : 0;
}

/* Nobody else's set watches our pipe. */
bool sw_poll_holds(const struct sw_poll *poll, const struct sw_bond *bond)
{
	const struct sw_held *reader = &bond->bell.reader;

	return sw_holds(reader) && !control(poll, EPOLL_CTL_MOD, reader->fd);
}

bool sw_poll_is_whole(const struct sw_poll *poll, const struct sw_bond *bond)
{
	return sw_poll_holds(poll, bond) && sw_holds(&bond->bell.writer) &&
	       (bond->pidfd < 0 || !control(poll, EPOLL_CTL_MOD, bond->pidfd));
}

static int watch_helper(const struct sw_poll *poll, struct sw_bond *bond)
{
	const int fd =
		sw_above_stdio((int)syscall(SYS_pidfd_open, bond->helper, 0));
	int error;

	if (fd < 0)
		return fd;
	error = control(poll, EPOLL_CTL_ADD, fd);
	if (error)
		close(fd);
	else
		bond->pidfd = fd;
	return error;
}

/* Requests that the helper may have served before it knew the bell: it does
 * not come back to them, so all that are in flight are told at once. */
int sw_poll_join(const struct sw_poll *poll, struct sw_bond *bond)
{
	struct sw_arena *arena = bond->arena;
	int error;

	sw_bell_close(&bond->bell);
	error = sw_bell_open(arena, &bond->bell);
	if (!error)
		error = control(poll, EPOLL_CTL_ADD, bond->bell.reader.fd);
	if (!error)
		error = watch_helper(poll, bond);
	if (error) {
		sw_bell_close(&bond->bell);
		return error;
	}
	atomic_store(&arena->telling, 1);
	sw_bell_tell_all(arena, atomic_load(&bond->slots));
	return 0;
}

/* Taken out by name: a child that is not yet at exec may hold copies, and
 * closing would not be enough (epoll(7)). */
void sw_poll_hush(const struct sw_poll *poll, struct sw_bond *bond)
{
	if (sw_poll_holds(poll, bond) &&
	    !control(poll, EPOLL_CTL_DEL, bond->pidfd))
		close(bond->pidfd);
	bond->pidfd = -1;
	sw_bell_silence(&bond->bell); /* it may have died ringing */
}

void sw_poll_part(const struct sw_poll *poll, struct sw_bond *bond)
{
	sw_poll_hush(poll, bond);
	if (sw_poll_holds(poll, bond))
		control(poll, EPOLL_CTL_DEL, bond->bell.reader.fd);
	sw_bell_close(&bond->bell);
}

int sw_poll_open(struct sw_poll *poll, struct sw_bond *newest)
{
	int error = 0;
	const int fd = sw_above_stdio(epoll_create1(EPOLL_CLOEXEC));

	if (fd < 0)
		return fd;
	poll->fd = fd;
	for (struct sw_bond *bond = newest; bond && !error; bond = bond->older)
		error = sw_poll_join(poll, bond);
	if (!error)
		return 0;
	for (struct sw_bond *bond = newest; bond; bond = bond->older)
		sw_poll_part(poll, bond);
	close(poll->fd);
	poll->fd = -1;
	return error;
}
