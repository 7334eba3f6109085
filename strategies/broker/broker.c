/* SPDX-License-Identifier: MIT */
/*
 * broker: a small helper, born before the caller's memory grows, creates the
 * children.
 *
 * A spawn sends a request and returns; confirm reads the answer. Answers come
 * in any order to any thread: one thread at a time reads the socket and
 * leaves every answer in its slot.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clone.h"
#include "strategies/broker/request.h"
#include "strategies/broker/wire.h"

#define SLOT_COUNT 64

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_ANSWERED };

struct broker {
	int socket;
	pid_t helper;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t news;  /* an answer came, or nobody reads any more */
	bool reading;	      /* a thread is waiting at the socket */
	int dead;	      /* the errno that ended the helper, or 0 */
	struct {
		enum slot_state state;
		struct wire_reply reply;
	} slots[SLOT_COUNT];
	char packet[WIRE_BYTES];
};

struct ends {
	int socket;
	int caller_pidfd;
};

static void start_helper(void *data)
{
	const struct ends *ends = data;

	helper_run(ends->socket, ends->caller_pidfd);
}

/* A helper with exit_signal 0 sends no SIGCHLD and is passed over by
 * wait(2), and so are its failed children. */
static int create_helper(struct broker *broker, const struct ends *ends)
{
	struct clone_args args = {
		.flags = CLONE_CLEAR_SIGHAND,
	};
	sw_sigset mask = sw_signals_block();
	long pid = sw_clone(&args, start_helper, (void *)ends);

	sw_signals_restore(mask);
	if (pid < 0)
		return (int)pid;
	broker->helper = (pid_t)pid;
	return 0;
}

static int init_lock(struct broker *broker)
{
	pthread_condattr_t attributes;
	int error = pthread_condattr_init(&attributes);

	if (error)
		return -error;
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&broker->lock, NULL);
	error = pthread_cond_init(&broker->news, &attributes);
	pthread_condattr_destroy(&attributes);
	return -error;
}

static int broker_open(void **state)
{
	struct broker *broker = calloc(1, sizeof *broker);
	struct ends ends;
	int pair[2];
	int error;

	if (!broker)
		return -ENOMEM;
	error = init_lock(broker);
	if (error)
		goto free_broker;
	error = -EMFILE;
	ends.caller_pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (ends.caller_pidfd < 0)
		goto free_broker;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		goto close_pidfd;
	ends.socket = pair[1];
	broker->socket = pair[0];
	error = create_helper(broker, &ends);
	close(pair[1]);
	if (!error) {
		*state = broker;
		goto close_pidfd;
	}
	close(pair[0]);
close_pidfd:
	close(ends.caller_pidfd);
	if (!error)
		return 0;
free_broker:
	free(broker);
	return error;
}

static void broker_close(void *state)
{
	struct broker *broker = state;

	close(broker->socket);
	while (waitpid(broker->helper, NULL, __WALL) < 0 && errno == EINTR)
		;
	pthread_cond_destroy(&broker->news);
	pthread_mutex_destroy(&broker->lock);
	free(broker);
}

static int broker_spawn(void *state, const struct sw_request *request,
			struct sw_child *child)
{
	const int saved_errno = errno;
	struct broker *broker = state;
	uint32_t slot = 0;
	int error = -EAGAIN;

	pthread_mutex_lock(&broker->lock);
	while (slot < SLOT_COUNT && broker->slots[slot].state != SLOT_FREE)
		slot++;
	if (slot < SLOT_COUNT)
		error = request_send(broker->socket, broker->packet, request,
				     slot);
	if (!error) {
		broker->slots[slot].state = SLOT_WAITING;
		child->slot = slot;
	}
	pthread_mutex_unlock(&broker->lock);
	errno = saved_errno;
	return error;
}

/* 0, -EAGAIN when nothing came in time, or -EPIPE when the helper is gone. */
static int receive_reply(int socket, struct wire_reply *reply, int timeout_ms)
{
	struct pollfd event = { .fd = socket, .events = POLLIN };
	ssize_t length;

	if (timeout_ms >= 0 && poll(&event, 1, timeout_ms) <= 0)
		return -EAGAIN;
	length = recv(socket, reply, sizeof *reply, 0);
	if (length < 0 && errno == EINTR)
		return -EAGAIN;
	if (length != sizeof *reply || reply->slot >= SLOT_COUNT)
		return -EPIPE;
	return 0;
}

static void read_news(struct broker *broker, int timeout_ms)
{
	struct wire_reply reply;
	int error;

	broker->reading = true;
	pthread_mutex_unlock(&broker->lock);
	error = receive_reply(broker->socket, &reply, timeout_ms);
	pthread_mutex_lock(&broker->lock);
	broker->reading = false;
	if (!error) {
		broker->slots[reply.slot].reply = reply;
		broker->slots[reply.slot].state = SLOT_ANSWERED;
	} else if (error == -EPIPE) {
		broker->dead = EPIPE;
	}
	pthread_cond_broadcast(&broker->news);
}

static struct timespec deadline_after(int timeout_ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now.tv_nsec += (timeout_ms % 1000) * 1000000L;
	now.tv_sec += timeout_ms / 1000 + now.tv_nsec / 1000000000L;
	now.tv_nsec %= 1000000000L;
	return now;
}

static int remaining_ms(const struct timespec *deadline)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (deadline->tv_sec - now.tv_sec) * 1000LL +
	       (deadline->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

/* Wait, lock held, until the slot is answered or the helper is dead. */
static int await_answer(struct broker *broker, uintptr_t slot, int timeout_ms)
{
	const bool forever = timeout_ms < 0;
	const struct timespec deadline =
		deadline_after(forever ? 0 : timeout_ms);
	bool last_look = false;

	while (broker->slots[slot].state == SLOT_WAITING && !broker->dead) {
		int left = forever ? -1 : remaining_ms(&deadline);

		if (last_look)
			return -EAGAIN;
		last_look = left == 0;
		if (!broker->reading)
			read_news(broker, left);
		else if (forever)
			pthread_cond_wait(&broker->news, &broker->lock);
		else
			pthread_cond_timedwait(&broker->news, &broker->lock,
					       &deadline);
	}
	return broker->slots[slot].state == SLOT_ANSWERED ? 0 : -EPIPE;
}

static int broker_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	const int saved_errno = errno;
	struct broker *broker = state;
	struct wire_reply reply = { 0 };
	int error;

	pthread_mutex_lock(&broker->lock);
	error = await_answer(broker, child->slot, timeout_ms);
	if (error != -EAGAIN) {
		reply = broker->slots[child->slot].reply;
		broker->slots[child->slot].state = SLOT_FREE;
	}
	pthread_mutex_unlock(&broker->lock);
	errno = saved_errno;
	if (error)
		return error;
	child->pid = reply.pid;
	if (reply.error && reply.pid)
		return sw_child_failed(
			child, &(struct sw_failure){ reply.error, reply.stage,
						     reply.action });
	return reply.error ? reply.error : sw_child_started_silent(child);
}

extern const struct sw_strategy strategy_broker;

const struct sw_strategy strategy_broker = {
	.name = "broker",
	.summary = "a small helper, opened early, creates our children",
	.traits = SW_ASYNCHRONOUS | SW_SILENT_FAILURE | SW_THREAD_SAFE |
		  SW_NEEDS_EARLY_OPEN | SW_IDENTITY_OF_OPEN,
	.honours = SW_AFFINITY | SW_SIGMASK,
	.supported = sw_clone_supported,
	.open = broker_open,
	.spawn = broker_spawn,
	.confirm = broker_confirm,
	.close = broker_close,
};
