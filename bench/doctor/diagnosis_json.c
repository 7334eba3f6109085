/* SPDX-License-Identifier: MIT */
/* The findings of `doctor` as JSON; see diagnosis.h. */

#include <errno.h>
#include <jansson.h>

#include "bench/attest/trial.h"
#include "bench/doctor/diagnosis.h"
#include "bench/doctor/doctor_warnings.h"
#include "bench/machine/host.h"
#include "bench/machine/text.h"
#include "bench/rows/errname.h"
#include "lib/spawnwise.h"

static json_t *strategies_json(void)
{
	json_t *list = json_array();

	for (size_t i = 0; sw_strategies[i]; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];
		const char *step;
		const int error = trial_known(strategy, &step);

		json_array_append_new(
			list, json_pack("{s:s, s:b, s:s}", "name",
					strategy->name, "supported", !error,
					"reason", errname(-error)));
	}
	return list;
}

static json_t *disturbances_json(const struct diagnosis *found)
{
	json_t *list = json_array();

	for (size_t i = 0; i < found->disturbance_count; i++)
		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:o}", "name",
				  found->disturbances[i].name, "what",
				  host_string(found->disturbances[i].what),
				  "cure",
				  host_string(found->disturbances[i].cure)));
	return list;
}

static json_t *group_json(const struct diagnosis *found)
{
	const struct group_finding *group = &found->group;
	const struct cgroup_room *room = &group->room;

	if (!group->found)
		return json_null();
	return json_pack("{s:i, s:b, s:o, s:I, s:I, s:o, s:o}", "version",
			 group->own.version, "hybrid", group->hybrid, "path",
			 host_string(room->directory), "usage_bytes",
			 (json_int_t)room->usage_bytes, "cache_bytes",
			 (json_int_t)room->cache_bytes, "limit_bytes",
			 host_bytes(room->limit_bytes), "limit_set_by",
			 room->limited ? host_string(group->owner)
				       : json_null());
}

static json_t *machine_json(const struct diagnosis *found)
{
	const struct meminfo *memory = &found->memory;

	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I}", "ram_bytes",
		(json_int_t)memory->total_bytes, "available_bytes",
		(json_int_t)memory->available_bytes, "swap_total_bytes",
		(json_int_t)memory->swap_total_bytes, "swap_free_bytes",
		(json_int_t)memory->swap_free_bytes, "commit_left_bytes",
		(json_int_t)meminfo_headroom_bytes(memory),
		"commit_left_for_us_bytes",
		(json_int_t)predict_left(&found->facts));
}

int diagnosis_json(const struct diagnosis *found, FILE *stream)
{
	json_t *all = json_pack(
		"{s:o, s:i, s:b, s:o, s:o, s:o, s:i, s:b, s:s, s:b, s:b, s:o,"
		" s:o, s:o, s:o, s:o, s:o, s:o}",
		"strategies", strategies_json(), "overcommit", found->mode,
		"overcommit_may_set", found->may_write, "commit_limit_bytes",
		host_bytes(found->memory.commit_limit_bytes), "committed_bytes",
		host_bytes(found->memory.committed_bytes), "allowance_bytes",
		host_bytes(found->allowance_error ? FIELD_ABSENT
						  : found->allowance_bytes),
		"cpus", found->cpu_count, "cpu_split", found->split_cpu >= 0,
		"thp", found->thp, "gnuplot", found->gnuplot, "hyperfine",
		found->hyperfine, "disturbances", disturbances_json(found),
		"memory", machine_json(found), "cgroup", group_json(found),
		"container", host_string(found->container), "heaps",
		doctor_heaps_json(&found->heaps), "process",
		doctor_process_json(&found->process), "warnings",
		doctor_warnings_json(0));
	int error = all ? json_dumpf(all, stream, JSON_INDENT(2)) : -1;

	fputc('\n', stream);
	json_decref(all);
	/* main() tells what became of the output. */
	return error && !ferror(stream) ? -ENOMEM : 0;
}
