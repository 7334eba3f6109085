/* SPDX-License-Identifier: MIT */
/*
 * The table that `watch` writes: one process's memory at one moment a row, and
 * what stands around it. data/README.md defines the columns.
 */
#ifndef WATCH_MEMORY_SAMPLE_H
#define WATCH_MEMORY_SAMPLE_H

#include <stdint.h>
#include <time.h>

#include "bench/rows/rows.h"

/* What time_s of a row tells apart. */
#define MEMORY_SAMPLE_TIME_NS 1000000

/* What was read at one moment; what is not told is BYTES_UNKNOWN. */
struct memory_sample {
	double time_s; /* since the watch began */
	time_t date;
	uint64_t rss_bytes; /* the next three together */
	uint64_t anon_bytes;
	uint64_t file_bytes;
	uint64_t shmem_bytes;
	uint64_t swap_bytes;
	uint64_t page_table_bytes;
	uint64_t vm_bytes;
	uint64_t hugetlb_bytes; /* not in the RSS */
	int oom_score;
	int oom_score_adj;
	/* Of the control group that has the least room for it. */
	uint64_t cgroup_usage_bytes; /* unknown: there is none that tells */
	uint64_t cgroup_cache_bytes; /* of the usage: could be dropped */
	uint64_t cgroup_limit_bytes; /* unknown: there is none */
	/* Of the machine. */
	uint64_t available_bytes;
	uint64_t swap_free_bytes;
	uint64_t committed_bytes;
	uint64_t commit_limit_bytes;
};

/* A row of it, of struct memory_sample. */
extern const struct row_type memory_sample_row;

#endif
