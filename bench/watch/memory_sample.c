/* SPDX-License-Identifier: MIT */
/* The table that `watch` writes; see memory_sample.h. */

#include "bench/watch/memory_sample.h"

#define AT(member) offsetof(struct memory_sample, member)

static const struct row_field fields[] = {
	FIELD("time_s", SECONDS, AT(time_s)),
	FIELD("rss_bytes", BYTES, AT(rss_bytes)),
	FIELD("anon_bytes", BYTES, AT(anon_bytes)),
	FIELD("file_bytes", BYTES, AT(file_bytes)),
	FIELD("shmem_bytes", BYTES, AT(shmem_bytes)),
	FIELD("swap_bytes", BYTES, AT(swap_bytes)),
	FIELD("page_table_bytes", BYTES, AT(page_table_bytes)),
	FIELD("vm_bytes", BYTES, AT(vm_bytes)),
	FIELD("oom_score", NUMBER, AT(oom_score)),
	FIELD("oom_score_adj", NUMBER, AT(oom_score_adj)),
	FIELD("cgroup_usage_bytes", BYTES, AT(cgroup_usage_bytes)),
	FIELD("cgroup_cache_bytes", BYTES, AT(cgroup_cache_bytes)),
	FIELD("cgroup_limit_bytes", BYTES, AT(cgroup_limit_bytes)),
	FIELD("available_bytes", BYTES, AT(available_bytes)),
	FIELD("swap_free_bytes", BYTES, AT(swap_free_bytes)),
	FIELD("committed_bytes", BYTES, AT(committed_bytes)),
	FIELD("commit_limit_bytes", BYTES, AT(commit_limit_bytes)),
	FIELD("date_utc", DATE, AT(date)),
	FIELD("hugetlb_bytes", BYTES, AT(hugetlb_bytes)),
	{ 0 },
};

const struct row_type memory_sample_row = { "watch", { { .fields = fields } } };
