/* SPDX-License-Identifier: MIT */
/* How a helper is born and ended; see bond.h. */

#include "strategies/broker/bond.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/caller.h"
#include "lib/clone.h"
#include "lib/probe.h"
#include "lib/wait.h"
#include "strategies/broker/helper.h"

#define BIRTHS 3 /* before we give up */
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
 * dropped root may not kill it; continue it he may, in the same session
 * (kill(2)), and one that is stopped would not hear. One that somebody else has
 * reaped is not ours to signal: its pid may be another's. */
static void end_helper(const struct sw_bond *bond)
{
	struct sw_arena *arena = bond->arena;
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)bond->helper, &info,
		   WEXITED | WNOHANG | WNOWAIT | __WALL))
		return;
	atomic_store(&arena->leave, 1);
	atomic_store(&arena->asleep, 0);
	sw_wake(&arena->asleep);
	if (kill(bond->helper, SIGKILL))
		kill(bond->helper, SIGCONT);
	while (waitpid(bond->helper, NULL, __WALL) < 0 && errno == EINTR)
		;
}

static int await_birth(const struct sw_bond *bond)
{
	atomic_uint *ready = &bond->arena->ready;
	unsigned answer;

	while (!(answer = atomic_load(ready))) {
		if (is_zombie(bond->helper))
			return -EPIPE;
		sw_wait(ready, 0, INT64_MAX, BIRTH_SLICE_MS);
	}
	return answer == 1 ? 0 : (int)answer;
}

/*
 * With exit_signal 0 a helper raises no SIGCHLD and is passed over by
 * wait(2); and so are its children, until exec. A copy of the caller that
 * fork(2) makes does not get the arena.
 */
static int bear_helper(struct sw_bond *bond, const struct sw_held *status)
{
	struct sw_arena *arena = bond->arena;
	struct clone_args args = {
		.flags = CLONE_FILES | CLONE_CLEAR_SIGHAND,
		.stack_size = SW_HELPER_STACK_BYTES,
	};
	struct sw_helper *helper;
	sw_sigset mask;
	long pid;
	int error;

	/* A helper born there is the namespace's init, and has no parent. */
	if (sw_births_elsewhere())
		return -ENOTSUP;
	sw_realm_take(&bond->realm);
	error = sw_identity_take(&bond->identity);
	if (!error)
		error = sw_facts_of_thread(&bond->facts);
	if (!error)
		error = sw_helper_prepare(&helper, arena, status, &bond->facts);
	if (error)
		return error;
	args.stack = (uintptr_t)helper->stack;
	mask = sw_signals_block();
	pid = sw_clone(&args, sw_helper_run, helper);
	sw_signals_restore(mask);
	madvise(arena, sizeof *arena, MADV_DONTFORK);
	sw_helper_discard(helper);
	if (pid < 0)
		return (int)pid;
	bond->helper = (pid_t)pid;
	error = await_birth(bond);
	if (error)
		end_helper(bond);
	return error;
}

static int open_once(struct sw_bond **out, const struct sw_held *status)
{
	static _Atomic uint64_t bonds;
	struct sw_bond *bond =
		aligned_alloc(_Alignof(struct sw_bond), sizeof *bond);
	int error;

	if (!bond)
		return -ENOMEM;
	memset(bond, 0, sizeof *bond);
	pthread_mutex_init(&bond->larges.lock, NULL);
	atomic_store(&bond->requests, 1);
	bond->number = atomic_fetch_add(&bonds, 1) + 1;
	bond->caller = getpid();
	sw_hold(&bond->bell.reader, -1);
	sw_hold(&bond->bell.writer, -1);
	bond->pidfd = -1;
	error = sw_arena_open(&bond->arena);
	if (error)
		goto free_bond;
	error = bear_helper(bond, status);
	if (error)
		goto close_arena;
	*out = bond;
	return 0;
close_arena:
	sw_arena_close(bond->arena);
free_bond:
	pthread_mutex_destroy(&bond->larges.lock);
	free(bond);
	return error;
}

/* Somebody may kill a helper that is not born yet. */
int sw_bond_open(struct sw_bond **bond, const struct sw_held *status)
{
	int error = -EPIPE;

	for (int births = 0; births < BIRTHS && error == -EPIPE; births++)
		error = open_once(bond, status);
	return error;
}

void sw_bond_close(struct sw_bond *bond)
{
	end_helper(bond);
	sw_arena_close(bond->arena);
	pthread_mutex_destroy(&bond->larges.lock);
	free(bond);
}
