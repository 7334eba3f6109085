/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory: /proc/meminfo, and what a run may take of it.
 *
 * These numbers decide what is predicted and how far a run goes, so a field
 * that is missing is an error and never a zero.
 */
#include "bench/machine/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/fields.h"
#include "bench/machine/text.h"

/* Hugetlb (all page sizes) came with Linux 4.17; before it only the pages of
 * the default size could be counted. */
struct huge_pages {
	uint64_t hugetlb_bytes;
	uint64_t pages;
	uint64_t page_bytes;
	bool summed;
};

int meminfo_parse(FILE *stream, struct meminfo *info)
{
	struct huge_pages huge = { 0 };
	bool seen[6] = { false };
	bool ignored;
	const struct field fields[] = {
		{ "MemTotal", &info->total_bytes, 1024, &seen[0] },
		{ "MemAvailable", &info->available_bytes, 1024, &seen[1] },
		{ "SwapTotal", &info->swap_total_bytes, 1024, &seen[2] },
		{ "SwapFree", &info->swap_free_bytes, 1024, &seen[3] },
		{ "CommitLimit", &info->commit_limit_bytes, 1024, &seen[4] },
		{ "Committed_AS", &info->committed_bytes, 1024, &seen[5] },
		{ "Hugetlb", &huge.hugetlb_bytes, 1024, &huge.summed },
		{ "HugePages_Total", &huge.pages, 1, &ignored },
		{ "Hugepagesize", &huge.page_bytes, 1024, &ignored },
	};
	int error;

	memset(info, 0, sizeof(*info));
	error = fields_parse(stream, fields, sizeof(fields) / sizeof(*fields));
	if (error)
		return error;
	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++)
		if (!seen[i])
			return -ENODATA;
	info->hugetlb_bytes =
		huge.summed ? huge.hugetlb_bytes : huge.pages * huge.page_bytes;
	return 0;
}

int meminfo_read(struct meminfo *info)
{
	FILE *stream = fopen("/proc/meminfo", "re");

	if (!stream)
		return -errno;
	int error = meminfo_parse(stream, info);
	fclose(stream);
	return error;
}

uint64_t meminfo_headroom_bytes(const struct meminfo *info)
{
	if (info->committed_bytes >= info->commit_limit_bytes)
		return 0;
	return info->commit_limit_bytes - info->committed_bytes;
}

int memory_allowance(uint64_t *bytes, char *why, size_t why_size)
{
	struct cgroup_limit limit;
	struct meminfo info = { 0 };
	char size[32];
	int error = meminfo_read(&info);

	if (error)
		return error;
	*bytes = info.available_bytes / 2;
	if (why)
		snprintf(why, why_size, "half of the %s of available memory",
			 text_size(size, sizeof(size), info.available_bytes));

	error = cgroup_memory_limit(&limit);
	if (error == -ENOENT)
		return 0;
	if (error)
		return error;
	if (limit.value / 2 >= *bytes)
		return 0;
	*bytes = limit.value / 2;
	if (why)
		snprintf(why, why_size, "half of the %s that cgroup %s allows",
			 text_size(size, sizeof(size), limit.value),
			 limit.directory);
	return 0;
}
