/* SPDX-License-Identifier: MIT */
/*
 * A process's memory, mapping by mapping: /proc/PID/smaps.
 *
 * Only smaps tells what is accountable (VmFlags) and what really backs a
 * heap; the totals of /proc/PID/status tell neither.
 */
#include "bench/machine/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/text.h"

struct vma {
	uint64_t start;
	uint64_t end;
	uint64_t rss_bytes;
	uint64_t anon_huge_bytes;
	bool flags_known; /* VmFlags is absent before Linux 3.8 */
	bool accountable;
	bool copied;
};

typedef void smaps_visit(const struct vma *vma, void *context);

static bool has_flag(const char *flags, const char *flag)
{
	const char *found = flags;

	while ((found = strstr(found, flag))) {
		bool starts = found == flags || found[-1] == ' ';

		if (starts && strchr(" \n", found[2]))
			return true;
		found += 2;
	}
	return false;
}

static void vma_field(struct vma *vma, const char *line)
{
	uint64_t kbytes;

	if (sscanf(line, "Rss: %" SCNu64, &kbytes) == 1) {
		vma->rss_bytes = kbytes * 1024;
	} else if (sscanf(line, "AnonHugePages: %" SCNu64, &kbytes) == 1) {
		vma->anon_huge_bytes = kbytes * 1024;
	} else if (strncmp(line, "VmFlags:", 8) == 0) {
		vma->flags_known = true;
		vma->accountable = has_flag(line + 8, "ac");
		vma->copied = !has_flag(line + 8, "dc");
	}
}

/* Keys start with a capital letter, a new mapping with its address in lower
 * case: a file's name, which may be anything, comes last on that line. */
static bool vma_header(struct vma *vma, const char *line)
{
	struct vma next = { .flags_known = false };

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &next.start, &next.end) !=
		    2 ||
	    next.end < next.start)
		return false;
	*vma = next;
	return true;
}

static int smaps_each(FILE *stream, smaps_visit *visit, void *context)
{
	struct vma vma = { 0 };
	bool open = false;
	char *line = NULL;
	size_t capacity = 0;
	int error = 0;

	while (!error && getline(&line, &capacity, stream) >= 0) {
		struct vma next;

		if (line[0] >= 'A' && line[0] <= 'Z') {
			vma_field(&vma, line);
			continue;
		}
		if (!vma_header(&next, line))
			error = -EBADMSG;
		else if (open && !vma.flags_known)
			error = -ENODATA;
		else if (open)
			visit(&vma, context);
		vma = next;
		open = true;
	}
	free(line);
	if (error)
		return error;
	if (ferror(stream))
		return -EIO;
	if (!open || !vma.flags_known)
		return -ENODATA;
	visit(&vma, context);
	return 0;
}

struct facts_context {
	struct smaps_facts *facts;
	uint64_t end; /* of the mapping before */
};

static void facts_visit(const struct vma *vma, void *context)
{
	struct facts_context *before = context;
	struct smaps_facts *facts = before->facts;
	uint64_t size_bytes = vma->end - vma->start;
	uint64_t gap_bytes =
		vma->start > before->end ? vma->start - before->end : 0;

	facts->vmas++;
	before->end = vma->end;
	/* The upper half of all addresses is the kernel's. */
	if (vma->start <= INT64_MAX && gap_bytes > facts->largest_gap_bytes)
		facts->largest_gap_bytes = gap_bytes;
	if (!vma->accountable || !vma->copied)
		return;
	facts->accountable_bytes += size_bytes;
	if (size_bytes > facts->largest_accountable_bytes)
		facts->largest_accountable_bytes = size_bytes;
}

int smaps_parse(FILE *stream, struct smaps_facts *facts)
{
	struct facts_context context = { .facts = facts };

	memset(facts, 0, sizeof(*facts));
	return smaps_each(stream, facts_visit, &context);
}

int smaps_read(pid_t pid, struct smaps_facts *facts)
{
	TEXT_STREAM stream = text_open_of(pid, "smaps");

	return stream ? smaps_parse(stream, facts) : -errno;
}

struct window {
	uint64_t start;
	uint64_t end;
	struct smaps_range *range;
};

static void range_visit(const struct vma *vma, void *context)
{
	const struct window *window = context;
	struct smaps_range *range = window->range;
	uint64_t start =
		vma->start > window->start ? vma->start : window->start;
	uint64_t end = vma->end < window->end ? vma->end : window->end;

	if (start >= end)
		return;
	range->vmas++;
	range->size_bytes += end - start;
	range->outside_bytes += vma->end - vma->start - (end - start);
	range->rss_bytes += vma->rss_bytes;
	range->anon_huge_bytes += vma->anon_huge_bytes;
	if (vma->accountable && vma->copied)
		range->accountable_bytes += end - start;
}

int smaps_range_parse(FILE *stream, uint64_t start, uint64_t bytes,
		      struct smaps_range *range)
{
	struct window window = { start, start + bytes, range };

	memset(range, 0, sizeof(*range));
	if (window.end < start)
		return -EINVAL;
	return smaps_each(stream, range_visit, &window);
}

int smaps_range(const void *start, size_t bytes, struct smaps_range *range)
{
	TEXT_STREAM stream = text_open("/proc/self/smaps");

	return stream ? smaps_range_parse(stream, (uintptr_t)start, bytes,
					  range)
		      : -errno;
}
