/* SPDX-License-Identifier: MIT */
/*
 * Will a spawn be refused for want of memory? Arithmetic on known facts.
 *
 * The rules are those of __vm_enough_memory() in mm/util.c, Linux 5.2 and
 * later, applied to what dup_mmap() asks for: the size of every accountable
 * VMA once more. A child that shares our memory never gets there.
 */
#ifndef JUDGE_PREDICT_H
#define JUDGE_PREDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The state of parent and machine just before the spawn. */
struct predict_facts {
	/* The parent: from its smaps, VMAs with the flag "ac" but not "dc". */
	uint64_t accountable_bytes; /* all of them together */
	uint64_t largest_vma_bytes; /* the largest alone */
	uint64_t total_vm_bytes;    /* VmSize */
	bool admin; /* CAP_SYS_ADMIN in the first user namespace */

	/* The machine: from meminfo and vm.admin_reserve_kbytes and
	 * vm.user_reserve_kbytes. The limit is that of mode 2, whatever the
	 * mode is. */
	uint64_t ram_bytes;
	uint64_t swap_bytes;
	uint64_t commit_limit_bytes;
	uint64_t committed_bytes;
	uint64_t admin_reserve_bytes;
	uint64_t user_reserve_bytes;
};

/* 0 when the spawn should work, else ENOMEM. traits are enum sw_trait,
 * overcommit is the mode, 0 to 2. The kernel counts commits per CPU and sums
 * them late, so in mode 2 the answer may be wrong some 100 MiB around the
 * limit. */
int predict(unsigned traits, int overcommit, const struct predict_facts *facts);

/* What strict overcommit would still grant the process, in bytes. */
uint64_t predict_left(const struct predict_facts *facts);

/* What the spawn asks the kernel to commit, in bytes, in any mode. */
uint64_t predict_commit(unsigned traits, const struct predict_facts *facts);

/* Whether mode 2 may be held while this spawn is made: what is left below the
 * limit, with the child alive, must be at least 256 MiB and 2 % of the RAM, or
 * other programs fail to allocate. If not, why says so in a sentence, the same
 * one every time: how much was left at that moment helps nobody. */
bool headroom_ok(unsigned traits, const struct predict_facts *facts, char *why,
		 size_t why_bytes);

#endif
