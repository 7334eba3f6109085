/* SPDX-License-Identifier: MIT */
/* A descriptor for event loops; see poll.h. */

#include "strategies/broker/poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/raw.h"

static int watch(const struct sw_poll *poll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(poll->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno
								    : 0;
}

/* The old one is taken out by name: a child that is not yet at exec may hold
 * a copy of it, and closing would not be enough (epoll(7)). */
int sw_poll_renew(struct sw_poll *poll, pid_t helper)
{
	if (poll->helper_fd >= 0) {
		epoll_ctl(poll->epoll_fd, EPOLL_CTL_DEL, poll->helper_fd,
			  NULL);
		close(poll->helper_fd);
	}
	poll->helper_fd = (int)syscall(SYS_pidfd_open, helper, 0);
	return poll->helper_fd < 0 ? -errno : watch(poll, poll->helper_fd);
}

/* Answers that came before the helper knew the descriptor. Whoever sets noted
 * tells, the helper or we. */
static void catch_up(struct sw_arena *arena, int event_fd)
{
	for (int i = 0; i < SW_SLOT_COUNT; i++) {
		const uint64_t one = 1;

		if (!atomic_load(&arena->answers[i].word) &&
		    !atomic_exchange(&arena->slots[i].slot.noted, 1))
			raw3(SYS_write, event_fd, &one, sizeof one);
	}
}

int sw_poll_open(struct sw_poll *poll, struct sw_arena *arena, pid_t helper)
{
	int error;

	*poll = (struct sw_poll){ -1, -1, -1 };
	poll->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	poll->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (poll->event_fd < 0 || poll->epoll_fd < 0)
		error = -errno;
	else
		error = watch(poll, poll->event_fd);
	if (!error)
		error = sw_poll_renew(poll, helper);
	if (error) {
		sw_poll_close(poll);
		return error;
	}
	atomic_store(&arena->event_fd, poll->event_fd);
	catch_up(arena, poll->event_fd);
	return 0;
}

void sw_poll_close(struct sw_poll *poll)
{
	const int fds[] = { poll->helper_fd, poll->event_fd, poll->epoll_fd };

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*poll = (struct sw_poll){ -1, -1, -1 };
}

void sw_poll_fetched(const struct sw_poll *poll, struct sw_slot *slot)
{
	uint64_t count;

	if (atomic_exchange(&slot->noted, 0))
		raw3(SYS_read, poll->event_fd, &count, sizeof count);
}
