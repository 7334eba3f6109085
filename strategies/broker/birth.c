/* SPDX-License-Identifier: MIT */
/* How a helper is born and ended; see birth.h. */

#include "strategies/broker/birth.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clone.h"
#include "lib/wait.h"
#include "strategies/broker/helper.h"

#define BIRTH_SLICE_MS 50

/* Whether a helper can still be waited for and is dead. */
static bool is_zombie(pid_t helper)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)helper, &info,
		      WEXITED | WNOHANG | WNOWAIT | __WALL) ||
	       info.si_pid == helper;
}

/* It has nothing to put in order. Asked as well, because a caller that has
 * dropped root may not kill it. One that somebody else has reaped is not ours
 * to signal: its pid may be another's. */
void sw_helper_end(struct sw_broker *broker)
{
	struct sw_arena *arena = broker->arena;
	siginfo_t info = { 0 };

	if (broker->helper <= 0 || waitid(P_PID, (id_t)broker->helper, &info,
					  WEXITED | WNOHANG | WNOWAIT | __WALL))
		return;
	atomic_store(&arena->leave, 1);
	atomic_store(&arena->asleep, 0);
	sw_wake(&arena->asleep);
	kill(broker->helper, SIGKILL);
	while (waitpid(broker->helper, NULL, __WALL) < 0 && errno == EINTR)
		;
	broker->helper = 0;
}

static int await_birth(struct sw_broker *broker)
{
	atomic_uint *ready = &broker->arena->ready;

	while (!atomic_load(ready)) {
		if (is_zombie(broker->helper))
			return -EPIPE;
		sw_wait(ready, 0, INT64_MAX, BIRTH_SLICE_MS);
	}
	return 0;
}

/*
 * With exit_signal 0 a helper raises no SIGCHLD and is passed over by
 * wait(2); and so are its children, until exec. A copy of the caller that
 * fork(2) makes does not get the arena.
 */
int sw_helper_bear(struct sw_broker *broker)
{
	struct sw_arena *arena = broker->arena;
	struct clone_args args = {
		.flags = CLONE_FILES | CLONE_FS | CLONE_CLEAR_SIGHAND,
		.stack_size = SW_HELPER_STACK_BYTES,
	};
	struct sw_helper *helper;
	sw_sigset mask;
	long pid;
	int error = sw_helper_prepare(&helper, arena, &broker->status);

	if (error)
		return error;
	args.stack = (uintptr_t)helper->stack;
	atomic_store(&arena->ready, 0);
	atomic_store(&arena->stale, 0);
	atomic_store(&arena->leave, 0);
	atomic_store(&arena->submitted, 0);
	sw_identity_take(&broker->identity);
	madvise(arena, sizeof *arena, MADV_DOFORK);
	mask = sw_signals_block();
	pid = sw_clone(&args, sw_helper_run, helper);
	sw_signals_restore(mask);
	madvise(arena, sizeof *arena, MADV_DONTFORK);
	sw_helper_discard(helper);
	if (pid < 0)
		return (int)pid;
	broker->helper = (pid_t)pid;
	error = await_birth(broker);
	if (error)
		sw_helper_end(broker);
	return error;
}
