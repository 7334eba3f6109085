/* SPDX-License-Identifier: MIT */
/* What the helper knows and needs: of itself, of its caller and of a child that
 * it makes. */
#ifndef BROKER_STATE_H
#define BROKER_STATE_H

#include <stdbool.h>
#include <sys/resource.h>

#include "lib/child.h"
#include "lib/stacks.h"
#include "strategies/broker/arena.h"
#include "strategies/broker/look.h"

#define SW_LIMIT_COUNT 16 /* RLIM_NLIMITS of the kernel */
#define SW_HELPER_STACK_BYTES ((size_t)32 * 1024)

/* In what the caller differs from the helper, as of one look. */
struct sw_changes {
	sw_sigset ignored;
	mode_t umask;	 /* of its first thread */
	unsigned limits; /* bit N: limit N of the caller is another */
	struct rlimit limit[SW_LIMIT_COUNT];
};

/* A child being made: what it needs until it has left the helper's memory, at
 * the upper end of its stack. Not in the arena: a caller that scribbles there
 * must not change what was checked. */
struct sw_job {
	const struct sw_helper *helper;
	struct sw_slot *slot;
	struct sw_order order;
	struct sw_changes changes;
	bool other_cpus;
	char root[96]; /* to be entered, or "" */
} __attribute__((aligned(64)));

/* The helper's own, in a mapping that only it has. */
struct sw_helper {
	char guard[SW_PAGE_BYTES];
	char stack[SW_HELPER_STACK_BYTES];

	/* From birth on. */
	struct sw_stacks stacks; /* of children, one for each slot */
	struct sw_arena *arena;
	struct sw_held status;
	pid_t caller;
	char caller_name[16]; /* in /proc, or "" */
	pid_t group;
	unsigned in_flight;  /* the word of a request that is ours to serve */
	bool can_compare;    /* kcmp(2) is allowed to us */
	bool can_find;	     /* so are the caller's mappings in /proc */
	bool can_ask_limits; /* prlimit(2) wants our real id to be theirs */
	bool may_write_any;  /* to any file in /proc, dumpable or not */
	bool is_dumpable;    /* as we have set it */
	mode_t umask;
	struct sw_sched sched;
	struct sw_facts facts; /* as we were born; we do not change them */
	struct sw_namespaces namespaces;
	char mounts[SW_NAMESPACE_BYTES]; /* our mount namespace */
	struct sw_place place;
	struct rlimit limits[SW_LIMIT_COUNT];
	uintptr_t thread_start; /* what the libc keeps for our thread */
	uintptr_t thread_end;
	uintptr_t code_start; /* of our code and constants */
	uintptr_t code_end;
	int trimmed; /* what came of it: 0 or a negative errno */

	/* As of the last look. */
	int stale; /* -ESTALE: the caller is one we cannot work for, else 0 */
	int leader_stale; /* the same for its first thread alone */
	struct sw_changes changes;

	/* Room, here because stacks are small. */
	struct sw_reader reader;
	unsigned char cpus[SW_CPU_MASK_BYTES];
};

#endif
