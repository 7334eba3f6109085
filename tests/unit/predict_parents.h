/* SPDX-License-Identifier: MIT */
/* Two machines and a parent on each, whose numbers tests work out by hand. */
#ifndef TESTS_PREDICT_PARENTS_H
#define TESTS_PREDICT_PARENTS_H

#include "bench/judge/predict.h"
#include "lib/spawnwise.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define CHARGES (SW_CHARGES_COMMIT | SW_COPIES_PAGE_TABLES)
#define SHARES (SW_SHARES_MEMORY | SW_SUSPENDS_CALLER)
#define MAPS (SHARES | SW_MAPS_MEMORY)

/* 24 GiB of RAM, no swap, CommitLimit 12 GiB; a parent with one 8 GiB heap. */
static inline struct predict_facts big_parent(void)
{
	return (struct predict_facts){
		.accountable_bytes = 8 * GIB,
		.largest_vma_bytes = 8 * GIB,
		.total_vm_bytes = 8 * GIB,
		.admin = true,
		.ram_bytes = 24 * GIB,
		.commit_limit_bytes = 12 * GIB,
		.committed_bytes = 8 * GIB + 300 * MIB,
		.admin_reserve_bytes = 8 * MIB,
		.user_reserve_bytes = 128 * MIB,
	};
}

/* 16 GB of RAM, 4 GB of swap, mode 2 with ratio 95: a database server's meminfo
 * (rr-debugger/rr, issue 3721). */
static inline struct predict_facts database_server(void)
{
	return (struct predict_facts){
		.accountable_bytes = 1 * GIB,
		.largest_vma_bytes = 1 * GIB,
		.total_vm_bytes = 1 * GIB,
		.ram_bytes = 16380384ull << 10,
		.swap_bytes = 4029436ull << 10,
		.commit_limit_bytes = 19590800ull << 10,
		.committed_bytes = 17708860ull << 10,
		.admin_reserve_bytes = 8 * MIB,
		.user_reserve_bytes = 128 * MIB,
	};
}

#endif
