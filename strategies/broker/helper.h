/* SPDX-License-Identifier: MIT */
/*
 * The broker's helper: a small process that creates children for its parent.
 *
 * It shares the caller's descriptors, working folder, root and umask
 * (CLONE_FILES, CLONE_FS), so that nothing of these needs to be sent. It is
 * born in a process that may have threads: it calls nothing that takes a lock
 * or memory.
 */
#ifndef BROKER_HELPER_H
#define BROKER_HELPER_H

#include <stdbool.h>
#include <sys/resource.h>

#include "lib/child.h"
#include "strategies/broker/arena.h"
#include "strategies/broker/look.h"

#define SW_LIMIT_COUNT 16 /* RLIM_NLIMITS of the kernel */
#define SW_HELPER_STACK_BYTES ((size_t)32 * 1024)

/* The helper's own, in a mapping that only it has. */
struct sw_helper {
	char guard[SW_PAGE_BYTES];
	char child_stack[SW_HELPER_STACK_BYTES];
	char stack[SW_HELPER_STACK_BYTES]; /* still while a child stands there
					    */

	/* From birth on. */
	struct sw_arena *arena;
	struct sw_status status;
	pid_t caller;
	pid_t group;
	unsigned in_flight;  /* the word of a request that is ours to serve */
	bool can_compare;    /* kcmp(2) is allowed to us */
	bool can_ask_limits; /* prlimit(2) wants our real id to be theirs */
	struct sw_facts facts;
	struct sw_namespaces namespaces;
	struct rlimit limits[SW_LIMIT_COUNT];
	uintptr_t thread_start; /* what the libc keeps for our thread */
	uintptr_t thread_end;

	/* The child being made. Not in the arena: a caller that scribbles
	 * there must not change what was checked. */
	struct sw_order order;
	struct sw_slot *slot;
	struct rlimit child_limits[SW_LIMIT_COUNT];
	unsigned other_limits; /* bit N: child_limits[N] is not ours */
	bool other_cpus;

	/* Room, here because stacks are small. */
	struct sw_reader reader;
	unsigned char cpus[SW_CPU_MASK_BYTES];
};

/* Map one for a helper of the calling thread; -ENOMEM. */
int sw_helper_prepare(struct sw_helper **helper, struct sw_arena *arena,
		      const struct sw_status *status);

/* The helper's life, on its stack; data is its struct sw_helper. */
void sw_helper_run(void *data);

/*
 * Create the child that helper->order asks for, and return when it has left
 * our memory, by exec or by death: 0, and what became of it is in the slot; or
 * a negative errno when there is none. The kernel zeroes and wakes *left at
 * that moment, before we run again (CLONE_CHILD_CLEARTID).
 */
int sw_helper_create(struct sw_helper *helper, atomic_uint *left);

/*
 * Whether thread (or, if it has ended, its process) has something else than
 * we, kind being KCMP_FILES or KCMP_FS of kcmp(2). Not being allowed to ask is
 * a difference if it was allowed before.
 */
bool sw_helper_differs(const struct sw_helper *helper, pid_t thread, int kind);

/* Unmap what was copied from the caller and is not needed: it must not be
 * held twice. */
void sw_helper_trim(struct sw_helper *helper);

#endif
