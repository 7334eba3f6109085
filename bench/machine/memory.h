/* SPDX-License-Identifier: MIT */
/*
 * Memory as the kernel accounts it: of the machine, of control groups and of
 * one process.
 *
 * All sizes are bytes. Parsers take a stream so that recorded text can be
 * fed to them; the readers open /proc. Every function returns 0 or -errno;
 * -ENODATA means that the kernel does not tell what we must know.
 */
#ifndef MACHINE_MEMORY_H
#define MACHINE_MEMORY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "bench/machine/cgroup.h"

/* proc_meminfo(5). */
struct meminfo {
	uint64_t total_bytes; /* MemTotal: what mode 0 calls RAM */
	/* MemAvailable: free without swapping. Where there is none (Linux
	 * before 3.14, WSL 1) MemFree, as free(1) has it. */
	uint64_t available_bytes;
	uint64_t swap_total_bytes;
	uint64_t swap_free_bytes; /* 0 where the file says more than all */
	/* FIELD_ABSENT where they are not told (gVisor): */
	uint64_t commit_limit_bytes; /* the border of mode 2 */
	uint64_t committed_bytes;    /* Committed_AS, in every mode */
	uint64_t hugetlb_bytes;	     /* huge pages set aside, all sizes */
	const char *culprit;	     /* of an error: the field */
};

/* -ENODATA: a field that the bound on our memory stands on is missing;
 * -EBADMSG: one is not a number, or says what cannot be. */
int meminfo_parse(FILE *stream, struct meminfo *info);
int meminfo_read(struct meminfo *info);

/* The same for those who also need what is committed: -ENODATA without. */
int meminfo_read_commit(struct meminfo *info);

/* An error of these as a phrase, by another look: "/proc/meminfo has no
 * MemTotal". Any other error as strerror(3) has it; as that, not for threads.
 */
const char *meminfo_error(int error);

/* What may still be committed before mode 2 refuses; 0 when over the limit.
 * The kernel's reserves (admin_reserve_kbytes, user_reserve_kbytes) and the
 * slack of its per-CPU counters are not taken off. */
uint64_t meminfo_headroom_bytes(const struct meminfo *info);

/*
 * The mappings of a process, or as much of them as is inside a range of
 * addresses.
 *
 * What a copy of a process asks the kernel to commit: each mapping that is
 * accountable (VmFlags "ac") and copied ("dc" absent) asks for its whole
 * size, one after the other (dup_mmap() of the kernel). Mode 0 judges each
 * request alone: hence the largest.
 *
 * The kernel merges equal neighbours, so a mapping may reach outside of a
 * range: its rss_bytes and anon_huge_bytes cannot be split and are exact only
 * if outside_bytes is 0.
 */
struct smaps_facts {
	uint64_t size_bytes;
	uint64_t outside_bytes;	  /* of the same mappings, outside the range */
	uint64_t rss_bytes;	  /* resident */
	uint64_t anon_huge_bytes; /* of which in transparent huge pages */
	uint64_t hugetlb_bytes;	  /* in huge pages set aside, not resident */
	uint64_t accountable_bytes;
	uint64_t largest_accountable_bytes;
	size_t vmas; /* mappings, the kernel's own [vsyscall] too */
	uint64_t largest_gap_bytes; /* unused addresses below or between all */
};

/* From bytes at start: 0 and UINT64_MAX for all. */
int smaps_parse(FILE *stream, uint64_t start, uint64_t bytes,
		struct smaps_facts *facts);

/* Facts of a process; pid 0 is the calling one. */
int smaps_read(pid_t pid, struct smaps_facts *facts);

/* Of a range of the calling process. */
int smaps_range(const void *start, size_t bytes, struct smaps_facts *facts);

/*
 * How much memory the control groups of a process leave to it. The group with
 * the tightest limit need not be the one that is met first: a group around it
 * may be fuller. So limits are compared by what is left.
 */

/* One group's memory, in bytes, by that limit of it which is met first. */
struct cgroup_room {
	/* All that is charged, with page cache; beside memory.memsw with what
	 * is swapped out too. */
	uint64_t usage_bytes;
	/* Of it: page cache that was not used lately, which the kernel drops
	 * before it kills: of memory.stat inactive_file, in version 1
	 * total_inactive_file, that of all below it too; 0 if not told. */
	uint64_t cache_bytes;
	uint64_t limit_bytes;
	bool limited; /* false: no limit; else it has one */
	/* The file of the limit, as "memory.high": what exceeds that is not
	 * killed, but stalled until it cannot go on (cgroups(7),
	 * Documentation/admin-guide/cgroup-v2.rst). */
	const char *limit_name;
	char directory[PATH_MAX]; /* of the group */
};

/* What may still be charged before something must be reclaimed that is in use:
 * the limit less the usage without cache. Swap is no room: what goes there
 * comes out of somebody's memory. UINT64_MAX without a limit. */
uint64_t cgroup_room_bytes(const struct cgroup_room *room);

/* Of this group and those around it, the one with the least room; without any
 * limit the group itself. -ENOENT: none tells its usage, as the root group of
 * version 2. Others: a limit or a usage cannot be read, or cannot be; then the
 * room's directory and limit_name say which file. */
int cgroup_room_read(const struct cgroup *group, struct cgroup_room *room);

/* The same of the group that a process is in; errors as cgroup_of() too, and
 * limit_name is NULL then. */
int cgroup_room_of(pid_t pid, struct cgroup_room *room);

/*
 * How much memory may be written to before somebody is swapped out or killed:
 * the least of MemAvailable and of what the control groups from ours upwards
 * leave. why gets it as a phrase, "23.3 GiB of available
 * memory", or the reason of an error.
 */
int memory_room(uint64_t *bytes, char *why, size_t why_size);

/* How much a run may take: half of that, since others need some too, and the
 * phrase: "half of the 23.3 GiB of available memory". An error is never to be
 * taken for no bound: what is populated without one may kill a neighbour. */
int memory_allowance(uint64_t *bytes, char *why, size_t why_size);

/* Large enough for every why. */
#define MEMORY_WHY_BYTES (PATH_MAX + 128)

#endif
