/* SPDX-License-Identifier: MIT */
/* Looking at this machine; see diagnosis.h. */

#include "bench/doctor/diagnosis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/cgroup_room.h"
#include "bench/machine/cpu.h"
#include "bench/machine/host.h"
#include "bench/machine/program.h"
#include "bench/machine/text.h"
#include "bench/measure/predict_facts.h"

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
}

static bool is_hybrid(const struct cgroup *group)
{
	TEXT_STREAM mounts = text_open("/proc/self/mountinfo");

	return mounts && group->version == 1 && cgroup_second_mounted(mounts);
}

static void examine_group(struct diagnosis *found)
{
	struct group_finding *group = &found->group;

	found->heaps.group_bytes = UINT64_MAX;
	group->error = cgroup_of(0, "memory", &group->own);
	if (!group->error)
		group->error = cgroup_room_read(&group->own, &group->room);
	if (group->error)
		return;
	group->found = true;
	group->hybrid = is_hybrid(&group->own);
	if (!group->room.limited)
		return;
	found->heaps.group_bytes = group->room.limit_bytes;
	cgroup_owner(&group->own, &group->room, found->container, group->owner,
		     sizeof group->owner);
}

static void examine_container(struct diagnosis *found)
{
	char text[sizeof found->container];

	snprintf(found->container, sizeof found->container, "%s",
		 host_container(text, sizeof text));
}

void diagnosis_examine(struct diagnosis *found)
{
	int error;

	*found = (struct diagnosis){ 0 };
	error = overcommit_look(&found->overcommit);
	found->mode = error ? error : found->overcommit.mode;
	found->may_write = overcommit_may_write();
	found->memory_error = meminfo_read(&found->memory);
	found->allowance_error =
		memory_allowance(&found->allowance_bytes, found->allowance_why,
				 sizeof found->allowance_why);
	found->facts_error = predict_facts_imagined(0, &found->facts);
	/* What is left, and what of that for us, are of one moment. */
	if (!found->memory_error && !found->facts_error)
		found->facts.committed_bytes = found->memory.committed_bytes;
	examine_container(found);
	examine_group(found);
	examine_cpus(found);
	if (text_read(THP_PATH, found->thp, sizeof found->thp))
		*found->thp = '\0';
	text_pick_bracketed(found->thp);
	found->gnuplot = program_exists("gnuplot");
	found->hyperfine = program_exists("hyperfine");
	found->disturbance_count = warnings_measuring(found->disturbances);
}
