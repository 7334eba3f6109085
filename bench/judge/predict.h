/* SPDX-License-Identifier: MIT */
/*
 * Will a spawn be refused for want of memory? Arithmetic on known facts.
 *
 * The rules are those of __vm_enough_memory() in mm/util.c, Linux 5.2 and
 * later, applied to what dup_mmap() asks for: the size of every accountable
 * VMA once more. A child that shares our memory never gets there, but the libc
 * may map a stack for it. The same rules tell whether memory can be mapped at
 * all.
 */
#ifndef JUDGE_PREDICT_H
#define JUDGE_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

/* The state of parent and machine just before the spawn. */
struct predict_facts {
	/* The parent: from its smaps, VMAs with the flag "ac" but not "dc". */
	uint64_t accountable_bytes; /* all of them together */
	uint64_t largest_vma_bytes; /* the largest alone */
	uint64_t total_vm_bytes;    /* VmSize */
	bool admin;	     /* CAP_SYS_ADMIN in the first user namespace */
	uint64_t data_bytes; /* VmData: private and writable */
	uint64_t address_limit_bytes; /* RLIMIT_AS; 0: none */
	uint64_t data_limit_bytes;    /* RLIMIT_DATA; 0: none */

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
 * overcommit is the mode, 0 to 2. In mode 2 the answer may be wrong nearer to
 * the limit than predict_slack(). */
int predict(unsigned traits, int overcommit, const struct predict_facts *facts);

/* A heap, as a program maps it: anonymous and writable. */
struct predict_mapping {
	uint64_t bytes;	   /* in all */
	unsigned requests; /* of equal size, one after the other */
	unsigned vmas;	   /* that they become: equal neighbours merge */
	bool shared;	   /* MAP_SHARED: charged once, copied by no fork */
	bool noreserve;	   /* MAP_NORESERVE: free, but in mode 2 (do_mmap()) */
	bool dontfork;	   /* then MADV_DONTFORK, madvise(2) */
};

/* 0 when it should be granted in that mode, and the facts are those after it;
 * else ENOMEM, and they hold what was granted before the refusal. */
int predict_map(const struct predict_mapping *mapping, int overcommit,
		struct predict_facts *facts);

/* The largest heap, private and in that many VMAs, with which the spawn should
 * work, in bytes: facts are those of the parent without it, room_bytes is what
 * its address space can take. */
uint64_t predict_frontier(unsigned traits, int overcommit, unsigned vmas,
			  uint64_t room_bytes,
			  const struct predict_facts *facts);

/* By how much the kernel's own count of commits may be wrong in mode 2, in
 * bytes: each CPU keeps a share to itself (mm_compute_batch() in mm/mm_init.c,
 * Linux 5.9), in all RAM / 256. */
uint64_t predict_slack(const struct predict_facts *facts);

/* What strict overcommit would still grant the process, in bytes. */
uint64_t predict_left(const struct predict_facts *facts);

/* What a child asks the kernel to commit as long as it lives, in bytes, in any
 * mode. */
uint64_t predict_commit(unsigned traits, const struct predict_facts *facts);

/* The same and what the spawn maps besides, for a moment. */
uint64_t predict_asked(unsigned traits, const struct predict_facts *facts);

/* Why mode 2 may not be held while this spawn is made, or NULL: what is left
 * below the limit, with the child alive, must be at least 256 MiB and 2 % of
 * the RAM, or other programs fail to allocate. A sentence, the same one every
 * time, since how much was left at that moment helps nobody; it is valid until
 * the next call. */
const char *headroom_lack(unsigned traits, const struct predict_facts *facts);

/* The same of so many bytes that are asked for in mode 2. They harm nobody
 * where the request is refused beyond the counter's doubt. */
const char *request_harm(uint64_t asked_bytes,
			 const struct predict_facts *facts);

#endif
