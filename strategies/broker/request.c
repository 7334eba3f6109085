/* SPDX-License-Identifier: MIT */
/* One request, in the caller; see request.h. */

#include "strategies/broker/request.h"

#include <errno.h>
#include <sys/wait.h>

#include "lib/wait.h"
#include "strategies/broker/thread.h"

#define ORPHAN_SLICE_MS 1

/* Write a request to a slot, or what it points to elsewhere if it is large. */
static int write_request(struct sw_bond *bond, int number,
			 const struct sw_request *request)
{
	struct sw_arena *arena = bond->arena;
	struct sw_slot *slot = &arena->slots[number].slot;
	char *block = arena->slots[number].block;
	size_t room = SW_BLOCK_BYTES;
	size_t used = sw_order_write(&slot->order, block, room, request);

	if (used > room) {
		if (used > SW_LARGE_BYTES)
			return -E2BIG;
		room = used;
		block = sw_large_take(&bond->larges, arena, number, room);
		if (!block)
			return -EAGAIN;
		used = sw_order_write(&slot->order, block, room, request);
	}
	slot->child = (struct sw_child){ .pidfd = -1 };
	slot->failure = (struct sw_failure){ 0 };
	atomic_store(&slot->note, atomic_fetch_add(&bond->requests, 1));
	return used > room ? -EAGAIN : 0;
}

int sw_request_send(struct sw_bond *bond, int number,
		    const struct sw_request *request)
{
	struct sw_arena *arena = bond->arena;
	struct sw_order *order = &arena->slots[number].slot.order;
	int error = write_request(bond, number, request);

	if (!error &&
	    !sw_realm_holds(&bond->realm, &order->place, bond->helper))
		error = -ESTALE;
	/* The first thread is looked at by the helper: faster for us. */
	if (!error && order->thread != bond->caller)
		error = sw_thread_check(bond, &order->umask);
	if (error)
		return error;
	atomic_store(&arena->answers[number].word,
		     (unsigned)bond->helper | FUTEX_WAITERS);
	atomic_fetch_or(&arena->submitted, UINT64_C(1) << number);
	if (atomic_exchange(&arena->asleep, 0))
		sw_wake(&arena->asleep);
	return 0;
}

/* The helper's death changes the word and wakes us. A request that came after
 * it is not changed: that is why life is looked at. */
static int await_answer(struct sw_bond *bond, int number, int64_t deadline)
{
	atomic_uint *word = &bond->arena->answers[number].word;
	unsigned value;

	while ((value = atomic_load(word))) {
		if (value & FUTEX_OWNER_DIED || sw_bond_is_over(bond))
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

int sw_request_await(struct sw_bond *bond, int number, int timeout_ms)
{
	const struct sw_slot *slot = &bond->arena->slots[number].slot;
	const int64_t deadline = sw_deadline(timeout_ms);
	const int error = await_answer(bond, number, deadline);

	if (error == -EPIPE && slot->child.pid)
		return await_orphan(slot->child.pid, deadline);
	return error;
}
