/* SPDX-License-Identifier: MIT */
/* A descriptor for event loops; see poll.h. */

#include "strategies/broker/poll.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/raw.h"

void sw_poll_init(struct sw_poll *poll)
{
	sw_hold(&poll->epoll, -1);
	sw_hold(&poll->event, -1);
}

static int watch(const struct sw_poll *poll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(poll->epoll.fd, EPOLL_CTL_ADD, fd, &event) ? -errno
								    : 0;
}

/* Requests that the helper may have served before it knew the descriptor: it
 * does not come back to them, so each counts from now until it is fetched.
 * Whoever changes the note tells, the helper or we. */
static void catch_up(struct sw_arena *arena, int event_fd)
{
	for (int i = 0; i < SW_SLOT_COUNT; i++) {
		_Atomic uint64_t *note = &arena->slots[i].slot.note;
		uint64_t number = atomic_load(note);
		const uint64_t one = 1;

		if (number && !(number & 1) &&
		    atomic_compare_exchange_strong(note, &number, number | 1))
			raw3(SYS_write, event_fd, &one, sizeof one);
	}
}

int sw_poll_open(struct sw_poll *poll)
{
	int error;

	sw_hold(&poll->event,
		eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE));
	sw_hold(&poll->epoll, epoll_create1(EPOLL_CLOEXEC));
	if (poll->event.fd < 0 || poll->epoll.fd < 0)
		error = -errno;
	else
		error = watch(poll, poll->event.fd);
	if (error)
		sw_poll_close(poll);
	return error;
}

void sw_poll_close(struct sw_poll *poll)
{
	sw_let_go(&poll->event);
	sw_let_go(&poll->epoll);
}

int sw_poll_join(struct sw_poll *poll, struct sw_bond *bond)
{
	const int fd = (int)syscall(SYS_pidfd_open, bond->helper, 0);
	int error;

	if (fd < 0)
		return -errno;
	sw_hold(&bond->pidfd, fd);
	error = watch(poll, fd);
	if (error)
		return error;
	bond->arena->event = poll->event;
	atomic_store(&bond->arena->telling, 1);
	catch_up(bond->arena, poll->event.fd);
	return 0;
}

/* Taken out by name: a child that is not yet at exec may hold a copy of it, and
 * closing would not be enough (epoll(7)). */
void sw_poll_part(struct sw_poll *poll, struct sw_bond *bond)
{
	if (bond->pidfd.fd >= 0)
		epoll_ctl(poll->epoll.fd, EPOLL_CTL_DEL, bond->pidfd.fd, NULL);
	sw_let_go(&bond->pidfd);
}

/* One that is noted is counted, or will be in a moment, unless the helper
 * dies between these two. Giving up makes the descriptor readable once too
 * often. */
void sw_poll_fetched(const struct sw_poll *poll, struct sw_slot *slot)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	struct pollfd news = { .fd = poll->epoll.fd, .events = POLLIN };
	uint64_t one;

	if (!(atomic_exchange(&slot->note, 0) & 1))
		return;
	for (int tries = 0; tries < 10 && sw_holds(&poll->event); tries++) {
		if (raw3(SYS_read, poll->event.fd, &one, sizeof one) > 0)
			return;
		raw4(SYS_ppoll, &news, 1, &moment, 0);
	}
}
