/* SPDX-License-Identifier: MIT */
/* How much memory the control groups of a process leave; see the header. */

#include "bench/machine/cgroup_room.h"

#include <errno.h>
#include <string.h>

#include "bench/machine/fields.h"
#include "bench/machine/text.h"

uint64_t cgroup_room_bytes(const struct cgroup_room *room)
{
	uint64_t used_bytes = room->usage_bytes;

	if (!room->limited)
		return UINT64_MAX;
	used_bytes -=
		room->cache_bytes < used_bytes ? room->cache_bytes : used_bytes;
	return room->limit_bytes > used_bytes ? room->limit_bytes - used_bytes
					      : 0;
}

int cgroup_cache_parse(FILE *stream, int version, uint64_t *bytes)
{
	bool seen = false;
	const struct field field = { version == 1 ? "total_inactive_file"
						  : "inactive_file",
				     bytes, 1, &seen };

	*bytes = 0;
	return fields_parse(stream, &field, 1);
}

static int read_cache(const struct cgroup *group, const char *directory,
		      uint64_t *bytes)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/memory.stat", directory);
	FILE *stream = fopen(path, "re");
	if (!stream)
		return -errno;
	int error = cgroup_cache_parse(stream, group->version, bytes);
	fclose(stream);
	return error;
}

static int read_usage(const struct cgroup *group, const char *directory,
		      uint64_t *bytes)
{
	char path[PATH_MAX + 32];
	int64_t number;

	snprintf(path, sizeof(path), "%s/%s", directory,
		 group->version == 1 ? "memory.usage_in_bytes"
				     : "memory.current");
	int error = text_read_number(path, &number);
	if (!error)
		*bytes = (uint64_t)number;
	return error;
}

/* Of the group at one directory. -ENOENT also if a file cannot be read: the
 * walk goes on above it. */
static int read_one(const struct cgroup *group, struct cgroup_room *room)
{
	const char *directory = room->directory;

	room->limited = cgroup_memory_limit_at(group, directory,
					       &room->limit_bytes) == 0;
	if (read_usage(group, directory, &room->usage_bytes) ||
	    read_cache(group, directory, &room->cache_bytes))
		return -ENOENT;
	return 0;
}

int cgroup_room_read(const struct cgroup *group, struct cgroup_room *room)
{
	struct cgroup_room one = { .limited = false };
	int found = -ENOENT;

	memcpy(one.directory, group->directory, sizeof(one.directory));
	do {
		if (read_one(group, &one))
			continue;
		if (found ||
		    cgroup_room_bytes(&one) < cgroup_room_bytes(room)) {
			*room = one;
			found = 0;
		}
	} while (cgroup_up(group, one.directory));
	return found;
}
