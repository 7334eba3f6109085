/* SPDX-License-Identifier: MIT */
/* Who sets the memory limit of a control group; see cgroup_owner.h. */

#include "bench/machine/cgroup_owner.h"

#include <string.h>

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
