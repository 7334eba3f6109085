/* SPDX-License-Identifier: MIT */
/*
 * A helper creates a child, which first becomes what it would be as a child
 * of the calling thread, and then does as any other.
 */

#include <errno.h>
#include <linux/kcmp.h>

#include "lib/clone.h"
#include "lib/raw.h"
#include "strategies/broker/helper.h"

#define SIGNAL_COUNT 64

/* The child has our dispositions: ignore what the caller ignores now. */
SW_CHILD_HALF static void ignore(sw_sigset ours, sw_sigset wanted)
{
	for (int number = 1; number <= SIGNAL_COUNT; number++) {
		const sw_sigset bit = (sw_sigset)1 << (number - 1);
		/* The kernel's struct sigaction, handler first. */
		unsigned long action[8] = { 0 };

		if (!((ours ^ wanted) & bit))
			continue;
		action[0] = (unsigned long)(wanted & bit ? SIG_IGN : SIG_DFL);
		raw4(SYS_rt_sigaction, number, action, 0, sizeof ours);
	}
}

/* Become a child of the calling thread. What cannot be taken over makes us
 * unfit to be one: -ESTALE. */
SW_CHILD_HALF static int become(struct sw_helper *helper)
{
	const struct sw_order *order = &helper->order;
	struct sw_facts facts;
	long result = 0;

	if (sw_facts_read(&facts, &helper->status, &helper->reader) ||
	    facts.bounding != helper->facts.bounding ||
	    facts.ambient != helper->facts.ambient ||
	    facts.filters != helper->facts.filters)
		return -ESTALE;
	ignore(helper->facts.ignored, facts.ignored);
	if (order->sched.size)
		result = raw3(SYS_sched_setattr, 0, &order->sched, 0);
	if (result >= 0 && helper->other_cpus)
		result = raw3(SYS_sched_setaffinity, 0, order->cpu_bytes,
			      helper->slot->order.cpus);
	if (result >= 0 && order->group != helper->group)
		result = raw2(SYS_setpgid, 0, order->group);
	for (unsigned left = helper->other_limits; left && result >= 0;
	     left &= left - 1) {
		const int limit = __builtin_ctz(left);

		result = raw4(SYS_prlimit64, 0, limit,
			      &helper->child_limits[limit], 0);
	}
	return result < 0 ? -ESTALE : 0;
}

SW_CHILD_HALF static void run_child(void *data)
{
	struct sw_helper *helper = data;
	struct sw_failure *failure = &helper->slot->failure;

	sw_signals_block();
	failure->error = become(helper);
	if (!failure->error)
		sw_child_run(&helper->order.image, failure);
	sw_child_exit(127);
}

static bool equal_limits(const struct rlimit *one, const struct rlimit *other)
{
	return one->rlim_cur == other->rlim_cur &&
	       one->rlim_max == other->rlim_max;
}

/* Which of the caller's limits are not ours. That of descriptors becomes ours
 * at once, because it is for the whole table, where a pidfd has to fit. */
static int compare_limits(struct sw_helper *helper)
{
	struct rlimit *wanted = helper->child_limits;
	struct rlimit *files = &helper->limits[RLIMIT_NOFILE];

	helper->other_limits = 0;
	if (!helper->can_ask_limits)
		return 0;
	raw4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, files);
	for (int limit = 0; limit < SW_LIMIT_COUNT; limit++) {
		if (limit == RLIMIT_RSS || limit == RLIMIT_LOCKS)
			continue; /* without effect, setrlimit(2) */
		if (raw4(SYS_prlimit64, helper->caller, limit, 0,
			 &wanted[limit]) < 0)
			return -ESTALE;
		if (!equal_limits(&wanted[limit], &helper->limits[limit]))
			helper->other_limits |= 1u << limit;
	}
	if (!(helper->other_limits & 1u << RLIMIT_NOFILE))
		return 0;
	helper->other_limits &= ~(1u << RLIMIT_NOFILE);
	return raw4(SYS_prlimit64, 0, RLIMIT_NOFILE, &wanted[RLIMIT_NOFILE],
		    0) < 0
		       ? -ESTALE
		       : 0;
}

static bool has_other_cpus(struct sw_helper *helper)
{
	const unsigned char *wanted = helper->slot->order.cpus;
	unsigned char *const ours = helper->cpus;
	const uint32_t bytes = helper->order.cpu_bytes;

	if (raw3(SYS_sched_getaffinity, 0, sizeof helper->cpus, ours) <
	    (long)bytes)
		return bytes;
	for (uint32_t i = 0; i < bytes; i++)
		if (ours[i] != wanted[i])
			return true;
	return false;
}

bool sw_helper_differs(const struct sw_helper *helper, pid_t thread, int kind)
{
	const long result =
		raw6(SYS_kcmp, thread, raw0(SYS_getpid), kind, 0, 0, 0);

	if (result == -ESRCH && thread != helper->caller)
		return sw_helper_differs(helper, helper->caller, kind);
	return result > 0 || (result < 0 && helper->can_compare);
}

/* Whether the calling thread has descriptors or a working folder that we do
 * not share: unshare(2); whoever enters a mount or user namespace parts from
 * our folders, too. */
static bool has_parted(const struct sw_helper *helper)
{
	const pid_t thread = helper->order.thread;

	return sw_helper_differs(helper, thread, KCMP_FILES) ||
	       sw_helper_differs(helper, thread, KCMP_FS);
}

int sw_helper_create(struct sw_helper *helper, atomic_uint *left)
{
	struct sw_slot *slot = helper->slot;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT |
			 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
			 CLONE_CLEAR_SIGHAND,
		.stack = (uintptr_t)helper->child_stack,
		.stack_size = sizeof helper->child_stack,
		.parent_tid = (uintptr_t)&slot->child.pid,
		.child_tid = (uintptr_t)left,
	};
	int error = has_parted(helper) ? -ESTALE : compare_limits(helper);
	long pid;

	if (error)
		return error;
	helper->other_cpus = has_other_cpus(helper);
	helper->order.image.request = &helper->order.request;
	helper->order.image.handlers_cleared = sw_clone_clears_handlers();
	sw_clone_for(&args, &helper->order.request, &slot->child);
	pid = sw_clone(&args, run_child, helper);
	if (pid > 0)
		return 0;
	/* The kernel may have written them before it failed. */
	slot->child.pid = 0;
	slot->child.pidfd = -1;
	return (int)pid;
}
