/* SPDX-License-Identifier: MIT */
/*
 * Memory: of the machine (/proc/meminfo), what control groups leave and a run
 * may take of it, and of a process, mapping by mapping (/proc/PID/smaps).
 *
 * These numbers decide what is predicted and how far a run goes, so a field
 * that is missing or cannot be is an error, or unknown, and never a zero or no
 * limit. Only smaps tells what is accountable (VmFlags) and what really backs
 * a heap; the totals of /proc/PID/status tell neither. Longer than other
 * files: its header is one, for those who weigh these against each other.
 */

#include "bench/machine/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bench/machine/text.h"
#include "bench/machine/units.h"

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
	static char text[96];
	struct meminfo info;
	const int again = meminfo_read_commit(&info);

	if (again != error)
		return strerror(-error);
	if (!info.culprit) { /* it could not be opened */
		snprintf(text, sizeof(text), "/proc/meminfo: %s",
			 strerror(-error));
		return text;
	}
	snprintf(text, sizeof(text),
		 error == -ENODATA ? "/proc/meminfo has no %s"
				   : "%s of /proc/meminfo cannot be",
		 info.culprit);
	return text;
}

uint64_t meminfo_headroom_bytes(const struct meminfo *info)
{
	return info->commit_limit_bytes == FIELD_ABSENT
		       ? 0
		       : minus(info->commit_limit_bytes, info->committed_bytes);
}

uint64_t cgroup_room_bytes(const struct cgroup_room *room)
{
	return room->limited
		       ? minus(room->limit_bytes,
			       minus(room->usage_bytes, room->cache_bytes))
		       : UINT64_MAX;
}

/* Where there is no such file (gVisor), or it is not understood, nothing is
 * known to be droppable. */
static uint64_t read_cache(const struct cgroup *group)
{
	TEXT_STREAM stream = text_open("%s/memory.stat", group->directory);
	uint64_t bytes;
	const struct field field = { group->version == 1 ? "total_inactive_file"
							 : "inactive_file",
				     &bytes, 1, true };

	return stream && !fields_parse(stream, &field, 1, NULL) ? bytes : 0;
}

/* The limits of a group, by version, and what each of them limits. Memory and
 * swap together are counted by some kernels only. */
static const struct bound {
	const char *limit, *usage;
	bool always; /* a group that counts has it */
} bounds[2][2] = {
	{ { "memory.limit_in_bytes", "memory.usage_in_bytes", true },
	  { "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes",
	    false } },
	{ { "memory.max", "memory.current", true },
	  { "memory.high", "memory.current", false } },
};

/* By one of its limits. -ENOENT: the group does not have it. On others,
 * limit_name is the file. */
static int read_bound(const struct bound *bound, struct cgroup_room *room)
{
	int error = cgroup_number_read(room->directory, bound->usage,
				       &room->usage_bytes);
	const bool counted = error != -ENOENT;

	room->limit_name = bound->usage;
	if (!error && room->usage_bytes == FIELD_ABSENT)
		error = -EBADMSG;
	if (error && counted)
		return error;
	error = cgroup_number_read(room->directory, bound->limit,
				   &room->limit_bytes);
	if (!error && !counted)
		return -ENODATA; /* a limit, and no usage */
	room->limit_name = bound->limit;
	if (error == -ENOENT && counted && bound->always)
		return -ENODATA;
	room->limited = room->limit_bytes != FIELD_ABSENT;
	return error;
}

/* Of one group, into *room if it has less. */
static int read_one(const struct cgroup *group, struct cgroup_room *room)
{
	struct cgroup_room one = { .cache_bytes = read_cache(group) };

	memcpy(one.directory, group->directory, sizeof(one.directory));
	for (int i = 0; i < 2; i++) {
		int error = read_bound(&bounds[group->version - 1][i], &one);

		if (error == -ENOENT || (i && error == -EOPNOTSUPP))
			continue;
		if (error || !room->limit_name ||
		    cgroup_room_bytes(&one) < cgroup_room_bytes(room))
			*room = one;
		if (error)
			return error;
	}
	return 0;
}

int cgroup_room_read(const struct cgroup *group, struct cgroup_room *room)
{
	struct cgroup at = *group;
	int error;

	*room = (struct cgroup_room){ .limited = false };
	do
		error = read_one(&at, room);
	while (!error && cgroup_up(&at));
	if (!error && !room->limit_name)
		error = -ENOENT;
	return error;
}

int cgroup_room_of(pid_t pid, struct cgroup_room *room)
{
	struct cgroup group;
	const int error = cgroup_of(pid, "memory", &group);

	*room = (struct cgroup_room){ .limited = false };
	return error ? error : cgroup_room_read(&group, room);
}

/* What the control groups leave, if that is less. */
static int bound_by_groups(uint64_t *bytes, char *why, size_t why_size)
{
	struct cgroup_room room;
	const int error = cgroup_room_of(0, &room);

	if (error == -ENOENT)
		return 0;
	if (error ==
	    -EXDEV) { /* as in a chroot(2); who can see it, bounds it */
		text_join(why, why_size, " ",
			  "(the limits of its control group are not mounted)");
		return 0;
	}
	if (error)
		snprintf(why, why_size, "%s%s%s: %s",
			 room.limit_name ? room.directory : CGROUP_OWN_FILES,
			 room.limit_name ? "/" : "", room.limit_name ?: "",
			 strerror(-error));
	if (error || cgroup_room_bytes(&room) >= *bytes)
		return error;
	*bytes = cgroup_room_bytes(&room);
	snprintf(why, why_size, "%s that cgroup %s leaves below its %s",
		 size_human(*bytes).text, room.directory, room.limit_name);
	return 0;
}

int memory_room(uint64_t *bytes, char *why, size_t why_size)
{
	struct meminfo info;
	int error = meminfo_read(&info);

	*bytes = 0;
	if (error) {
		snprintf(why, why_size, "%s", meminfo_error(error));
		return error;
	}
	*bytes = info.available_bytes;
	snprintf(why, why_size, "%s of available memory",
		 size_human(*bytes).text);
	return bound_by_groups(bytes, why, why_size);
}

int memory_allowance(uint64_t *bytes, char *why, size_t why_size)
{
	char room[MEMORY_WHY_BYTES];
	int error = memory_room(bytes, room, sizeof(room));

	*bytes /= 2;
	snprintf(why, why_size, "%s%s", error ? "" : "half of the ", room);
	return error;
}

struct vma {
	uint64_t before; /* the end of the mapping before this */
	uint64_t start;
	uint64_t end; /* 0: there is none yet */
	uint64_t rss_bytes;
	uint64_t anon_huge_bytes;
	uint64_t hugetlb_bytes;
	bool flags_known; /* VmFlags is absent before Linux 3.8 */
	bool accountable;
	bool copied;
};

/* Whether VmFlags has a flag of two letters, given with the blank before it. */
static bool has_flag(const char *line, const char *flag)
{
	const char *found = strstr(line, flag);

	while (found && !strchr(" \n", found[3]))
		found = strstr(found + 1, flag);
	return found;
}

static void vma_field(struct vma *vma, const char *line)
{
	uint64_t kbytes;

	if (sscanf(line, "Rss: %" SCNu64, &kbytes) == 1) {
		vma->rss_bytes = kbytes * 1024;
	} else if (sscanf(line, "AnonHugePages: %" SCNu64, &kbytes) == 1) {
		vma->anon_huge_bytes = kbytes * 1024;
	} else if (sscanf(line, "Private_Hugetlb: %" SCNu64, &kbytes) == 1) {
		vma->hugetlb_bytes = kbytes * 1024;
	} else if (strncmp(line, "VmFlags:", 8) == 0) {
		vma->flags_known = true;
		vma->accountable = has_flag(line, " ac");
		vma->copied = !has_flag(line, " dc");
	}
}

/* Keys start with a capital letter, a new mapping with its address in lower
 * case: a file's name, which may be anything, comes last on that line. */
static bool vma_header(struct vma *vma, const char *line)
{
	struct vma next = { .before = vma->end };

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &next.start, &next.end) !=
		    2 ||
	    next.end < next.start)
		return false;
	*vma = next;
	return true;
}

/* Add what of a mapping is between two addresses. */
static int add_vma(struct smaps_facts *facts, const struct vma *vma,
		   uint64_t from, uint64_t to)
{
	const uint64_t start = larger(vma->start, from);
	const uint64_t end = smaller(vma->end, to);

	if (!vma->end || !vma->flags_known)
		return -ENODATA;
	/* The upper half of all addresses is the kernel's. */
	if (vma->start <= INT64_MAX)
		facts->largest_gap_bytes =
			larger(facts->largest_gap_bytes,
			       minus(vma->start, vma->before));
	if (start >= end)
		return 0;
	facts->vmas++;
	facts->size_bytes += end - start;
	facts->outside_bytes += vma->end - vma->start - (end - start);
	facts->rss_bytes += vma->rss_bytes;
	facts->anon_huge_bytes += vma->anon_huge_bytes;
	facts->hugetlb_bytes += vma->hugetlb_bytes;
	if (!vma->accountable || !vma->copied)
		return 0;
	facts->accountable_bytes += end - start;
	facts->largest_accountable_bytes =
		larger(end - start, facts->largest_accountable_bytes);
	return 0;
}

int smaps_parse(FILE *stream, uint64_t start, uint64_t bytes,
		struct smaps_facts *facts)
{
	const uint64_t end = start + bytes;
	struct vma vma = { .end = 0 };
	OWNED_TEXT line = NULL;
	size_t capacity = 0;
	int error = end < start ? -EINVAL : 0;

	*facts = (struct smaps_facts){ .vmas = 0 };
	while (!error && getline(&line, &capacity, stream) >= 0) {
		if (line[0] >= 'A' && line[0] <= 'Z') {
			vma_field(&vma, line);
			continue;
		}
		if (vma.end)
			error = add_vma(facts, &vma, start, end);
		if (!vma_header(&vma, line))
			error = -EBADMSG;
	}
	if (!error && ferror(stream))
		error = -EIO;
	return error ? error : add_vma(facts, &vma, start, end);
}

int smaps_read(pid_t pid, struct smaps_facts *facts)
{
	TEXT_STREAM stream = text_open_of(pid, "smaps");

	return stream ? smaps_parse(stream, 0, UINT64_MAX, facts) : -errno;
}

int smaps_range(const void *start, size_t bytes, struct smaps_facts *facts)
{
	TEXT_STREAM stream = text_open_of(0, "smaps");

	return stream ? smaps_parse(stream, (uintptr_t)start, bytes, facts)
		      : -errno;
}
