/* SPDX-License-Identifier: MIT */
/* The table that `watch` writes; see vitals.h. */

#include "bench/files/vitals.h"

static const char columns[] =
	"time_s,rss_bytes,anon_bytes,file_bytes,shmem_bytes,swap_bytes,"
	"page_table_bytes,vm_bytes,oom_score,oom_score_adj,cgroup_usage_bytes,"
	"cgroup_cache_bytes,cgroup_limit_bytes,available_bytes,"
	"swap_free_bytes,committed_bytes,commit_limit_bytes,date_utc,"
	"hugetlb_bytes";

int vitals_put_header(struct csv_writer *writer)
{
	return csv_put_names(writer, columns);
}

static void put_if(struct csv_writer *writer, bool known, uint64_t bytes)
{
	if (known)
		csv_put_size(writer, bytes);
	else
		csv_put_text(writer, NULL);
}

int vitals_put(struct csv_writer *writer, const struct vitals *vitals)
{
	char date[32];
	struct tm utc;

	csv_put_real(writer, vitals->time_s, 3);
	csv_put_size(writer, vitals->rss_bytes);
	csv_put_size(writer, vitals->anon_bytes);
	csv_put_size(writer, vitals->file_bytes);
	csv_put_size(writer, vitals->shmem_bytes);
	csv_put_size(writer, vitals->swap_bytes);
	csv_put_size(writer, vitals->page_table_bytes);
	csv_put_size(writer, vitals->vm_bytes);
	csv_put_integer(writer, vitals->oom_score);
	csv_put_integer(writer, vitals->oom_score_adj);
	put_if(writer, vitals->in_cgroup, vitals->cgroup_usage_bytes);
	put_if(writer, vitals->in_cgroup, vitals->cgroup_cache_bytes);
	put_if(writer, vitals->in_cgroup && vitals->cgroup_limited,
	       vitals->cgroup_limit_bytes);
	csv_put_size(writer, vitals->available_bytes);
	csv_put_size(writer, vitals->swap_free_bytes);
	csv_put_size(writer, vitals->committed_bytes);
	csv_put_size(writer, vitals->commit_limit_bytes);
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&vitals->date, &utc));
	csv_put_text(writer, date);
	csv_put_size(writer, vitals->hugetlb_bytes);
	return csv_end_row(writer);
}
