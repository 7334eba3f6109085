/* SPDX-License-Identifier: MIT */
/*
 * How much memory the control groups of a process leave to it.
 *
 * The group with the tightest limit need not be the one that is met first: a
 * group around it may be fuller. So limits are compared by what is left.
 */
#ifndef MACHINE_CGROUP_ROOM_H
#define MACHINE_CGROUP_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/machine/cgroup.h"

/* One group's memory, in bytes, by that limit of it which is met first. */
struct cgroup_room {
	/* All that is charged, with page cache; beside memory.memsw with what
	 * is swapped out too. */
	uint64_t usage_bytes;
	/* Of it: page cache that was not used lately, which the kernel drops
	 * before it kills (inactive_file of memory.stat); 0 if not told. */
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

/* The text of memory.stat. The number is for the group with all below it,
 * which version 1 writes as total_inactive_file. 0 where there is no line. */
int cgroup_cache_parse(FILE *stream, int version, uint64_t *bytes);

/* Who sets the memory limit of a control group, and where to change it. Nothing
 * in the kernel says so: the names that systemd and the container engines give
 * their groups do. A phrase: "systemd, unit sshd.service: `systemctl
 * set-property sshd.service MemoryMax=SIZE`". room has the limit, container is
 * host_container()'s word. Returns text. */
char *cgroup_owner(const struct cgroup *group, const struct cgroup_room *room,
		   const char *container, char *text, size_t size);

#endif
