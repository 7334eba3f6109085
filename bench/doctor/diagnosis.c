/* SPDX-License-Identifier: MIT */
/* Looking at this machine; see diagnosis.h. */

#include "bench/doctor/diagnosis.h"

#include <string.h>

#include "bench/machine/cpu.h"
#include "bench/machine/host.h"
#include "bench/machine/program.h"
#include "bench/machine/text.h"
#include "bench/measure/predict_facts.h"
#include "lib/spawnwise.h"

static void examine_cpus(struct diagnosis *found)
{
	struct cpu_mask allowed;
	int error = cpu_allowed(&allowed);

	found->cpu_count = error ? 1 : cpu_mask_count(&allowed);
	error = cpu_same(&found->same_cpu);
	if (error)
		found->same_cpu = error;
	error = cpu_split(&found->split_cpu, &found->split_other_cpu);
	if (error)
		found->split_cpu = error;
	found->can_split = !error;
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

static void examine_group(struct diagnosis *found)
{
	struct group_finding *group = &found->group;
	TEXT_STREAM mounts = text_open("/proc/self/mountinfo");

	group->error = cgroup_of(0, "memory", &group->own);
	if (!group->error)
		group->error = cgroup_room_read(&group->own, &group->room);
	if (group->error)
		return;
	found->found_group = group;
	found->group_room_bytes = cgroup_room_bytes(&group->room);
	group->hybrid = mounts && group->own.version == 1 &&
			cgroup_second_mounted(mounts);
	if (group->room.limited)
		cgroup_owner(&group->own, &group->room, found->container,
			     group->owner, sizeof group->owner);
}

static void examine_strategies(struct diagnosis *found)
{
	size_t count = 0;

	for (; count < STRATEGIES_KNOWN && sw_strategies[count]; count++) {
		struct found_strategy *row = &found->rows[count];

		row->name = sw_strategies[count]->name;
		row->error = -trial_run(sw_strategies[count], &row->step);
		row->supported = !row->error;
	}
	found->strategies =
		(struct row_list){ found->rows, count, sizeof *found->rows };
}

static void examine_memory(struct diagnosis *found)
{
	struct meminfo *memory = &found->memory;

	found->memory_error = meminfo_read(memory);
	found->allowance_error =
		memory_allowance(&found->allowance_bytes, found->allowance_why,
				 sizeof found->allowance_why);
	if (found->allowance_error)
		found->allowance_bytes = BYTES_UNKNOWN;
	found->facts_error = predict_facts_imagined(0, &found->facts);
	found->found_memory = found->memory_error ? NULL : found;
	if (found->memory_error)
		return;
	found->ram_and_swap_bytes =
		memory->total_bytes + memory->swap_total_bytes;
	found->commit_left_bytes = meminfo_headroom_bytes(memory);
	/* Both amounts that are left must be of one moment. */
	found->facts.committed_bytes = memory->committed_bytes;
	found->commit_left_for_us_bytes = found->facts_error
						  ? BYTES_UNKNOWN
						  : predict_left(&found->facts);
}

void diagnosis_examine(struct diagnosis *found)
{
	int error;

	*found = (struct diagnosis){ .thp = found->thp_text };
	examine_strategies(found);
	error = overcommit_look(&found->overcommit);
	found->mode = error ? error : found->overcommit.mode;
	found->may_write = overcommit_may_write();
	examine_memory(found);
	host_container(found->container, sizeof found->container);
	examine_group(found);
	examine_cpus(found);
	if (text_read(THP_PATH, found->thp_text, sizeof found->thp_text))
		*found->thp_text = '\0';
	text_pick_bracketed(found->thp_text);
	found->gnuplot = program_exists("gnuplot");
	found->hyperfine = program_exists("hyperfine");
	warnings_find(false, 0, &found->warnings);
	warnings_find(true, 0, &found->disturbances);
}

#define STRATEGY(member) offsetof(struct found_strategy, member)
#define GROUP(member) offsetof(struct group_finding, member)
#define AT(member) offsetof(struct diagnosis, member)

static const struct row_field strategy_fields[] = {
	FIELD("name", TEXT, STRATEGY(name), "the strategy"),
	FIELD("supported", FLAG, STRATEGY(supported),
	      "it was opened and spawned once here"),
	FIELD("reason", ERRNO, STRATEGY(error), "if not, the name of an error"),
	{ 0 },
};

const struct row_type found_strategy_row =
	ROW_TYPE("strategies", strategy_fields);

const struct row_field found_memory_fields[] = {
	FIELD("ram_bytes", BYTES, AT(memory.total_bytes)),
	FIELD("available_bytes", BYTES, AT(memory.available_bytes)),
	FIELD("swap_total_bytes", BYTES, AT(memory.swap_total_bytes)),
	FIELD("swap_free_bytes", BYTES, AT(memory.swap_free_bytes),
	      "as /proc/meminfo has them"),
	FIELD("commit_left_bytes", BYTES, AT(commit_left_bytes),
	      "what is left below CommitLimit"),
	FIELD("commit_left_for_us_bytes", BYTES, AT(commit_left_for_us_bytes),
	      "what mode 2 would grant this user of it"),
	{ 0 },
};

const struct row_type found_memory_row =
	ROW_TYPE("memory", found_memory_fields);

const struct row_field found_group_fields[] = {
	FIELD("version", NUMBER, GROUP(own.version), "of control groups"),
	FIELD("hybrid", FLAG, GROUP(hybrid), "version 2 is mounted too"),
	FIELD("path", LINE, GROUP(room.directory), "its folder"),
	FIELD("usage_bytes", BYTES, GROUP(room.usage_bytes),
	      "what it is charged"),
	FIELD("cache_bytes", BYTES, GROUP(room.cache_bytes),
	      "of it, page cache not used lately"),
	FIELD("limit_bytes", BYTES, GROUP(room.limit_bytes),
	      "its limit; `null`: none"),
	FIELD("limit_set_by", LINE, GROUP(owner), "a phrase"),
	{ 0 },
};

const struct row_type found_group_row =
	ROW_TYPE("doctor cgroup", found_group_fields);

const struct row_field diagnosis_fields[] = {
	FIELD("strategies", ROWS, AT(strategies), "a list, see below",
	      .type = &found_strategy_row),
	FIELD("overcommit", NUMBER, AT(mode),
	      "the user's mode, also while a run has set another; below 0: an "
	      "errno, it could not be read"),
	FIELD("overcommit_may_set", FLAG, AT(may_write),
	      "this user may set another one"),
	FIELD("commit_limit_bytes", BYTES, AT(memory.commit_limit_bytes)),
	FIELD("committed_bytes", BYTES, AT(memory.committed_bytes),
	      "CommitLimit, Committed_AS"),
	FIELD("allowance_bytes", BYTES, AT(allowance_bytes),
	      "what a run may take; `null`: memory is not told, so it takes "
	      "none"),
	FIELD("cpus", COUNT, AT(cpu_count), "how many may be used"),
	FIELD("cpu_split", FLAG, AT(can_split),
	      "whether `--cpu split` is possible"),
	FIELD("thp", TEXT, AT(thp),
	      "`transparent_hugepage/enabled`; empty: the kernel has none"),
	FIELD("gnuplot", FLAG, AT(gnuplot)),
	FIELD("hyperfine", FLAG, AT(hyperfine), "the program is in PATH"),
	FIELD("disturbances", ROWS, AT(disturbances.list),
	      "of what makes numbers worse or cells impossible, a list as "
	      "`warnings`",
	      .type = &warning_row),
	FIELD("memory", ROW, AT(found_memory), "an object, see below",
	      .type = &found_memory_row),
	FIELD("cgroup", ROW, AT(found_group),
	      "that leaves us the least room, see below; `null`: none is seen",
	      .type = &found_group_row),
	FIELD("container", LINE, AT(container), "the engine, or `no`"),
	FIELD("heaps", ROWS, AT(heaps.list),
	      "of `--heap` or the usual ones, a list, see below",
	      .type = &predicted_heap_row),
	FIELD("process", ROW, AT(found_process), "of `--pid`, see below",
	      .type = &predicted_process_row),
	FIELD("warnings", ROWS, AT(warnings.list),
	      "of what makes spawning slow, fail or lie here, a list, see "
	      "below",
	      .type = &warning_row),
	{ 0 },
};

const struct row_type diagnosis_row =
	ROW_TYPE("doctor --json", diagnosis_fields);
