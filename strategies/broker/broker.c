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
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/caller.h"
#include "lib/clone.h"
#include "lib/probe.h"
#include "lib/raw.h"
#include "strategies/broker/bell.h"
#include "strategies/broker/poll.h"
#include "strategies/broker/request.h"

/* Requests go to the newest helper. An older one ends with the last request
 * that it has got. */
struct broker {
	pthread_mutex_t lock;
	struct sw_bond *newest; /* then the older ones, by their link */
	struct sw_poll poll;
	struct sw_held status; /* see sw_status_open() */
};

/* A child's slot: the address of its bond, and the number in the low bits. */
static struct sw_bond *bond_of(const struct sw_child *child)
{
	const uintptr_t address = child->slot & -(uintptr_t)SW_SLOT_COUNT;

	return (struct sw_bond *)address; // NOLINT(performance-no-int-to-ptr)
}

static int number_of(const struct sw_child *child)
{
	return (int)(child->slot % SW_SLOT_COUNT);
}

/* By calls that are asked for nonsense, but for the one that never fails. */
static int broker_supported(void)
{
	const long parent = raw0(SYS_getppid);
	int error = sw_clone_supported();

	error = error ?: sw_unless(raw2(SYS_set_robust_list, 0, 0), -EINVAL);
	error = error ?: sw_unless(raw2(SYS_fstat, -1, 0), -EBADF);
	error = error ?: sw_unless(raw1(SYS_getpgid, -1), -ESRCH);
	return error ?: (int)(parent < 0 ? parent : 0);
}

static int broker_open(void **state)
{
	struct broker *broker = calloc(1, sizeof *broker);
	int error;

	if (!broker)
		return -ENOMEM;
	error = sw_status_open(&broker->status);
	if (error)
		goto free_broker;
	error = sw_bond_open(&broker->newest, &broker->status);
	if (error)
		goto close_status;
	pthread_mutex_init(&broker->lock, NULL);
	broker->poll.fd = -1;
	*state = broker;
	return 0;
close_status:
	sw_let_go(&broker->status);
free_broker:
	free(broker);
	return error;
}

static void broker_close(void *state)
{
	const int saved_errno = errno;
	struct broker *broker = state;
	const bool is_polled = sw_poll_holds(&broker->poll, broker->newest);

	while (broker->newest) {
		struct sw_bond *bond = broker->newest;

		broker->newest = bond->older;
		sw_poll_part(&broker->poll, bond);
		sw_bond_close(bond);
	}
	if (is_polled)
		close(broker->poll.fd);
	sw_let_go(&broker->status);
	pthread_mutex_destroy(&broker->lock);
	free(broker);
	errno = saved_errno;
}

/* Under the lock: take a bond that has nothing left to do out of the list.
 * False when it has. */
static bool retire(struct broker *broker, struct sw_bond *bond)
{
	struct sw_bond **link = &broker->newest->older;

	if (bond == broker->newest || atomic_load(&bond->slots))
		return false;
	while (*link != bond)
		link = &(*link)->older;
	*link = bond->older;
	sw_poll_part(&broker->poll, bond);
	return true;
}

/* Take a slot of the newest bond; *bond stays until it is given back. */
static int enter(struct broker *broker, struct sw_bond **bond)
{
	int number;

	pthread_mutex_lock(&broker->lock);
	*bond = broker->newest;
	number = sw_slot_take(&(*bond)->slots);
	pthread_mutex_unlock(&broker->lock);
	return number;
}

/* Who gives back the last slot of a dead helper knows of its death. */
static void leave(struct broker *broker, struct sw_bond *bond, int number)
{
	bool retired;

	sw_large_give(&bond->larges, bond->arena, number);
	pthread_mutex_lock(&broker->lock);
	sw_bell_fetched(bond->arena, number);
	sw_slot_give(&bond->slots, number);
	if (sw_bond_is_over(bond) && !atomic_load(&bond->slots))
		sw_poll_hush(&broker->poll, bond);
	retired = retire(broker, bond);
	pthread_mutex_unlock(&broker->lock);
	if (retired)
		sw_bond_close(bond);
}

/* Another bond, and the descriptor that somebody may have closed. */
static int open_bond(struct broker *broker, struct sw_bond **bond)
{
	struct sw_held status;
	int error = 0;

	pthread_mutex_lock(&broker->lock);
	if (!sw_holds(&broker->status))
		error = sw_status_open(&broker->status);
	status = broker->status;
	pthread_mutex_unlock(&broker->lock);
	return error ? error : sw_bond_open(bond, &status);
}

/* The old helper serves until there is a new one. A set that somebody has
 * closed is forgotten: who asks for it again gets another. */
static int broker_refresh(void *state)
{
	const int saved_errno = errno;
	struct broker *broker = state;
	struct sw_bond *bond, *old;
	int error = open_bond(broker, &bond);

	if (error)
		goto restore;
	pthread_mutex_lock(&broker->lock);
	old = broker->newest;
	if (sw_poll_holds(&broker->poll, old))
		error = sw_poll_join(&broker->poll, bond);
	else
		broker->poll.fd = -1;
	if (!error) {
		bond->older = old;
		broker->newest = bond;
		bond = retire(broker, old) ? old : NULL;
	}
	pthread_mutex_unlock(&broker->lock);
	if (bond)
		sw_bond_close(bond);
restore:
	errno = saved_errno;
	return error;
}

static int broker_poll_fd(void *state)
{
	const int saved_errno = errno;
	struct broker *broker = state;
	int result = 0;

	pthread_mutex_lock(&broker->lock);
	if (broker->poll.fd < 0)
		result = sw_poll_open(&broker->poll, broker->newest);
	else if (!sw_poll_is_whole(&broker->poll, broker->newest))
		result = -EBADF;
	if (!result)
		result = broker->poll.fd;
	pthread_mutex_unlock(&broker->lock);
	errno = saved_errno;
	return result;
}

/* Whether the caller is who it was when the helper was born. */
static bool is_same_caller(const struct sw_bond *bond)
{
	struct sw_identity now;

	if (atomic_load(&bond->arena->stale))
		return false;
	return !sw_identity_take(&now) &&
	       sw_identity_equal(&now, &bond->identity);
}

static int broker_spawn(void *state, const struct sw_request *request,
			struct sw_child *child)
{
	const int saved_errno = errno;
	const unsigned for_birth = request->fields & SW_CLONE_FIELDS;
	struct broker *broker = state;
	struct sw_bond *bond;
	int error, number;

	if (for_birth && !sw_clone_clears_handlers()) {
		child->stage = for_birth & -for_birth;
		return -ENOTSUP; /* it takes clone3(2) */
	}
	number = enter(broker, &bond);
	if (number < 0)
		return -EAGAIN;
	if (sw_bond_is_over(bond))
		error = -EPIPE;
	else if (!is_same_caller(bond))
		error = -ESTALE;
	else
		error = sw_request_send(bond, number, request);
	if (error)
		leave(broker, bond, number);
	else
		child->slot = (uintptr_t)bond | (unsigned)number;
	errno = saved_errno;
	return error;
}

static int broker_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	const int saved_errno = errno;
	struct broker *broker = state;
	struct sw_bond *bond = bond_of(child);
	const int number = number_of(child);
	struct sw_slot *slot = &bond->arena->slots[number].slot;
	struct sw_failure failure;
	int error = sw_request_await(bond, number, timeout_ms);

	if (error == -EAGAIN)
		goto restore;
	child->pid = slot->child.pid;
	child->pidfd = child->pid ? slot->child.pidfd : -1;
	failure = slot->failure;
	leave(broker, bond, number);
	if (error)
		goto restore;
	if (!child->pid) {
		child->stage = failure.stage;
		error = failure.error;
	} else if (failure.error) {
		error = sw_child_failed(child, &failure);
	} else {
		error = sw_child_started_silent(child);
	}
restore:
	errno = saved_errno;
	return error;
}

extern const struct sw_strategy strategy_broker;

const struct sw_strategy strategy_broker = {
	.abi = SW_ABI,
	.name = "broker",
	.summary = "a small helper, opened early, creates our children",
	.traits = SW_ASYNCHRONOUS | SW_SILENT_FAILURE | SW_THREAD_SAFE |
		  SW_NEEDS_EARLY_OPEN,
	.honours = SW_CHILD_FIELDS | SW_CLONE_FIELDS,
	.supported = broker_supported,
	.open = broker_open,
	.spawn = broker_spawn,
	.confirm = broker_confirm,
	.poll_fd = broker_poll_fd,
	.refresh = broker_refresh,
	.close = broker_close,
};
