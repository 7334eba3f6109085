/* SPDX-License-Identifier: MIT */
/*
 * The guardian: the only process that writes vm.overcommit_memory, and the
 * requests of its runner to it. Longer than other files: the two halves of one
 * conversation.
 *
 * It must work when the runner is dead, when nothing can be opened or
 * created and when memory is exhausted. So it is born small and early,
 * allocates nothing, and owns beforehand all it needs to put the value back.
 * One that does not answer in time is killed (coprocess.h), so that its lock is
 * free and the runner can repair by itself.
 */

#include "bench/machine/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/lock.h"

#define LOCK_WAIT_MS 1000 /* an orphan needs no longer to put it back */
#define ANSWER_WAIT_MS 2000
#define GRACE_MS 1000	/* what a lease may last beyond its length */
#define RETRY_MS 100	/* between tries to put the value back */
#define RETIRE_TRIES 10 /* ... once the runner is gone */

enum guard_verb {
	GUARD_LEASE,
	GUARD_EXTEND,
	GUARD_RELEASE,
	GUARD_STOP,
};

struct guard_request {
	enum guard_verb verb;
	int mode;
	int duration_ms;
};

struct guard {
	int knob_fd;	  /* opened for reading and writing beforehand */
	int directory_fd; /* of the state file */
	struct lock lock;
	const struct watchdog *self;
	struct overcommit_state
		state;	     /* the original is read once, under the lock */
	bool held;	     /* a lease is running */
	int outcome;	     /* of a lease that ended without a request */
	int64_t deadline_ms; /* of the lease, CLOCK_MONOTONIC */
};

/* End the lease. On an unexpected error it stays held, to be tried again. */
static int guard_restore(struct guard *guard)
{
	const struct overcommit_state *state = &guard->state;
	int error;

	if (!guard->held)
		return 0;
	/* Where nothing was changed the two are the same: it only looks. */
	error = overcommit_put_back(guard->knob_fd, state->ours,
				    state->original);
	if (error && error != -ESTALE)
		return error;
	guard->held = false;
	if (state->ours != state->original)
		state_remove(guard->directory_fd);
	return error;
}

/* Change the value, with the state file on the disk before. A write that
 * failed half is undone, and if that fails too tried again at the deadline. */
static int guard_change(struct guard *guard)
{
	int error = state_write(guard->directory_fd, &guard->state);

	if (error) {
		guard->held = false;
		return error;
	}
	error = overcommit_write(guard->knob_fd, guard->state.ours);
	if (error)
		guard_restore(guard);
	return error;
}

static void set_deadline(struct guard *guard,
			 const struct guard_request *request)
{
	guard->deadline_ms =
		clock_now_ms() + (int64_t)request->duration_ms + GRACE_MS;
}

static int guard_extend(struct guard *guard,
			const struct guard_request *request)
{
	if (!guard->held)
		return -ETIMEDOUT;
	set_deadline(guard, request);
	return 0;
}

static int guard_lease(struct guard *guard, const struct guard_request *request)
{
	struct overcommit_state *state = &guard->state;
	int error = guard_restore(guard);
	int now;

	if (!error)
		error = overcommit_read(guard->knob_fd, &now);
	if (error)
		return error;
	if (now != state->original)
		return -ECANCELED;
	state->ours = request->mode;
	guard->held = true;
	set_deadline(guard, request);
	return state->ours == state->original ? 0 : guard_change(guard);
}

static void guard_expire(struct guard *guard)
{
	int error = guard_restore(guard);

	guard->outcome = error == -ESTALE ? -ESTALE : -ETIMEDOUT;
	if (guard->held)
		guard->deadline_ms = clock_now_ms() + RETRY_MS;
}

/* Put back what is out, leave no file behind, and end. A state file stays
 * where the value could not be put back: the next start tries again. */
static _Noreturn void guard_retire(struct guard *guard)
{
	for (int i = 0; i < RETIRE_TRIES; i++) {
		guard_restore(guard);
		if (!guard->held)
			break;
		poll(NULL, 0, RETRY_MS);
	}
	lock_release(&guard->lock);
	_exit(0);
}

static void guard_serve(struct guard *guard,
			const struct guard_request *request)
{
	int answer = guard->outcome;

	/* The first request after a lease that ended by itself hears of it
	 * and does nothing else: a new lease must not hide it. */
	guard->outcome = 0;
	if (!answer && request->verb == GUARD_LEASE)
		answer = guard_lease(guard, request);
	else if (!answer && request->verb == GUARD_EXTEND)
		answer = guard_extend(guard, request);
	else if (!answer)
		answer = guard_restore(guard);
	watchdog_answer(guard->self, answer);
	if (request->verb == GUARD_STOP)
		guard_retire(guard);
}

/* Time until the deadline. */
static int guard_patience_ms(const struct guard *guard)
{
	const int64_t left_ms = guard->deadline_ms - clock_now_ms();

	if (!guard->held)
		return -1;
	if (left_ms < 0)
		return 0;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

/* Its life, a watchdog_life: context is its struct guard. */
static _Noreturn void guard_main(struct watchdog *self, void *context)
{
	struct guard *guard = context;
	const int keep[] = { self->pid_fd,	 self->socket_fd,
			     guard->knob_fd,	 guard->directory_fd,
			     guard->lock.fds[0], guard->lock.fds[1] };
	struct guard_request request;
	int error =
		watchdog_settle(GUARD_NAME, keep, sizeof keep / sizeof *keep);

	guard->self = self;
	if (!error)
		error = state_identify(&guard->state);
	watchdog_answer(self, error);
	if (error)
		guard_retire(guard);

	for (;;) {
		const int heard = watchdog_hear(self, &request, sizeof request,
						guard_patience_ms(guard));

		/* The runner's death goes first: a request that it sent
		 * before must not change the value once more. */
		if (heard < 0)
			guard_retire(guard);
		if (guard->held && clock_now_ms() >= guard->deadline_ms)
			guard_expire(guard);
		if (heard > 0)
			guard_serve(guard, &request);
	}
}

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
	int error = overcommit_open(O_RDWR, &guard->knob_fd);

	if (!error)
		error = state_open(true, &guard->directory_fd);
	if (!error)
		error = lock_take(&guard->lock, guard->knob_fd, LOCK_EX,
				  LOCK_WAIT_MS, &leftover->holder);
	if (!error)
		error = overcommit_repair_locked(guard->directory_fd, leftover);
	if (!error)
		error = overcommit_read(guard->knob_fd, &guard->state.original);
	return error;
}

static int ask(struct guardian *guardian, enum guard_verb verb, int mode,
	       int duration_ms)
{
	const struct guard_request request = { verb, mode, duration_ms };

	return watchdog_ask(&guardian->watchdog, &request, sizeof(request),
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
	guardian->watchdog = (struct watchdog){ .pid_fd = -1, .socket_fd = -1 };
	int error = guard_prepare(&guard, &guardian->leftover);
	guardian->original = guard.state.original;
	if (!error)
		error = watchdog_birth(&guardian->watchdog, guard_main, &guard);
	if (error)
		lock_release(&guard.lock);
	/* The lock lives on in the guardian's copy of the descriptor. */
	guard_release(&guard);
	return error;
}

int guardian_lease(struct guardian *guardian, int mode, int duration_ms)
{
	if (mode < 0 || mode > 2 || duration_ms <= 0)
		return -EINVAL;
	return ask(guardian, GUARD_LEASE, mode, duration_ms);
}

int guardian_extend(struct guardian *guardian, int duration_ms)
{
	if (duration_ms <= 0)
		return -EINVAL;
	return ask(guardian, GUARD_EXTEND, 0, duration_ms);
}

int guardian_release(struct guardian *guardian)
{
	return ask(guardian, GUARD_RELEASE, 0, 0);
}

int guardian_stop(struct guardian *guardian)
{
	if (!guardian->watchdog.pid)
		return 0;
	int answer = ask(guardian, GUARD_STOP, 0, 0);
	watchdog_reap(&guardian->watchdog);
	return answer;
}
