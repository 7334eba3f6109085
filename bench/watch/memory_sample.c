/* SPDX-License-Identifier: MIT */
/* The table that `watch` writes; see memory_sample.h. */

#include "bench/watch/memory_sample.h"

#define AT(member) offsetof(struct memory_sample, member)

static const struct row_field fields[] = {
	FIELD("time_s", SECONDS, AT(time_s),
	      "since the watch began, `CLOCK_MONOTONIC`"),
	FIELD("rss_bytes", BYTES, AT(rss_bytes),
	      "resident memory, `VmRSS`: the next three together"),
	FIELD("anon_bytes", BYTES, AT(anon_bytes),
	      "anonymous: heap, stacks (`RssAnon`)"),
	FIELD("file_bytes", BYTES, AT(file_bytes),
	      "pages of mapped files, which the kernel can drop (`RssFile`)"),
	FIELD("shmem_bytes", BYTES, AT(shmem_bytes),
	      "shared memory (`RssShmem`)"),
	FIELD("swap_bytes", BYTES, AT(swap_bytes),
	      "anonymous memory that is swapped out (`VmSwap`)"),
	FIELD("page_table_bytes", BYTES, AT(page_table_bytes),
	      "page tables (`VmPTE`)"),
	FIELD("vm_bytes", BYTES, AT(vm_bytes), "address space (`VmSize`)"),
	FIELD("oom_score", NUMBER, AT(oom_score),
	      "as the kernel prints it: about 666 without memory or "
	      "adjustment, one step is 1.5 thousandths of RAM and swap"),
	FIELD("oom_score_adj", NUMBER, AT(oom_score_adj), "-1000 to 1000"),
	FIELD("cgroup_usage_bytes", BYTES, AT(cgroup_usage_bytes),
	      "what the group is charged, page cache too. The group is the one "
	      "with the least room, from the process's own upwards; without "
	      "limits its own. Empty: none that tells"),
	FIELD("cgroup_cache_bytes", BYTES, AT(cgroup_cache_bytes),
	      "of it, page cache not used lately (`inactive_file`): dropped "
	      "before anybody is killed"),
	FIELD("cgroup_limit_bytes", BYTES, AT(cgroup_limit_bytes),
	      "the limit of that group which is met first (`memory.max`, "
	      "`memory.high`; version 1: `memory.limit_in_bytes`, "
	      "`memory.memsw.limit_in_bytes`, whose usage is then told); "
	      "empty: none"),
	FIELD("available_bytes", BYTES, AT(available_bytes),
	      "of the machine, `MemAvailable`"),
	FIELD("swap_free_bytes", BYTES, AT(swap_free_bytes),
	      "of the machine, `SwapFree`"),
	FIELD("committed_bytes", BYTES, AT(committed_bytes),
	      "of the machine, `Committed_AS`"),
	FIELD("commit_limit_bytes", BYTES, AT(commit_limit_bytes),
	      "of the machine, `CommitLimit`; binds in overcommit mode 2"),
	FIELD("date_utc", DATE, AT(date), "when the reading was taken"),
	FIELD("hugetlb_bytes", BYTES, AT(hugetlb_bytes),
	      "pages of hugetlbfs (`HugetlbPages`), which are not in the RSS "
	      "and come out of a pool of their own"),
	{ 0 },
};

const struct row_type memory_sample_row = { "watch", { { .fields = fields } } };
