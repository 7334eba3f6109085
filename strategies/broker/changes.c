/* SPDX-License-Identifier: MIT */
/* In what a caller has changed since its helper was born. */

#include "strategies/broker/changes.h"

#include <errno.h>
#include <linux/kcmp.h>

#include "lib/raw.h"

static bool equal_limits(const struct rlimit *one, const struct rlimit *other)
{
	return one->rlim_cur == other->rlim_cur &&
	       one->rlim_max == other->rlim_max;
}

/* A limit that is to be ours as well. */
static int take_over(struct sw_helper *helper, int limit)
{
	const unsigned bit = 1u << limit;
	struct sw_changes *changes = &helper->changes;

	if (!(changes->limits & bit))
		return 0;
	changes->limits &= ~bit;
	helper->limits[limit] = changes->limit[limit];
	return raw4(SYS_prlimit64, 0, limit, &changes->limit[limit], 0) < 0
		       ? -ESTALE
		       : 0;
}

/* Which of the caller's limits are not ours. Two become ours at once: that of
 * descriptors is for the whole table, where a pidfd has to fit, and may have
 * been changed for us alone; that of processes is looked at when we create
 * one. */
static int compare_limits(struct sw_helper *helper)
{
	struct sw_changes *changes = &helper->changes;
	struct rlimit *const ours = helper->limits;
	struct rlimit *const wanted = changes->limit;
	int error;

	changes->limits = 0;
	if (!helper->can_ask_limits)
		return 0;
	raw4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &ours[RLIMIT_NOFILE]);
	for (int limit = 0; limit < SW_LIMIT_COUNT; limit++) {
		if (limit == RLIMIT_RSS || limit == RLIMIT_LOCKS)
			continue; /* without effect, setrlimit(2) */
		if (raw4(SYS_prlimit64, helper->caller, limit, 0,
			 &wanted[limit]) < 0)
			return -ESTALE;
		if (!equal_limits(&wanted[limit], &ours[limit]))
			changes->limits |= 1u << limit;
	}
	error = take_over(helper, RLIMIT_NOFILE);
	return error ? error : take_over(helper, RLIMIT_NPROC);
}

void sw_helper_look(struct sw_helper *helper)
{
	struct sw_facts now;

	helper->stale = -ESTALE;
	if (sw_facts_read(&now, &helper->status, &helper->reader))
		return;
	/* Of the others each has seen to it himself; see thread.h. */
	helper->leader_stale =
		sw_facts_equal(&now, &helper->facts) ? 0 : -ESTALE;
	helper->changes.ignored = now.ignored;
	if (now.umask != SW_NO_UMASK) /* else the last it had */
		helper->changes.umask = sw_umask_of(&now);
	helper->stale = compare_limits(helper);
}

bool sw_helper_lost_leader(struct sw_helper *helper)
{
	struct sw_facts now;

	return !sw_facts_read(&now, &helper->status, &helper->reader) &&
	       !now.has_memory;
}

/* An errno when the caller does not have the arena at our address. */
static int find_arena(const struct sw_helper *helper)
{
	const struct sw_arena *arena = helper->arena;

	return sw_mapping_look(helper->caller_name, arena, arena->end);
}

void sw_helper_learn(struct sw_helper *helper)
{
	helper->can_compare = true;
	helper->can_compare = !sw_helper_has_parted(helper, helper->caller);
	helper->can_find = !find_arena(helper);
}

/* A thread that ends has no memory either, and gets none again: looked at last,
 * that leaves no doubt. */
bool sw_helper_is_left(struct sw_helper *helper, bool has_same_proc)
{
	if (helper->can_compare)
		return sw_helper_has_parted(helper, helper->caller);
	return helper->can_find && has_same_proc &&
	       find_arena(helper) == -ENOENT && !sw_helper_lost_leader(helper);
}

/*
 * Whether a thread of the caller is ending: then it has given back memory,
 * descriptors, and differs from all that have some (do_exit() in
 * kernel/exit.c). Threads share their memory, but one that has ended, as the
 * first may long before the others, has as much as another such: none.
 */
static bool is_ending(struct sw_helper *helper, pid_t thread)
{
	const bool is_like_leader =
		!raw6(SYS_kcmp, thread, helper->caller, KCMP_VM, 0, 0, 0);

	return is_like_leader == sw_helper_lost_leader(helper);
}

bool sw_helper_has_parted(struct sw_helper *helper, pid_t thread)
{
	long result =
		raw6(SYS_kcmp, thread, raw0(SYS_getpid), KCMP_FILES, 0, 0, 0);

	if (result > 0 && is_ending(helper, thread))
		result = -ESRCH;
	if (result == -ESRCH)
		return thread != helper->caller &&
		       sw_helper_has_parted(helper, helper->caller);
	return result > 0 || (result < 0 && helper->can_compare);
}
