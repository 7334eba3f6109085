/* SPDX-License-Identifier: MIT */
/* How much memory one process is promised in one overcommit mode. */
#ifndef LABS_PROMISE_H
#define LABS_PROMISE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/judge/predict.h"

/* The user's part of the address space. Five-level page tables and 52-bit
 * addresses are for those who ask for them by a hint to mmap(2)
 * (Documentation/arch/x86/x86_64/5level-paging.rst). */
#ifdef __aarch64__
#define ADDRESS_SPACE_BYTES ((uint64_t)1 << 48)
#else
#define ADDRESS_SPACE_BYTES ((uint64_t)1 << 47)
#endif

/* Filled in by the worker, in memory that we share. */
struct promise {
	int mode;
	bool alone;

	/* Just before, in that mode. */
	struct predict_facts facts;
	/* Addresses are not given from below the stack downwards: in the layout
	 * of setarch -L and vm.legacy_va_layout they begin at a third of all,
	 * under an unlimited stack at a sixth, and what is beyond stays unused
	 * in part (mmap_base() in arch/x86/mm/mmap.c and mm/util.c). */
	bool unusual;

	uint64_t largest_bytes; /* a single request that was granted */
	uint64_t promised_bytes;
	uint64_t committed_bytes; /* by which Committed_AS grew */
	bool held_back;		  /* by us, for the others' sake */
	int error;		  /* of the experiment itself */

	/* By the rules, afterwards. */
	const char *stopped_by;
	/* Unknown where the addresses end first, and how many there are depends
	 * on their layout. */
	uint64_t predicted_bytes;
	uint64_t largest_predicted_bytes; /* unknown in mode 1 too */
	uint64_t commit_left_bytes;
	uint64_t address_limit_bytes;
};

/* In a worker (worker.h), data is its struct promise: ask for memory in
 * steps of 1 GiB and then in finer ones until there is no more. In mode 2 it
 * stops before the others on this machine get none, unless it is alone. */
void promise_take(void *data);

#endif
