/* SPDX-License-Identifier: MIT */
/*
 * The broker's helper: a small process that creates children for its parent.
 *
 * It shares the caller's descriptors (CLONE_FILES), so that none needs to be
 * sent, and goes after its working folder, root and umask (place.h). It is
 * born in a process that may have threads: it calls nothing that takes a lock
 * or memory.
 */
#ifndef BROKER_HELPER_H
#define BROKER_HELPER_H

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

/* Map one for a helper of the calling thread, whose facts these are; -ENOMEM.
 */
int sw_helper_prepare(struct sw_helper **helper, struct sw_arena *arena,
		      const struct sw_held *status,
		      const struct sw_facts *facts);

/* In the caller, once the helper has its copy. */
void sw_helper_discard(struct sw_helper *helper);

/* The helper's life, on its stack; data is its struct sw_helper. */
void sw_helper_run(void *data);

/* Look at what the caller can change without our knowing: to be done after a
 * request came, and good for all that came before. */
void sw_helper_look(struct sw_helper *helper);

/*
 * Create the child that the request of a slot asks for: 0, and what becomes of
 * it is in the slot; or a negative errno when there is none. The kernel zeroes
 * and wakes the slot's answer when the child has left our memory, by exec or
 * by death (CLONE_CHILD_CLEARTID); we go on before that, or after it where the
 * child has to have us wait.
 */
int sw_helper_create(struct sw_helper *helper, int number);

/*
 * Whether thread (or, if it has ended, the caller's first) has other
 * descriptors than we: unshare(2). If that has ended too, there is no
 * difference: after exec(2) there would be a new first thread. Not being
 * allowed to ask is a difference if it was allowed before.
 */
bool sw_helper_has_parted(struct sw_helper *helper, pid_t thread);

/* Go to the working folder that a job asks for; if its root is not ours, tell
 * the child by job->root. 0, or -ESTALE where we cannot follow. */
int sw_helper_follow(struct sw_helper *helper, struct sw_job *job);

/* At rest: keep no folder in use that the caller may have left. */
void sw_helper_let_folder_go(struct sw_helper *helper);

/* Learn what we may see of the caller, while he is as he is. */
void sw_helper_learn(struct sw_helper *helper);

/* Whether the caller has come through exec, and has no use for us: he has other
 * descriptors; or, where we may not compare them, no arena, if /proc is the one
 * that we know. False where we may see neither. */
bool sw_helper_is_left(struct sw_helper *helper, bool has_same_proc);

/* Whether the caller's first thread has ended and others go on. */
bool sw_helper_lost_leader(struct sw_helper *helper);

/* In the caller: find our own code, which is to be kept. */
void sw_helper_find_code(struct sw_helper *helper);

/* Unmap what was copied from the caller and is not needed: it must not be
 * held twice. 0, or a negative errno: it takes a free descriptor. */
int sw_helper_trim(struct sw_helper *helper);

#endif
