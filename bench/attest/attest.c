/* SPDX-License-Identifier: MIT */
/* One spawn, watched; see attest.h. */

#include "bench/attest/attest.h"

#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/attest/listener.h"
#include "bench/attest/trial.h"
#include "bench/machine/clock.h"
#include "lib/spawnwise.h"

#define PATIENCE_NS 5000000000
#define HOLD_NS 2000000000 /* a call that has not returned by then waits */
#define LOOK_MS 1

struct watch {
	const struct trial_spawn *trial;
	struct attestation *seen;
	int64_t deadline_ns;
	int listener;

	/* The child: how it was born, and the first exec that it asked for. */
	struct held_call birth, exec;
	enum { NONE, HELD, RELEASED } door;
	int64_t held_since_ns;
};

static int rest_ms(const struct watch *watch)
{
	const int64_t rest_ns = watch->deadline_ns - clock_now_ns();

	return rest_ns > 0 ? (int)(rest_ns / 1000000) + 1 : 0;
}

static enum trial_phase phase(const struct watch *watch)
{
	return atomic_load(&watch->trial->report->phase);
}

static int take_listener(struct watch *watch)
{
	struct pollfd fd = { .fd = watch->trial->process.socket,
			     .events = POLLIN };

	if (poll(&fd, 1, rest_ms(watch)) <= 0)
		return -ETIMEDOUT;
	watch->listener = listener_take(fd.fd);
	if (watch->listener < 0)
		return watch->listener;
	return write(fd.fd, "", 1) == 1 ? 0 : -EPIPE;
}

static int read_clone3(struct watch *watch)
{
	struct clone_args args;
	const int error = listener_read(watch->listener, &watch->birth,
					watch->birth.arguments[0], &args,
					CLONE_ARGS_SIZE_VER0);

	/* A call with a bad address is a question to the kernel: it has no
	 * flags. */
	if (error)
		return error == -EFAULT ? 0 : error;
	watch->seen->flags = args.flags;
	watch->seen->exit_signal = (int)args.exit_signal;
	return 0;
}

/* The last birth before the first exec is the child's. */
static int see_birth(struct watch *watch, const struct held_call *call)
{
	struct attestation *seen = watch->seen;

	watch->birth = *call;
	seen->call = call->number;
	seen->by_helper = call->pid != watch->trial->process.pid;
	if (call->number == SYS_clone3)
		return read_clone3(watch);
	seen->flags = 0;
	seen->exit_signal = SIGCHLD;
	if (call->number == SYS_clone) { /* its low byte is the signal */
		seen->flags = (uint32_t)call->arguments[0] & ~CSIGNAL;
		seen->exit_signal = (int)(call->arguments[0] & CSIGNAL);
	}
	return 0;
}

static int see_exec(struct watch *watch, const struct held_call *call)
{
	watch->exec = *call;
	watch->door = HELD;
	watch->held_since_ns = clock_now_ns();
	watch->seen->executes = true;
	return listener_shares_memory(watch->trial->process.pid, call->pid,
				      &watch->seen->shares_memory);
}

/* Calls while the strategy is opened make its helper, not the child; calls
 * after the first exec are those of a baseline's shell. Both go on. */
static int see(struct watch *watch)
{
	struct held_call call;
	int error = listener_next(watch->listener, &call);

	if (error)
		return error == -EAGAIN ? 0 : error;
	if (phase(watch) == TRIAL_OPENS || watch->door != NONE)
		return listener_release(watch->listener, &call);
	if (call.number == SYS_execve || call.number == SYS_execveat)
		return see_exec(watch, &call);
	error = see_birth(watch, &call);
	return error ? error : listener_release(watch->listener, &call);
}

/* Whether the call that made the held child returns only after its exec, which
 * is known at once: by vfork(2), and by what clone(2) says of CLONE_VFORK. */
static bool is_suspended(const struct attestation *seen)
{
#ifdef SYS_vfork
	if (seen->call == SYS_vfork)
		return !seen->by_helper;
#endif
	return !seen->by_helper && seen->flags & CLONE_VFORK;
}

/* Let the child go as soon as it is known whether its caller waits for it. */
static int judge(struct watch *watch)
{
	const bool returned = phase(watch) >= TRIAL_RETURNED;

	if (!returned && !is_suspended(watch->seen) &&
	    clock_now_ns() - watch->held_since_ns < HOLD_NS)
		return 0;
	watch->seen->suspends_caller = !returned;
	watch->door = RELEASED;
	return listener_release(watch->listener, &watch->exec);
}

static int look_on(struct watch *watch)
{
	struct pollfd fds[] = {
		{ .fd = watch->listener, .events = POLLIN },
		{ .fd = watch->trial->process.socket, .events = POLLIN },
	};
	int error = 0;
	int rest;

	while (!error && (rest = rest_ms(watch))) {
		if (poll(fds, 2, watch->door == HELD ? LOOK_MS : rest) < 0)
			error = errno == EINTR ? 0 : -errno;
		else if (fds[0].revents & POLLIN)
			error = see(watch);
		else if (fds[1].revents)
			return 0;
		if (!error && watch->door == HELD)
			error = judge(watch);
	}
	return error ? error : -ETIMEDOUT;
}

static int observe(const struct sw_strategy *strategy, struct attestation *seen)
{
	struct trial_spawn trial;
	struct trial_report last;
	struct watch watch = {
		.trial = &trial,
		.seen = seen,
		.deadline_ns = clock_now_ns() + PATIENCE_NS,
		.listener = -1,
	};
	int error = trial_start(&trial, strategy, true);

	if (error)
		return error;
	error = take_listener(&watch);
	if (!error)
		error = look_on(&watch);
	if (trial_end(&trial, &last))
		seen->refused = last.refused;
	else if (!error)
		seen->refused = EOWNERDEAD;
	seen->step = last.step;
	if (watch.listener >= 0)
		close(watch.listener);
	return error;
}

/* Try the strategy without a listener when it could not be watched, and when it
 * failed, which holding its child may have caused. */
static void try_again(const struct sw_strategy *strategy, int error,
		      struct attestation *seen)
{
	const int refused = seen->refused;
	const char *step;

	if (error == -ETIMEDOUT) {
		seen->refused = ETIMEDOUT;
	} else if (error || refused) {
		seen->refused = -trial_run(strategy, &step);
		seen->step = seen->refused ? step : seen->step;
	}
	if (refused == EAGAIN || refused == ENOMEM)
		seen->unseen = refused; /* perhaps for a moment only */
	else
		seen->fails_held = !error && refused && !seen->refused;
	if (error)
		seen->unseen = -error;
}

void attest(const struct sw_strategy *strategy, struct attestation *seen)
{
	*seen = (struct attestation){ 0 };
	try_again(strategy, observe(strategy, seen), seen);
}

const char *attest_fault(const struct sw_strategy *strategy,
			 const struct attestation *seen)
{
	const unsigned traits = strategy->traits;

	if (seen->refused || seen->unseen)
		return NULL;
	if (seen->fails_held)
		return "it fails while its child is held before exec, and "
		       "works otherwise";
	if (traits & SW_CREATES_NOTHING)
		return seen->call ? "it declares creates_nothing, but creates "
				    "a child"
				  : NULL;
	if (!seen->executes)
		return "it says that it spawned, but no child came to exec";
	if (seen->shares_memory && !(traits & SW_SHARES_MEMORY))
		return "it does not declare shares_memory, but its child "
		       "shares the caller's";
	if (!seen->shares_memory && (traits & SW_SHARES_MEMORY))
		return "it declares shares_memory, but its child has its own";
	if (seen->suspends_caller && !(traits & SW_SUSPENDS_CALLER))
		return "it declares asynchronous, but its caller waits for "
		       "exec";
	if (!seen->suspends_caller && (traits & SW_SUSPENDS_CALLER))
		return "it declares suspends_caller, but its caller goes on "
		       "before exec";
	return NULL;
}
