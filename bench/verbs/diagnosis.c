/* SPDX-License-Identifier: MIT */
/*
 * Looking at this machine, and the findings as JSON.
 */

#include "bench/verbs/diagnosis.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/files/errname.h"
#include "bench/machine/cpu.h"
#include "bench/machine/text.h"
#include "lib/spawnwise.h"

/* Whether a program is in PATH. */
static bool has_program(const char *name)
{
	const char *path = getenv("PATH");
	char file[4096];

	while (path && *path) {
		const int length = (int)strcspn(path, ":");

		snprintf(file, sizeof file, "%.*s/%s", length, path, name);
		if (!access(file, X_OK))
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

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

void diagnosis_examine(struct diagnosis *found)
{
	int error;

	*found = (struct diagnosis){ 0 };
	error = overcommit_look(&found->overcommit);
	found->mode = error ? error : found->overcommit.mode;
	found->may_write = overcommit_may_write();
	found->memory_error = meminfo_read(&found->memory);
	if (!found->memory_error)
		found->memory_error = memory_allowance(
			&found->allowance_bytes, found->allowance_why,
			sizeof found->allowance_why);
	examine_cpus(found);
	if (text_read(THP_PATH, found->thp, sizeof found->thp))
		*found->thp = '\0';
	text_pick_bracketed(found->thp);
	found->gnuplot = has_program("gnuplot");
	found->hyperfine = has_program("hyperfine");
	found->disturbance_count =
		host_disturbances(found->disturbances, HOST_DISTURBANCES_MAX);
}

static json_t *strategies_json(void)
{
	json_t *list = json_array();

	for (size_t i = 0; sw_strategies[i]; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];
		const int error =
			strategy->supported ? strategy->supported() : 0;

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
			list, json_pack("{s:s, s:s, s:s}", "name",
					found->disturbances[i].name, "what",
					found->disturbances[i].what, "cure",
					found->disturbances[i].cure));
	return list;
}

int diagnosis_json(const struct diagnosis *found, FILE *stream)
{
	json_t *all = json_pack(
		"{s:o, s:i, s:b, s:I, s:I, s:I, s:i, s:b, s:s, s:b, s:b, s:o}",
		"strategies", strategies_json(), "overcommit", found->mode,
		"overcommit_may_set", found->may_write, "commit_limit_bytes",
		(json_int_t)found->memory.commit_limit_bytes, "committed_bytes",
		(json_int_t)found->memory.committed_bytes, "allowance_bytes",
		(json_int_t)found->allowance_bytes, "cpus", found->cpu_count,
		"cpu_split", found->split_cpu >= 0, "thp", found->thp,
		"gnuplot", found->gnuplot, "hyperfine", found->hyperfine,
		"disturbances", disturbances_json(found));
	int error = all ? json_dumpf(all, stream, JSON_INDENT(2)) : -1;

	fputc('\n', stream);
	json_decref(all);
	if (ferror(stream))
		return -EIO;
	return error ? -ENOMEM : 0;
}
