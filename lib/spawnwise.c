/* SPDX-License-Identifier: MIT */
/*
 * The handle: what is checked once for every strategy.
 *
 * The contract's refusals live here, so that a strategy's spawn hook sees
 * only requests it can honour.
 */

#include "lib/spawnwise.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "lib/clone.h"
#include "lib/known.h"
#include "lib/probe.h"
#include "lib/raw.h"
#include "lib/validate.h"

/* A page of its own: fork(2) leaves the copy zeroed, and a zeroed handle
 * answers -ECHILD. */
struct sw_handle {
	struct sw_strategy strategy; /* as long as ours; abi 0: a fork's copy */
	void *state;
	int known; /* see sw_known_add() */
};

/* A thread that is cancelled in a strategy's hook would leave a child, a slot
 * or a lock behind; a hook may be anybody's. */
static int cancel_disable(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

static void cancel_restore(int before)
{
	pthread_setcancelstate(before, NULL);
}

int sw_open(const struct sw_strategy *given, struct sw_handle **out)
{
	struct sw_strategy strategy;
	const int cancel_state = cancel_disable();
	const int saved_errno = errno;
	struct sw_handle *handle;
	int error = given ? sw_strategy_read(given, &strategy) : -EINVAL;

	if (!error && !(strategy.traits & SW_CREATES_NOTHING))
		error = sw_calls_supported();
	if (!error && strategy.supported)
		error = strategy.supported();
	if (error)
		goto restore;
	handle = mmap(NULL, sizeof *handle, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	error = handle == MAP_FAILED ? -ENOMEM : 0;
	if (error)
		goto restore;
	if (strategy.open)
		error = strategy.open(&handle->state);
	if (!error && madvise(handle, sizeof *handle, MADV_WIPEONFORK)) {
		error = -errno;
		if (strategy.close)
			strategy.close(handle->state);
	}
	if (error) {
		munmap(handle, sizeof *handle);
	} else {
		handle->strategy = strategy;
		handle->known = sw_known_add(handle->state);
		*out = handle;
	}
restore:
	errno = saved_errno;
	cancel_restore(cancel_state);
	return error;
}

int sw_spawn(struct sw_handle *handle, const struct sw_request *request,
	     struct sw_child *child)
{
	const struct sw_strategy *strategy = &handle->strategy;
	struct sw_request whole;
	unsigned unknown;
	int error, cancel_state;

	*child = (struct sw_child){ .pidfd = -1 };
	if (!strategy->abi)
		return -ECHILD;
	error = sw_request_read(&request, &whole);
	if (!error)
		error = sw_validate(request, child);
	if (error)
		return error;
	unknown = request->fields & ~strategy->honours;
	if (request->fields & SW_CGROUP && !sw_clone_clears_handlers())
		unknown |= SW_CGROUP; /* it takes clone3(2) */
	child->stage = unknown & -unknown;
	if (unknown)
		return -ENOTSUP;
	cancel_state = cancel_disable();
	error = strategy->spawn(handle->state, request, child);
	cancel_restore(cancel_state);
	child->in_flight = !error;
	if (error)
		child->pid = 0; /* it may be another's soon */
	return error;
}

int sw_confirm(struct sw_handle *handle, struct sw_child *child, int timeout_ms)
{
	int error, cancel_state;

	if (!handle->strategy.abi)
		return -ECHILD;
	if (!child->in_flight)
		return -EINVAL;
	cancel_state = cancel_disable();
	error = handle->strategy.confirm(handle->state, child, timeout_ms);
	cancel_restore(cancel_state);
	child->in_flight = error == -EAGAIN && !child->stage;
	if (error && !child->in_flight)
		child->pid = 0;
	return error;
}

static int reap(pid_t pid, int *status)
{
	long result;

	if (pid <= 0) /* to wait4(2) that is any child of a group */
		return -EINVAL;
	do
		result = raw4(SYS_wait4, pid, status, 0, 0);
	while (result == -EINTR);
	return result < 0 ? (int)result : 0;
}

int sw_reap(struct sw_handle *handle, struct sw_child *child, int *status)
{
	const struct sw_strategy *strategy = &handle->strategy;
	int error, cancel_state, unwanted;

	if (!strategy->abi)
		return -ECHILD;
	if (!status)
		status = &unwanted;
	*status = 0;
	if (strategy->traits & SW_CREATES_NOTHING)
		return 0;
	if (child->in_flight)
		return -EINVAL;
	if (!strategy->reap)
		return reap(child->pid, status);
	cancel_state = cancel_disable();
	error = strategy->reap(handle->state, child, status);
	cancel_restore(cancel_state);
	return error;
}

int sw_poll_fd(struct sw_handle *handle)
{
	int result, cancel_state;

	if (!handle->strategy.abi)
		return -ECHILD;
	if (!handle->strategy.poll_fd)
		return -ENOTSUP;
	cancel_state = cancel_disable();
	result = handle->strategy.poll_fd(handle->state);
	cancel_restore(cancel_state);
	return result;
}

int sw_refresh(struct sw_handle *handle)
{
	int error, cancel_state;

	if (!handle->strategy.abi)
		return -ECHILD;
	if (!handle->strategy.refresh)
		return 0;
	cancel_state = cancel_disable();
	error = handle->strategy.refresh(handle->state);
	cancel_restore(cancel_state);
	return error;
}

void sw_close(struct sw_handle *handle)
{
	const int cancel_state = cancel_disable();

	sw_known_remove(handle && handle->strategy.abi ? handle->known : -1);
	if (handle && handle->strategy.abi && handle->strategy.close)
		handle->strategy.close(handle->state);
	if (handle)
		munmap(handle, sizeof *handle);
	cancel_restore(cancel_state);
}
