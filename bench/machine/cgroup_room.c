/* SPDX-License-Identifier: MIT */
/* How much memory the control groups of a process leave; see the header. */

#include "bench/machine/cgroup_room.h"

#include <errno.h>
#include <string.h>

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
	const struct field field = { version == 1 ? "total_inactive_file"
						  : "inactive_file",
				     bytes, 1, false };
	int error = fields_parse(stream, &field, 1, NULL);

	if (*bytes == FIELD_ABSENT)
		*bytes = 0;
	return error;
}

/* Where there is no such file (gVisor), or it is not understood, nothing is
 * known to be droppable. */
static uint64_t read_cache(const struct cgroup *group, const char *directory)
{
	TEXT_STREAM stream = text_open("%s/memory.stat", directory);
	uint64_t bytes = 0;

	if (stream && cgroup_cache_parse(stream, group->version, &bytes))
		bytes = 0;
	return bytes;
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

static bool is_tighter(const struct cgroup_room *one,
		       const struct cgroup_room *other)
{
	return !other->limit_name ||
	       cgroup_room_bytes(one) < cgroup_room_bytes(other);
}

/* Of the group at one directory, into *room if it has less. */
static int read_one(const struct cgroup *group, const char *directory,
		    struct cgroup_room *room)
{
	struct cgroup_room one = { .limited = false };

	snprintf(one.directory, sizeof(one.directory), "%s", directory);
	one.cache_bytes = read_cache(group, directory);
	for (int i = 0; i < 2; i++) {
		int error = read_bound(&bounds[group->version - 1][i], &one);

		if (error == -ENOENT || (i && error == -EOPNOTSUPP))
			continue;
		if (error || is_tighter(&one, room))
			*room = one;
		if (error)
			return error;
	}
	return 0;
}

int cgroup_room_read(const struct cgroup *group, struct cgroup_room *room)
{
	char directory[PATH_MAX];
	int error;

	*room = (struct cgroup_room){ .limited = false };
	memcpy(directory, group->directory, sizeof(directory));
	do
		error = read_one(group, directory, room);
	while (!error && cgroup_up(group, directory));
	if (!error && !room->limit_name)
		error = -ENOENT;
	return error;
}
