/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory: /proc/meminfo, and what a run may take of it.
 *
 * These numbers decide what is predicted and how far a run goes, so a field
 * that is missing or cannot be is an error, or unknown, and never a zero or no
 * limit.
 */
#include "bench/machine/memory.h"

#include <errno.h>
#include <string.h>

#include "bench/machine/cgroup_room.h"
#include "bench/machine/text.h"

/* Free swap beyond all swap is a negative number, as lxcfs(1) writes it. What
 * else cannot be is no number to go by. */
static int check(struct meminfo *info, uint64_t free_bytes)
{
	if (info->available_bytes == FIELD_ABSENT)
		info->available_bytes = free_bytes;
	if (info->swap_free_bytes > info->swap_total_bytes)
		info->swap_free_bytes = 0;
	info->culprit = "MemAvailable";
	if (info->available_bytes == FIELD_ABSENT)
		return -ENODATA;
	return info->available_bytes > info->total_bytes ? -EBADMSG : 0;
}

int meminfo_parse(FILE *stream, struct meminfo *info)
{
	uint64_t free_bytes, pages, page_bytes;
	const struct field fields[] = {
		{ "MemTotal", &info->total_bytes, 1024, true },
		{ "MemAvailable", &info->available_bytes, 1024, false },
		{ "MemFree", &free_bytes, 1024, false },
		{ "SwapTotal", &info->swap_total_bytes, 1024, true },
		{ "SwapFree", &info->swap_free_bytes, 1024, false },
		{ "CommitLimit", &info->commit_limit_bytes, 1024, false },
		{ "Committed_AS", &info->committed_bytes, 1024, false },
		{ "Hugetlb", &info->hugetlb_bytes, 1024, false },
		{ "HugePages_Total", &pages, 1, false },
		{ "Hugepagesize", &page_bytes, 1024, false },
	};
	int error;

	memset(info, 0, sizeof(*info));
	error = fields_parse(stream, fields, sizeof(fields) / sizeof(*fields),
			     &info->culprit);
	if (!error)
		error = check(info, free_bytes);
	/* Hugetlb (all page sizes) came with Linux 4.17; before it only the
	 * pages of the default size could be counted. */
	if (info->hugetlb_bytes == FIELD_ABSENT &&
	    (pages == FIELD_ABSENT || page_bytes == FIELD_ABSENT ||
	     __builtin_mul_overflow(pages, page_bytes, &info->hugetlb_bytes)))
		info->hugetlb_bytes = 0;
	return error;
}

int meminfo_read(struct meminfo *info)
{
	TEXT_STREAM stream = text_open("/proc/meminfo");

	*info = (struct meminfo){ 0 };
	return stream ? meminfo_parse(stream, info) : -errno;
}

int meminfo_read_commit(struct meminfo *info)
{
	int error = meminfo_read(info);

	if (error)
		return error;
	info->culprit = info->commit_limit_bytes == FIELD_ABSENT
				? "CommitLimit"
				: "Committed_AS";
	return info->commit_limit_bytes == FIELD_ABSENT ||
			       info->committed_bytes == FIELD_ABSENT
		       ? -ENODATA
		       : 0;
}

const char *meminfo_error(int error)
{
	static char text[64];
	struct meminfo info;
	const int again = meminfo_read_commit(&info);

	if (again != error || !info.culprit)
		return strerror(-error);
	snprintf(text, sizeof(text),
		 error == -ENODATA ? "/proc/meminfo has no %s"
				   : "%s of /proc/meminfo cannot be",
		 info.culprit);
	return text;
}

uint64_t meminfo_headroom_bytes(const struct meminfo *info)
{
	if (info->committed_bytes >= info->commit_limit_bytes ||
	    info->commit_limit_bytes == FIELD_ABSENT)
		return 0;
	return info->commit_limit_bytes - info->committed_bytes;
}

/* What the control groups leave, if that is less. */
static int bound_by_groups(uint64_t *bytes, char *why, size_t why_size)
{
	struct cgroup group;
	struct cgroup_room room;
	char size[32];
	int error = cgroup_of(0, "memory", &group);

	if (error == -EXDEV) /* as in a chroot(2); who can see it, bounds it */
		snprintf(why + strlen(why), why_size - strlen(why),
			 " (the limits of its control group are not mounted)");
	else if (error && error != -ENOENT)
		snprintf(why, why_size, "%s: %s", CGROUP_OWN_FILES,
			 strerror(-error));
	if (error)
		return error == -EXDEV ? 0 : error;
	error = cgroup_room_read(&group, &room);
	if (error && error != -ENOENT)
		snprintf(why, why_size, "%s/%s: %s", room.directory,
			 room.limit_name, strerror(-error));
	if (error || cgroup_room_bytes(&room) >= *bytes)
		return error;
	*bytes = cgroup_room_bytes(&room);
	snprintf(why, why_size, "%s that cgroup %s leaves below its %s",
		 text_size(size, sizeof(size), *bytes), room.directory,
		 room.limit_name);
	return 0;
}

int memory_room(uint64_t *bytes, char *why, size_t why_size)
{
	struct meminfo info;
	char size[32];
	int error = meminfo_read(&info);

	*bytes = 0;
	if (error) {
		snprintf(why, why_size, "%s", meminfo_error(error));
		return error;
	}
	*bytes = info.available_bytes;
	snprintf(why, why_size, "%s of available memory",
		 text_size(size, sizeof(size), *bytes));
	error = bound_by_groups(bytes, why, why_size);
	return error == -ENOENT ? 0 : error;
}

int memory_allowance(uint64_t *bytes, char *why, size_t why_size)
{
	char room[MEMORY_WHY_BYTES];
	int error = memory_room(bytes, room, sizeof(room));

	*bytes /= 2;
	snprintf(why, why_size, "%s%s", error ? "" : "half of the ", room);
	return error;
}
