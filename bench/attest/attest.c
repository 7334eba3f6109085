/* SPDX-License-Identifier: MIT */
/*
 * One spawn, watched, and what was seen of it, told; see attest.h. Longer than
 * other files: each member of what was seen has its words here.
 */

#include "bench/attest/attest.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/attest/trial.h"
#include "bench/machine/clock.h"
#include "bench/machine/cure.h"
#include "bench/machine/text.h"
#include "lib/clone.h"
#include "lib/spawnwise.h"

#define PATIENCE_NS 5000000000
#define HOLD_NS 2000000000 /* a call that has not returned by then waits */
#define LOOK_MS 1

struct watch {
	struct trial_spawn trial;
	struct attestation *seen;
	int64_t deadline_ns;
	int listener;

	/* The child: by which call it was born, with flags and signal of
	 * clone(2), and the first exec that it asked for. */
	int call;	/* SYS_...; 0: there is none */
	bool by_helper; /* made by another thread than the caller's */
	struct clone_args how;
	struct seccomp_notif exec;
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
	return atomic_load(&watch->trial.report->phase);
}

static int take_listener(struct watch *watch)
{
	const int socket = watch->trial.process.socket;

	if (coprocess_await(socket, rest_ms(watch)))
		return -ETIMEDOUT;
	watch->listener = listener_take(socket);
	if (watch->listener < 0)
		return watch->listener;
	return write(socket, "", 1) == 1 ? 0 : -EPIPE;
}

/* The last birth before the first exec is the child's. */
static int see_birth(struct watch *watch, const struct seccomp_notif *call)
{
	const uint64_t first = call->data.args[0];
	int error = 0;

	watch->call = call->data.nr;
	watch->by_helper = (pid_t)call->pid != watch->trial.process.pid;
	watch->how = (struct clone_args){ 0 };
	if (watch->call == SYS_clone) { /* its low byte is the signal */
		watch->how.flags = (uint32_t)first & ~CSIGNAL;
		watch->how.exit_signal = first & CSIGNAL;
	} else if (watch->call == SYS_clone3) {
		error = listener_read(watch->listener, call, first, &watch->how,
				      CLONE_ARGS_SIZE_VER0);
	}
	/* A call with a bad address is a question to the kernel: it has no
	 * flags. */
	return error == -EFAULT ? 0 : error;
}

static int see_exec(struct watch *watch, const struct seccomp_notif *call)
{
	const int shares = listener_shares_memory(watch->trial.process.pid,
						  (pid_t)call->pid);

	watch->exec = *call;
	watch->door = HELD;
	watch->held_since_ns = clock_now_ns();
	watch->seen->shares_memory = shares;
	return shares < 0 ? shares : 0;
}

/* Calls while the strategy is opened make its helper, not the child; calls
 * after the first exec are those of a baseline's shell. Both go on. */
static int see(struct watch *watch)
{
	struct seccomp_notif call;
	int error = listener_next(watch->listener, &call);

	if (error)
		return error == -EAGAIN ? 0 : error;
	if (phase(watch) == TRIAL_OPENS || watch->door != NONE)
		return listener_release(watch->listener, &call);
	if (call.data.nr == SYS_execve || call.data.nr == SYS_execveat)
		return see_exec(watch, &call);
	error = see_birth(watch, &call);
	return error ? error : listener_release(watch->listener, &call);
}

/* Whether the call that made the held child returns only after its exec, which
 * is known at once: by vfork(2), and by what clone(2) says of CLONE_VFORK. */
static bool is_suspended(const struct watch *watch)
{
#ifdef SYS_vfork
	if (watch->call == SYS_vfork)
		return !watch->by_helper;
#endif
	return !watch->by_helper && watch->how.flags & CLONE_VFORK;
}

/* Let the child go as soon as it is known whether its caller waits for it. */
static int judge(struct watch *watch)
{
	const bool returned = phase(watch) >= TRIAL_RETURNED;

	if (!returned && !is_suspended(watch) &&
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
		{ .fd = watch->trial.process.socket, .events = POLLIN },
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

static int observe(const struct sw_strategy *strategy, struct watch *watch)
{
	struct attestation *seen = watch->seen;
	struct trial_report last;
	int error = trial_start(&watch->trial, strategy, true);

	if (error)
		return error;
	error = take_listener(watch);
	if (!error)
		error = look_on(watch);
	if (trial_end(&watch->trial, &last))
		seen->refused = last.refused;
	else if (!error)
		seen->refused = EOWNERDEAD;
	seen->step = last.step;
	if (watch->listener >= 0)
		close(watch->listener);
	return error;
}

/* Try the strategy without a listener when it could not be watched, and when it
 * failed, which holding its child may have caused: whether that is so. */
static bool try_again(const struct sw_strategy *strategy, int error,
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
	if (error)
		seen->unseen = -error;
	return refused && !seen->refused;
}

/* How the traits contradict what was seen; what was not, -1, contradicts
 * nothing. */
static const char *find_fault(unsigned traits, const struct watch *watch)
{
	const struct attestation *seen = watch->seen;

	if (traits & SW_CREATES_NOTHING)
		return watch->call ? "it declares creates_nothing, but creates "
				     "a child"
				   : NULL;
	if (watch->door == NONE)
		return "it says that it spawned, but no child came to exec";
	if (seen->shares_memory > 0 && !(traits & SW_SHARES_MEMORY))
		return "it does not declare shares_memory, but its child "
		       "shares the caller's";
	if (seen->shares_memory == 0 && (traits & SW_SHARES_MEMORY))
		return "it declares shares_memory, but its child has its own";
	if (seen->suspends_caller > 0 && !(traits & SW_SUSPENDS_CALLER))
		return "it declares asynchronous, but its caller waits for "
		       "exec";
	if (seen->suspends_caller == 0 && (traits & SW_SUSPENDS_CALLER))
		return "it declares suspends_caller, but its caller goes on "
		       "before exec";
	return NULL;
}

#define FLAG(name)                                                             \
	{                                                                      \
		name, #name                                                    \
	}

static const struct {
	uint64_t flag;
	const char *name;
} flags[] = {
	FLAG(CLONE_VM),
	FLAG(CLONE_VFORK),
	FLAG(CLONE_FS),
	FLAG(CLONE_FILES),
	FLAG(CLONE_SIGHAND),
	FLAG(CLONE_PARENT),
	FLAG(CLONE_THREAD),
	FLAG(CLONE_PIDFD),
	FLAG(CLONE_SETTLS),
	FLAG(CLONE_PARENT_SETTID),
	FLAG(CLONE_CHILD_SETTID),
	FLAG(CLONE_CHILD_CLEARTID),
	FLAG(CLONE_CLEAR_SIGHAND),
	FLAG(CLONE_INTO_CGROUP),
};

static const char *call_name(int number)
{
#ifdef SYS_fork
	if (number == SYS_fork)
		return "fork";
	if (number == SYS_vfork)
		return "vfork";
#endif
	return number == SYS_clone ? "clone" : "clone3";
}

/* "CLONE_VM|CLONE_VFORK|SIGCHLD" */
static void list_flags(const struct clone_args *how, char *list)
{
	uint64_t left = how->flags;

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (left & flags[i].flag)
			text_join(list, ATTEST_BYTES, "|", "%s", flags[i].name);
		left &= ~flags[i].flag;
	}
	if (left)
		text_join(list, ATTEST_BYTES, "|", "0x%" PRIx64, left);
	if (how->exit_signal == SIGCHLD)
		text_join(list, ATTEST_BYTES, "|", "SIGCHLD");
	else if (how->exit_signal)
		text_join(list, ATTEST_BYTES, "|", "signal %d",
			  (int)how->exit_signal);
}

static void describe(const struct watch *watch)
{
	struct attestation *seen = watch->seen;
	char list[ATTEST_BYTES] = "";

	if (!watch->call) {
		strcpy(seen->text, "creates nothing");
		return;
	}
	list_flags(&watch->how, list);
	text_join(seen->call, ATTEST_BYTES, "", "%s(%s)",
		  call_name(watch->call), list);
	seen->by = watch->by_helper ? "helper" : "caller";
	text_join(seen->text, ATTEST_BYTES, "", "%s by %s %s; ", seen->call,
		  watch->by_helper ? "a" : "the", seen->by);
	if (watch->door == NONE)
		text_join(seen->text, ATTEST_BYTES, "", "never came to exec");
	else
		text_join(seen->text, ATTEST_BYTES, "", "%s; %s",
			  seen->shares_memory ? "shares memory"
					      : "has its own memory",
			  seen->suspends_caller ? "suspends the caller"
						: "the caller goes on");
}

void attest(const struct sw_strategy *strategy, struct attestation *seen)
{
	struct watch watch = {
		.seen = seen,
		.deadline_ns = clock_now_ns() + PATIENCE_NS,
		.listener = -1,
	};
	bool fails_held;

	*seen = (struct attestation){ .shares_memory = -1,
				      .suspends_caller = -1 };
	fails_held = try_again(strategy, observe(strategy, &watch), seen);
	if (seen->refused || seen->unseen) {
		seen->shares_memory = seen->suspends_caller = -1;
		if (!seen->refused)
			text_join(seen->text, ATTEST_BYTES, "",
				  "not attested: %s", strerror(seen->unseen));
		return;
	}
	seen->contradiction =
		fails_held ? "it fails while its child is held before exec, "
			     "and works otherwise"
			   : find_fault(strategy->traits, &watch);
	describe(&watch);
}

#define AT(member) offsetof(struct attestation, member)

static const struct row_field fields[] = {
	FIELD("refused", ERRNO, AT(refused),
	      "name of the error by which it is not available here"),
	FIELD("unseen", ERRNO, AT(unseen),
	      "name of the error that kept us from looking: its traits are "
	      "taken on trust"),
	FIELD("call", LINE, AT(call),
	      "the system call that created the child, as strace shows it "
	      "without pointers: `clone3(CLONE_VM\\|CLONE_VFORK\\|SIGCHLD)`; "
	      "`null`: none was seen"),
	FIELD("by", TEXT, AT(by),
	      "the thread that made it: the `caller` of the spawn, or a "
	      "`helper`"),
	FIELD("shares_memory", YES, AT(shares_memory),
	      "the child had the caller's memory until exec"),
	FIELD("suspends_caller", YES, AT(suspends_caller),
	      "the spawn had not returned while the child was held"),
	FIELD("contradiction", TEXT, AT(contradiction),
	      "how its traits say otherwise"),
	{ 0 },
};

const struct row_type attest_row = ROW_TYPE("attested", fields);

json_t *attest_json(const struct sw_strategy *const *strategies,
		    const struct attestation *seen, size_t count)
{
	json_t *all = json_object();

	for (size_t i = 0; i < count; i++)
		json_object_set_new(all, strategies[i]->name,
				    row_json(&attest_row, &seen[i]));
	return all;
}

void attest_report(FILE *stream, const struct sw_strategy *const *strategies,
		   const struct attestation *seen, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = strategies[i]->name;

		if (seen[i].refused)
			fprintf(stream, "%s is not available here: %s. %s\n",
				name, strerror(seen[i].refused),
				cure_of(CURE_STRATEGY, -seen[i].refused,
					"Use another strategy."));
		else if (seen[i].unseen)
			fprintf(stream,
				"%s could not be attested (%s): its traits are "
				"taken on trust.\n",
				name, strerror(seen[i].unseen));
		if (seen[i].contradiction)
			fprintf(stream,
				"%s is not what it says: %s. Correct its "
				"traits, then measure it.\n",
				name, seen[i].contradiction);
	}
}
