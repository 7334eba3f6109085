/* SPDX-License-Identifier: MIT */
/*
 * The facts of host.json about what confines us: container, cgroups, limits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/host.h"
#include "bench/machine/text.h"

/*
 * There is no sure sign of a container; these are the marks that the common
 * engines leave: files in the root, systemd's note, names of cgroups.
 */
const char *host_container(char *text, size_t size)
{
	static const char *const words[] = { "docker", "kubepods", "lxc",
					     "libpod", "containerd" };
	TEXT_STREAM groups = text_open("/proc/self/cgroup");
	const char *found = "no";
	char *line = NULL;
	size_t capacity = 0;

	if (text_read("/run/systemd/container", text, size) == 0 && *text)
		return text;
	if (access("/.dockerenv", F_OK) == 0)
		return "docker";
	if (access("/run/.containerenv", F_OK) == 0)
		return "podman";
	while (groups && getline(&line, &capacity, groups) > 0)
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (strstr(line, words[i]) && !strcmp(found, "no"))
				found = words[i];
	free(line);
	return found;
}

static int add_cgroup(json_t *facts)
{
	struct cgroup_limit limit;
	json_t *part = json_object();
	json_t *memory = NULL;
	json_t *where = NULL;
	json_t *cpus = NULL;

	if (cgroup_limit(CGROUP_MEMORY, &limit) == 0) {
		memory = json_integer((json_int_t)limit.value);
		where = host_string(limit.directory);
	}
	if (cgroup_limit(CGROUP_CPU, &limit) == 0)
		cpus = json_real((double)limit.value / 1000);
	if (json_object_set_new(facts, "cgroup", part) ||
	    json_object_set_new(part, "memory_limit_bytes",
				memory ? memory : json_null()) ||
	    json_object_set_new(part, "memory_limit_path",
				where ? where : json_null()) ||
	    json_object_set_new(part, "cpu_limit_cpus",
				cpus ? cpus : json_null()))
		return -1;
	return 0;
}

/* null is unlimited: RLIM_INFINITY does not fit into a JSON integer. */
static json_t *limit_value(rlim_t value)
{
	return value == RLIM_INFINITY ? json_null()
				      : json_integer((json_int_t)value);
}

static int add_rlimits(json_t *facts)
{
	static const struct {
		const char *key;
		int resource;
	} limits[] = {
		{ "as_bytes", RLIMIT_AS },
		{ "data_bytes", RLIMIT_DATA },
		{ "memlock_bytes", RLIMIT_MEMLOCK },
		{ "nofile", RLIMIT_NOFILE },
		{ "nproc", RLIMIT_NPROC },
		{ "stack_bytes", RLIMIT_STACK },
	};
	json_t *part = json_object();
	int error = json_object_set_new(facts, "rlimits", part);

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rlimit limit;

		if (error || getrlimit(limits[i].resource, &limit))
			continue;
		error = json_object_set_new(
			part, limits[i].key,
			json_pack("{so so}", "soft",
				  limit_value(limit.rlim_cur), "hard",
				  limit_value(limit.rlim_max)));
	}
	return error;
}

int host_add_limits(json_t *facts)
{
	char text[64];

	if (json_object_set_new(
		    facts, "container",
		    host_string(host_container(text, sizeof(text)))) ||
	    add_cgroup(facts))
		return -1;
	return add_rlimits(facts);
}
