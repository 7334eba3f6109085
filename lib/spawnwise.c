/* SPDX-License-Identifier: MIT */
/*
 * The handle: what is checked once for every strategy.
 *
 * The contract's refusals live here, so that a strategy's spawn hook sees
 * only requests it can honour.
 */

#include "lib/spawnwise.h"

#include <errno.h>
#include <linux/oom.h>
#include <pthread.h>
#include <sys/mman.h>

#include "lib/clone.h"
#include "lib/known.h"
#include "lib/probe.h"
#include "lib/raw.h"

/* A page of its own: fork(2) leaves the copy zeroed, and a zeroed handle
 * answers -ECHILD. */
struct sw_handle {
	const struct sw_strategy *strategy;
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

int sw_open(const struct sw_strategy *strategy, struct sw_handle **out)
{
	const int cancel_state = cancel_disable();
	const int saved_errno = errno;
	struct sw_handle *handle;
	int error = strategy ? 0 : -EINVAL;

	if (!error && !(strategy->traits & SW_CREATES_NOTHING))
		error = sw_calls_supported();
	if (!error && strategy->supported)
		error = strategy->supported();
	if (error)
		goto restore;
	handle = mmap(NULL, sizeof *handle, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	error = handle == MAP_FAILED ? -ENOMEM : 0;
	if (error)
		goto restore;
	if (strategy->open)
		error = strategy->open(&handle->state);
	if (!error && madvise(handle, sizeof *handle, MADV_WIPEONFORK)) {
		error = -errno;
		if (strategy->close)
			strategy->close(handle->state);
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

static bool is_action(const struct sw_action *action)
{
	switch (action->kind) {
	case SW_OPEN:
	case SW_CHDIR:
		return action->path;
	case SW_CLOSE:
	case SW_DUP2:
	case SW_CLOSEFROM:
	case SW_FCHDIR:
	case SW_FOREGROUND:
		return true;
	}
	return false;
}

/* *index becomes that of the first that cannot be, if there is one. */
static bool are_actions(const struct sw_request *request, int *index)
{
	if (request->action_count && !request->actions)
		return false;
	for (size_t i = 0; i < request->action_count; i++)
		if (!is_action(&request->actions[i])) {
			*index = (int)i;
			return false;
		}
	return true;
}

static bool is_stdio(const struct sw_request *request, int *index)
{
	const int from[] = { request->stdin_fd, request->stdout_fd,
			     request->stderr_fd };

	for (int fd = 0; fd < 3; fd++)
		if (from[fd] < 0 && (fd || from[fd] != SW_AS_IS)) {
			*index = fd;
			return false;
		}
	return true;
}

/* To setresuid(2), which the child calls, -1 means to keep an id. It is none:
 * setuid(2) refuses it, and setgroups(2) does for us. */
static bool are_ids(const struct sw_ids *ids)
{
	return ids && ids->uid != (uid_t)-1 && ids->gid != (gid_t)-1 &&
	       (ids->groups || !ids->group_count);
}

static bool is_value(const struct sw_request *request, enum sw_field field,
		     int *index)
{
	switch (field) {
	case SW_SIGDEFAULT:
		return request->sigdefault;
	case SW_NICE:
		return request->nice >= -20 && request->nice <= 19;
	case SW_AFFINITY:
		return request->cpu_mask && request->cpu_mask_bytes;
	case SW_OOMADJ:
		return request->oom_score_adj >= OOM_SCORE_ADJ_MIN &&
		       request->oom_score_adj <= OOM_SCORE_ADJ_MAX;
	case SW_PGROUP:
		return request->pgroup >= 0;
	case SW_CTTY:
		return request->ctty_fd >= 0;
	case SW_CWD:
		return request->cwd || request->cwd_fd >= 0;
	case SW_FDACTIONS:
		return are_actions(request, index);
	case SW_RLIMITS:
		return request->rlimits || !request->rlimit_count;
	case SW_IDS:
		return are_ids(request->ids);
	case SW_SIGMASK:
		return request->sigmask;
	case SW_CGROUP:
		return request->cgroup_fd >= 0;
	default:
		return true;
	}
}

/* What cannot be is named in child, if it is a value. */
static bool is_request(const struct sw_request *request, struct sw_child *child)
{
	if (!request->path || !request->argv ||
	    request->fields >> SW_FIELD_COUNT)
		return false;
	if (!is_stdio(request, &child->action)) {
		child->stage = SW_STDIO;
		return false;
	}
	for (unsigned left = request->fields; left; left &= left - 1)
		if (!is_value(request, left & -left, &child->action)) {
			child->stage = left & -left;
			return false;
		}
	return true;
}

int sw_spawn(struct sw_handle *handle, const struct sw_request *request,
	     struct sw_child *child)
{
	const struct sw_strategy *strategy = handle->strategy;
	unsigned unknown;
	int error, cancel_state;

	*child = (struct sw_child){ .pidfd = -1 };
	if (!strategy)
		return -ECHILD;
	if (!is_request(request, child))
		return -EINVAL;
	unknown = request->fields & ~strategy->honours;
	if (!sw_clone_clears_handlers()) /* by clone(2) */
		unknown |= request->fields & SW_CGROUP;
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

	if (!handle->strategy)
		return -ECHILD;
	if (!child->in_flight)
		return -EINVAL;
	cancel_state = cancel_disable();
	error = handle->strategy->confirm(handle->state, child, timeout_ms);
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
	const struct sw_strategy *strategy = handle->strategy;
	int error, cancel_state, unwanted;

	if (!strategy)
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

	if (!handle->strategy)
		return -ECHILD;
	if (!handle->strategy->poll_fd)
		return -ENOTSUP;
	cancel_state = cancel_disable();
	result = handle->strategy->poll_fd(handle->state);
	cancel_restore(cancel_state);
	return result;
}

int sw_refresh(struct sw_handle *handle)
{
	int error, cancel_state;

	if (!handle->strategy)
		return -ECHILD;
	if (!handle->strategy->refresh)
		return 0;
	cancel_state = cancel_disable();
	error = handle->strategy->refresh(handle->state);
	cancel_restore(cancel_state);
	return error;
}

void sw_close(struct sw_handle *handle)
{
	const int cancel_state = cancel_disable();

	sw_known_remove(handle && handle->strategy ? handle->known : -1);
	if (handle && handle->strategy && handle->strategy->close)
		handle->strategy->close(handle->state);
	if (handle)
		munmap(handle, sizeof *handle);
	cancel_restore(cancel_state);
}
