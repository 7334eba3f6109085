/* SPDX-License-Identifier: MIT */
/* What the control groups of a process leave, and who sets that; see the
 * header. */

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
static uint64_t read_cache(const struct cgroup *group)
{
	TEXT_STREAM stream = text_open("%s/memory.stat", group->directory);
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

/* Of one group, into *room if it has less. */
static int read_one(const struct cgroup *group, struct cgroup_room *room)
{
	struct cgroup_room one = { .cache_bytes = read_cache(group) };

	memcpy(one.directory, group->directory, sizeof(one.directory));
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

/* Parts of a path, the more special first: Kubernetes runs on an engine. */
static const struct {
	const char *part, *who;
} engines[] = {
	{ "kubepods", "Kubernetes: resources.limits.memory of the container" },
	{ "docker", "Docker: `docker update --memory SIZE`" },
	{ "libpod", "Podman: `podman update --memory SIZE`" },
	{ "lxc", "LXC: lxc.cgroup2.memory.max, limits.memory" },
};

/* The innermost part of a path that systemd named; cgroups of version 1 and 2
 * have the same names. */
static int systemd_unit(const char *directory, const char **unit)
{
	static const char *const suffixes[] = { ".service", ".scope",
						".slice" };
	int length = 0;

	for (const char *part = directory; part; part = strchr(part, '/')) {
		part += *part == '/';
		const size_t used = strcspn(part, "/");

		for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes);
		     i++) {
			const size_t end = strlen(suffixes[i]);

			if (used <= end ||
			    strncmp(part + used - end, suffixes[i], end) != 0)
				continue;
			*unit = part;
			length = (int)used;
		}
	}
	return length;
}

char *cgroup_owner(const struct cgroup *group, const struct cgroup_room *room,
		   const char *container, char *text, size_t size)
{
	const char *directory = room->directory;
	const char *unit = NULL;
	const int length = systemd_unit(directory, &unit);

	for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++)
		if (strstr(directory, engines[i].part)) {
			snprintf(text, size, "%s", engines[i].who);
			return text;
		}
	if (length)
		snprintf(text, size,
			 "systemd, unit %.*s: `systemctl set-property %.*s "
			 "%s=SIZE`",
			 length, unit, length, unit,
			 strcmp(room->limit_name, "memory.high") == 0
				 ? "MemoryHigh"
				 : "MemoryMax");
	else if (strcmp(directory, group->mount) == 0 &&
		 strcmp(container, "no") != 0)
		snprintf(text, size, "who started this container (%s)",
			 container);
	else
		snprintf(text, size, "who made that group: its file %s",
			 room->limit_name);
	return text;
}
