/* SPDX-License-Identifier: MIT */
/*
 * broker: a small helper, born before the caller's memory grows, creates the
 * children.
 *
 * A spawn writes a request to memory that both share and wakes the helper;
 * confirm waits for the answer there. docs/broker-protocol.md tells how, and
 * why no death of either leaves the other waiting.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "lib/clone.h"
#include "lib/raw.h"
#include "lib/wait.h"
#include "strategies/broker/birth.h"

#define ORPHAN_SLICE_MS 1

static bool is_dead(const struct sw_broker *broker)
{
	return atomic_load(&broker->arena->life.word) & FUTEX_OWNER_DIED;
}

static int broker_open(void **state)
{
	struct sw_broker *broker = calloc(1, sizeof *broker);
	int error;

	if (!broker)
		return -ENOMEM;
	pthread_mutex_init(&broker->larges.lock, NULL);
	pthread_mutex_init(&broker->poll_lock, NULL);
	sw_poll_init(&broker->poll);
	atomic_store(&broker->requests, 1);
	error = sw_status_open(&broker->status);
	if (error)
		goto free_broker;
	error = sw_arena_open(&broker->arena);
	if (error)
		goto close_status;
	error = sw_helper_bear(broker);
	if (error)
		goto close_arena;
	*state = broker;
	return 0;
close_arena:
	sw_arena_close(broker->arena);
close_status:
	sw_let_go(&broker->status);
free_broker:
	free(broker);
	return error;
}

static void broker_close(void *state)
{
	const int saved_errno = errno;
	struct sw_broker *broker = state;

	sw_helper_end(broker);
	sw_poll_close(&broker->poll);
	sw_arena_close(broker->arena);
	sw_let_go(&broker->status);
	pthread_mutex_destroy(&broker->poll_lock);
	pthread_mutex_destroy(&broker->larges.lock);
	free(broker);
	errno = saved_errno;
}

static int broker_refresh(void *state)
{
	const int saved_errno = errno;
	struct sw_broker *broker = state;
	int error;

	if (atomic_load(&broker->slots))
		return -EBUSY;
	sw_helper_end(broker);
	sw_let_go(&broker->status);
	error = sw_status_open(&broker->status);
	if (!error)
		error = sw_helper_bear(broker);
	if (!error && broker->poll.epoll.fd >= 0)
		error = sw_poll_renew(&broker->poll, broker->helper);
	errno = saved_errno;
	return error;
}

static int broker_poll_fd(void *state)
{
	const int saved_errno = errno;
	struct sw_broker *broker = state;
	int error = 0;

	pthread_mutex_lock(&broker->poll_lock);
	if (broker->poll.epoll.fd < 0)
		error = sw_poll_open(&broker->poll, broker->arena,
				     broker->helper);
	if (!error && !sw_holds(&broker->poll.epoll))
		error = -EBADF;
	pthread_mutex_unlock(&broker->poll_lock);
	errno = saved_errno;
	return error ? error : broker->poll.epoll.fd;
}

/* Whether the caller is who it was when the helper was born. */
static bool is_same_caller(const struct sw_broker *broker)
{
	struct sw_identity now;

	if (atomic_load(&broker->arena->stale))
		return false;
	sw_identity_take(&now);
	return sw_identity_equal(&now, &broker->identity);
}

/* Write a request to a slot, or what it points to elsewhere if it is large. */
static int write_request(struct sw_broker *broker, int number,
			 const struct sw_request *request)
{
	struct sw_arena *arena = broker->arena;
	struct sw_slot *slot = &arena->slots[number].slot;
	char *block = arena->slots[number].block;
	size_t room = SW_BLOCK_BYTES;
	size_t used = sw_order_write(&slot->order, block, room, request);

	if (used > room) {
		if (used > SW_LARGE_BYTES)
			return -E2BIG;
		room = used;
		block = sw_large_take(&broker->larges, arena, number, room);
		if (!block)
			return -EAGAIN;
		used = sw_order_write(&slot->order, block, room, request);
	}
	slot->child = (struct sw_child){ .pidfd = -1 };
	slot->failure = (struct sw_failure){ 0 };
	atomic_store(&slot->note, 2 * atomic_fetch_add(&broker->requests, 1));
	return used > room ? -EAGAIN : 0;
}

static void give_slot(struct sw_broker *broker, int number)
{
	sw_large_give(&broker->larges, broker->arena, number);
	sw_slot_give(&broker->slots, number);
}

static void submit(struct sw_broker *broker, int number)
{
	struct sw_arena *arena = broker->arena;

	atomic_store(&arena->answers[number].word,
		     (unsigned)broker->helper | FUTEX_WAITERS);
	atomic_fetch_or(&arena->submitted, UINT64_C(1) << number);
	if (atomic_exchange(&arena->asleep, 0))
		sw_wake(&arena->asleep);
}

static int broker_spawn(void *state, const struct sw_request *request,
			struct sw_child *child)
{
	struct sw_broker *broker = state;
	int error, number;

	if (is_dead(broker))
		return -EPIPE;
	if (!is_same_caller(broker))
		return -ESTALE;
	if (request->fields & SW_CLONE_FIELDS && !sw_clone_clears_handlers())
		return -ENOTSUP; /* it takes clone3(2) */
	number = sw_slot_take(&broker->slots);
	if (number < 0)
		return -EAGAIN;
	error = write_request(broker, number, request);
	if (error) {
		give_slot(broker, number);
		return error;
	}
	submit(broker, number);
	child->slot = (uintptr_t)number;
	return 0;
}

/*
 * 0 when the answer is there, -EPIPE when it will never be, else -EAGAIN.
 * The helper's death changes the word and wakes us. A request that came after
 * it is not changed: that is why life is looked at.
 */
static int await_answer(struct sw_broker *broker, int number, int64_t deadline)
{
	struct sw_arena *arena = broker->arena;
	atomic_uint *word = &arena->answers[number].word;
	unsigned value;

	while ((value = atomic_load(word))) {
		if (value & FUTEX_OWNER_DIED || is_dead(broker))
			break;
		if (!sw_wait(word, value, deadline, -1))
			return -EAGAIN;
	}
	return value && atomic_load(word) ? -EPIPE : 0;
}

/*
 * The helper died, but not before a child was born: what becomes of it is the
 * answer. Before exec it has exit_signal 0, and is found by __WCLONE; a
 * failure it writes itself.
 */
static int await_orphan(pid_t pid, int64_t deadline)
{
	atomic_uint never = 0;
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &info,
			   WEXITED | WNOHANG | WNOWAIT | __WCLONE) ||
		    info.si_pid == pid)
			return 0;
		if (!sw_wait(&never, 0, deadline, ORPHAN_SLICE_MS))
			return -EAGAIN;
	}
}

static int broker_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	const int saved_errno = errno;
	struct sw_broker *broker = state;
	const int number = (int)child->slot;
	struct sw_slot *slot = &broker->arena->slots[number].slot;
	const int64_t deadline = sw_deadline(timeout_ms);
	struct sw_failure failure;
	int error = await_answer(broker, number, deadline);

	if (error == -EPIPE && slot->child.pid)
		error = await_orphan(slot->child.pid, deadline);
	errno = saved_errno;
	if (error == -EAGAIN)
		return error;
	child->pid = slot->child.pid;
	child->pidfd = child->pid ? slot->child.pidfd : -1;
	failure = slot->failure;
	sw_poll_fetched(&broker->poll, slot);
	give_slot(broker, number);
	if (error)
		return error;
	if (!child->pid) {
		child->stage = failure.stage;
		return failure.error;
	}
	if (failure.error)
		return sw_child_failed(child, &failure);
	return sw_child_started_silent(child);
}

extern const struct sw_strategy strategy_broker;

const struct sw_strategy strategy_broker = {
	.name = "broker",
	.summary = "a small helper, opened early, creates our children",
	.traits = SW_ASYNCHRONOUS | SW_SILENT_FAILURE | SW_THREAD_SAFE |
		  SW_NEEDS_EARLY_OPEN,
	.honours = SW_CHILD_FIELDS | SW_CLONE_FIELDS,
	.supported = sw_clone_supported,
	.open = broker_open,
	.spawn = broker_spawn,
	.confirm = broker_confirm,
	.poll_fd = broker_poll_fd,
	.refresh = broker_refresh,
	.close = broker_close,
};
