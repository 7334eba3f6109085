/* SPDX-License-Identifier: MIT */
/*
 * The runner's half of the guardian: its birth, and requests to it.
 *
 * A guardian that does not answer in time is killed (watcher.h), so that its
 * lock is free and the runner can repair by itself.
 */
#include "bench/machine/guardian.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/guard.h"

#define LOCK_WAIT_MS 1000 /* an orphan needs no longer to put it back */
#define ANSWER_WAIT_MS 2000

/* What the guardian will own, until it owns it. */
static void guard_release(struct guard *guard)
{
	if (guard->knob_fd >= 0)
		close(guard->knob_fd);
	lock_forget(&guard->lock);
	if (guard->directory_fd >= 0)
		close(guard->directory_fd);
}

/* Permission comes first: who lacks it shall not make directories. */
static int guard_prepare(struct guard *guard, struct repair *leftover)
{
	int error = overcommit_open(&guard->knob_fd);

	if (!error)
		error = state_open(true, &guard->directory_fd);
	if (!error)
		error = lock_take(&guard->lock, guard->knob_fd,
				  guard->directory_fd, LOCK_WAIT_MS,
				  &leftover->holder);
	if (!error)
		error = overcommit_repair_locked(guard->directory_fd, leftover);
	if (!error)
		error = overcommit_read(guard->knob_fd, &guard->state.original);
	return error;
}

static int guardian_ask(struct guardian *guardian,
			const struct guard_request *request)
{
	return watcher_ask(&guardian->watcher, request, sizeof(*request),
			   ANSWER_WAIT_MS);
}

int guardian_start(struct guardian *guardian)
{
	struct guard guard = {
		.knob_fd = -1,
		.directory_fd = -1,
		.lock = LOCK_NONE,
	};

	memset(guardian, 0, sizeof(*guardian));
	guardian->watcher = (struct watcher){ .pid_fd = -1, .socket_fd = -1 };
	int error = guard_prepare(&guard, &guardian->leftover);
	guardian->original = guard.state.original;
	if (!error)
		error = watcher_birth(&guardian->watcher, &guard.post,
				      guard_main, &guard);
	if (error && guard.lock.fds[LOCK_COUNT - 1] >= 0)
		lock_release(&guard.lock, guard.directory_fd);
	/* The lock lives on in the guardian's copy of the descriptor. */
	guard_release(&guard);
	return error ? error : watcher_await(&guardian->watcher);
}

int guardian_lease(struct guardian *guardian, int mode, int duration_ms)
{
	const struct guard_request request = {
		.verb = GUARD_LEASE,
		.mode = mode,
		.duration_ms = duration_ms,
	};

	if (mode < 0 || mode > 2 || duration_ms <= 0)
		return -EINVAL;
	return guardian_ask(guardian, &request);
}

int guardian_extend(struct guardian *guardian, int duration_ms)
{
	const struct guard_request request = {
		.verb = GUARD_EXTEND,
		.duration_ms = duration_ms,
	};

	return duration_ms <= 0 ? -EINVAL : guardian_ask(guardian, &request);
}

int guardian_release(struct guardian *guardian)
{
	const struct guard_request request = { .verb = GUARD_RELEASE };

	return guardian_ask(guardian, &request);
}

int guardian_stop(struct guardian *guardian)
{
	const struct guard_request request = { .verb = GUARD_STOP };

	if (!guardian->watcher.pid)
		return 0;
	int answer = guardian_ask(guardian, &request);
	watcher_reap(&guardian->watcher);
	return answer;
}

void guardian_forget(struct guardian *guardian)
{
	watcher_forget(&guardian->watcher);
}
