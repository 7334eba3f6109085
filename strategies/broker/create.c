/* SPDX-License-Identifier: MIT */
/*
 * A helper creates a child, which first becomes what it would be as a child
 * of the calling thread, and then does as any other.
 */

#include "strategies/broker/create.h"

#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/caller.h"
#include "lib/clone.h"
#include "lib/raw.h"
#include "strategies/broker/changes.h"
#include "strategies/broker/follow.h"

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

/* Where setting what is set already is refused, nothing is: a filter may refuse
 * it (be_patient() in helper.c). */
static bool is_scheduled_so(const struct sw_sched *ours,
			    const struct sw_sched *wanted)
{
	return ours->policy == wanted->policy && ours->nice == wanted->nice &&
	       ours->priority == wanted->priority &&
	       ours->runtime == wanted->runtime;
}

SW_CHILD_HALF static long schedule(const struct sw_helper *helper,
				   const struct sw_order *order)
{
	long result = 0;

	if (order->sched.size &&
	    !is_scheduled_so(&helper->sched, &order->sched))
		result = raw3(SYS_sched_setattr, 0, &order->sched, 0);
	if (result < 0 || sw_sched_has_nice(&order->sched))
		return result;
	return raw3(SYS_setpriority, PRIO_PROCESS, 0, order->nice);
}

/* Become a child of the calling thread. What cannot be taken over makes us
 * unfit to be one: -ESTALE. */
SW_CHILD_HALF static int become(const struct sw_job *job)
{
	const struct sw_helper *helper = job->helper;
	const struct sw_order *order = &job->order;
	const mode_t umask =
		order->umask < 0 ? job->changes.umask : (mode_t)order->umask;
	long result = 0;

	ignore(helper->facts.ignored, job->changes.ignored);
	if (umask != helper->umask)
		raw1(SYS_umask, umask);
	if (job->root[0])
		result = raw1(SYS_chroot, job->root);
	if (result >= 0)
		result = schedule(helper, order);
	if (result >= 0 && job->other_cpus)
		result = raw3(SYS_sched_setaffinity, 0, order->cpu_bytes,
			      job->slot->order.cpus);
	if (result >= 0 && order->group != helper->group)
		result = raw2(SYS_setpgid, 0, order->group);
	for (unsigned left = job->changes.limits; left && result >= 0;
	     left &= left - 1) {
		const int limit = __builtin_ctz(left);

		result = raw4(SYS_prlimit64, 0, limit,
			      &job->changes.limit[limit], 0);
	}
	return result < 0 ? -ESTALE : 0;
}

SW_CHILD_HALF static void run_child(void *data)
{
	const struct sw_job *job = data;
	struct sw_failure *failure = &job->slot->failure;

	sw_signals_block();
	failure->error = become(job);
	if (!failure->error)
		sw_child_run(&job->order.image, failure);
	sw_child_exit(127);
}

static bool has_other_cpus(struct sw_helper *helper, const struct sw_job *job)
{
	const unsigned char *wanted = job->slot->order.cpus;
	unsigned char *const ours = helper->cpus;
	const uint32_t bytes = job->order.cpu_bytes;

	if (raw3(SYS_sched_getaffinity, 0, sizeof helper->cpus, ours) <
	    (long)bytes)
		return bytes;
	for (uint32_t i = 0; i < bytes; i++)
		if (ours[i] != wanted[i])
			return true;
	return false;
}

/* Word by word, so that no compiler makes it a call of memcpy(3): the libc's
 * symbols can no longer be looked up here. */
static void copy_words(void *to, const void *from, size_t bytes)
{
	const volatile uint64_t *source = from;
	uint64_t *target = to;

	for (size_t i = 0; i < bytes / sizeof *target; i++)
		target[i] = source[i];
}

/* Write down what the child needs, on its own stack. */
static int prepare(struct sw_helper *helper, struct sw_job *job)
{
	struct sw_arena *arena = helper->arena;
	int error;

	job->helper = helper;
	copy_words(&job->order, &job->slot->order,
		   offsetof(struct sw_order, cpus));
	error = sw_order_check(&job->order, (char *)arena->slots, arena->end);
	if (error)
		return error;
	if (helper->stale || sw_helper_has_parted(helper, job->order.thread))
		return -ESTALE;
	if (job->order.thread == helper->caller && helper->leader_stale)
		return -ESTALE;
	copy_words(&job->changes, &helper->changes, sizeof job->changes);
	job->other_cpus = has_other_cpus(helper, job);
	job->order.image.request = &job->order.request;
	return sw_helper_follow(helper, job);
}

/* A child that changes its ids takes the flag from the memory that we share
 * (commit_creds() in kernel/cred.c). Before it has left, its new owner could
 * trace it there, if the flag came back. */
static bool takes_dumpable(const struct sw_helper *helper,
			   const struct sw_job *job)
{
	return job->order.request.fields & (SW_IDS | SW_RESETIDS) &&
	       helper->is_dumpable && !helper->may_write_any;
}

/* A copy of the caller would have its flag, of now. */
static void follow_dumpable(struct sw_helper *helper, const struct sw_job *job)
{
	const bool wanted = job->order.dumpable == 1;

	if (wanted != helper->is_dumpable)
		raw2(SYS_prctl, PR_SET_DUMPABLE, wanted);
	helper->is_dumpable = wanted;
}

/*
 * What the kernel would apply to all who share the memory: oom_score_adj, but
 * for a child that its parent waits for (__set_oom_adj() in fs/proc/base.c).
 * And answers that are told by a descriptor are told by us.
 */
static bool must_wait(const struct sw_helper *helper, const struct sw_job *job)
{
	return job->order.request.fields & SW_OOMADJ ||
	       takes_dumpable(helper, job) ||
	       atomic_load(&helper->arena->telling);
}

int sw_helper_create(struct sw_helper *helper, int number)
{
	struct sw_slot *slot = &helper->arena->slots[number].slot;
	char *stack = sw_stack(&helper->stacks, number);
	struct sw_job *job = (struct sw_job *)(stack + SW_STACK_BYTES) - 1;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_PARENT | CLONE_PARENT_SETTID |
			 CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND,
		.stack = (uintptr_t)stack,
		.stack_size = SW_STACK_BYTES - sizeof *job,
		.parent_tid = (uintptr_t)&slot->child.pid,
		.child_tid = (uintptr_t)&helper->arena->answers[number].word,
	};
	int error;
	long pid;

	job->slot = slot;
	error = prepare(helper, job);
	if (error)
		return error;
	follow_dumpable(helper, job);
	if (must_wait(helper, job))
		args.flags |= CLONE_VFORK;
	sw_clone_for(&args, &job->order.image, &slot->child);
	pid = sw_clone(&args, run_child, job);
	if (takes_dumpable(helper, job))
		raw2(SYS_prctl, PR_SET_DUMPABLE, 1);
	if (pid > 0)
		return 0;
	/* The kernel may have written them before it failed. */
	slot->child.pid = 0;
	slot->child.pidfd = -1;
	slot->failure.stage = SW_BIRTH;
	return (int)pid;
}
