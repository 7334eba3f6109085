/* SPDX-License-Identifier: MIT */
/* Warnings, and the limits of a process, told; see doctor_warnings.h. */

#include "bench/doctor/doctor_warnings.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench/machine/host.h"
#include "bench/machine/process.h"
#include "bench/machine/text.h"
#include "bench/machine/warnings.h"
#include "bench/verbs/tell.h"

void doctor_tell_warnings(struct table *table, const char *subject, pid_t pid)
{
	struct warning warnings[WARNINGS_MAX];
	const size_t count = warnings_find(pid, warnings);

	if (!count)
		tell(table, subject, TABLE_PLAIN, "none");
	for (size_t i = 0; i < count; i++) {
		tell(table, i ? "" : subject, TABLE_STRONG, "%s",
		     warnings[i].what);
		tell(table, "", TABLE_PLAIN, "%s", warnings[i].means);
		tell(table, "", TABLE_PLAIN, "%s", warnings[i].cure);
	}
}

json_t *doctor_warnings_json(pid_t pid)
{
	struct warning warnings[WARNINGS_MAX];
	const size_t count = warnings_find(pid, warnings);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(
			    list, json_pack("{s:s, s:o, s:s, s:s}", "name",
					    warnings[i].name, "what",
					    host_string(warnings[i].what),
					    "means", warnings[i].means, "cure",
					    warnings[i].cure))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static const struct {
	const char *key, *name, *words;
} limits[] = {
	{ "nofile", "Max open files", "descriptors" },
	{ "nproc", "Max processes", "processes of its user" },
	{ "as_bytes", "Max address space", "bytes of addresses" },
};
#define LIMIT_COUNT (sizeof limits / sizeof *limits)

void doctor_tell_process_limits(struct table *table, pid_t pid)
{
	struct process_limit nearest;
	char text[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		uint64_t soft;

		if (status_limit(pid, limits[i].name, &soft) ||
		    soft == UINT64_MAX)
			continue;
		used += (size_t)snprintf(text + used, sizeof text - used,
					 "%s%" PRIu64 " %s", used ? ", " : "",
					 soft, limits[i].words);
	}
	tell(table, "", TABLE_PLAIN, "it may have: %s",
	     used ? text : "any number of descriptors and processes");
	if (process_limit_nearest(pid, &nearest))
		tell(table, "", TABLE_PLAIN,
		     "nearest limit of processes: %s%s%s, %" PRIu64
		     " of %" PRIu64 " are there",
		     nearest.name, *nearest.directory ? " of " : "",
		     nearest.directory, nearest.used, nearest.limit);
}

json_t *doctor_process_limits_json(pid_t pid)
{
	json_t *all = json_object();

	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		uint64_t soft = UINT64_MAX;

		status_limit(pid, limits[i].name, &soft);
		json_object_set_new(all, limits[i].key,
				    soft > INT64_MAX
					    ? json_null()
					    : json_integer((json_int_t)soft));
	}
	return all;
}
