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
		epoll_ctl(poll->epoll_fd, EPOLL_CTL_DEL, poll->helper_fd, NULL);
		close(poll->helper_fd);
	}
	poll->helper_fd = (int)syscall(SYS_pidfd_open, helper, 0);
	return poll->helper_fd < 0 ? -errno : watch(poll, poll->helper_fd);
}

/* Answers that came before the helper knew the descriptor. Whoever changes
 * the note tells, the helper or we. */
static void catch_up(struct sw_arena *arena, int event_fd)
{
	for (int i = 0; i < SW_SLOT_COUNT; i++) {
		_Atomic uint64_t *note = &arena->slots[i].slot.note;
		uint64_t number = atomic_load(note);
		const uint64_t one = 1;

		if (number && !(number & 1) &&
		    !atomic_load(&arena->answers[i].word) &&
		    atomic_compare_exchange_strong(note, &number, number | 1))
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

/* One that is noted is counted, or will be in a moment, unless the helper
 * dies between these two. Giving up makes the descriptor readable once too
 * often. */
void sw_poll_fetched(const struct sw_poll *poll, struct sw_slot *slot)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	struct pollfd news = { .fd = poll->epoll_fd, .events = POLLIN };
	uint64_t one;

	if (!(atomic_exchange(&slot->note, 0) & 1))
		return;
	for (int tries = 0; tries < 10; tries++) {
		if (raw3(SYS_read, poll->event_fd, &one, sizeof one) > 0)
			return;
		raw4(SYS_ppoll, &news, 1, &moment, 0);
	}
}
