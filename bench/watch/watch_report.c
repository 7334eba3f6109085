/* SPDX-License-Identifier: MIT */
/* What `watch` finds in the end, also as JSON; see watch_report.h. */

#include "bench/watch/watch_report.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "bench/machine/cgroup_room.h"
#include "bench/machine/host.h"
#include "bench/machine/memory.h"
#include "bench/machine/overcommit.h"
#include "bench/machine/text.h"

/* That there are none is no error. */
static void find_rivals(struct watch_report *report)
{
	const struct monitor *monitor = report->monitor;
	const pid_t pid = monitor->process.pid;
	struct cgroup group;

	if (oom_rival_find(pid, NULL, &report->rival))
		report->rival.pid = 0;
	if (monitor->now.cgroup_limit_bytes == BYTES_UNKNOWN)
		return;
	snprintf(group.directory, sizeof group.directory, "%s",
		 monitor->cgroup_directory);
	if (oom_rival_find(pid, &group, &report->group_rival))
		report->group_rival.pid = 0;
}

static uint64_t group_room_bytes(const struct memory_sample *now)
{
	const struct cgroup_room room = {
		.usage_bytes = now->cgroup_usage_bytes,
		.cache_bytes = now->cgroup_cache_bytes,
		.limit_bytes = now->cgroup_limit_bytes,
		.limited = now->cgroup_limit_bytes != BYTES_UNKNOWN,
	};

	return cgroup_room_bytes(&room);
}

int watch_conclude(const struct monitor *monitor, struct watch_report *report)
{
	const struct memory_sample *now = &monitor->now;
	struct meminfo machine;
	uint64_t kills;
	int error;

	*report = (struct watch_report){
		.monitor = monitor,
		.ended = monitor->end == MONITOR_PROCESS_ENDED,
		.group_room_bytes = group_room_bytes(now),
		.machine_room_bytes =
			now->available_bytes == FIELD_ABSENT
				? FIELD_ABSENT
				: now->available_bytes + now->swap_free_bytes,
	};
	error = monitor_judge(monitor, &report->trend);
	if (error)
		return error;
	error = meminfo_read(&machine);
	report->machine_error = error ? meminfo_error(error) : NULL;
	report->swap_total_bytes =
		error ? FIELD_ABSENT : machine.swap_total_bytes;
	error = overcommit_get(&report->mode);
	if (error)
		report->mode = error;
	if (!oom_kills_read(&kills))
		report->oom_kills = kills - monitor->oom_kills;
	if (!report->ended)
		find_rivals(report);
	return 0;
}

static json_t *rival_json(const struct oom_rival *rival)
{
	if (!rival->pid)
		return json_null();
	return json_pack("{s:i, s:o, s:i}", "pid", (int)rival->pid, "name",
			 host_string(rival->name), "oom_score", rival->score);
}

double watch_seconds_left(const struct watch_report *report,
			  uint64_t room_bytes)
{
	const struct memory_sample *first = &report->monitor->first;
	const struct memory_sample *now = &report->monitor->now;
	const double huge_bytes =
		(double)now->hugetlb_bytes - (double)first->hugetlb_bytes;

	if (report->ended || room_bytes == UINT64_MAX ||
	    huge_bytes > (double)now->rss_bytes - (double)first->rss_bytes)
		return INFINITY;
	return trend_seconds_until(&report->trend, (double)room_bytes);
}

/* When the lesser of both rooms is used up; INFINITY: never, or the process
 * has ended. */
static double limit_met_s(const struct watch_report *report)
{
	const uint64_t room_bytes =
		report->group_room_bytes < report->machine_room_bytes
			? report->group_room_bytes
			: report->machine_room_bytes;

	return watch_seconds_left(report, room_bytes);
}

/* JSON has no infinity. */
static json_t *real_json(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

static json_t *group_json(const struct watch_report *report)
{
	const struct memory_sample *now = &report->monitor->now;

	if (now->cgroup_usage_bytes == BYTES_UNKNOWN)
		return json_null();
	return json_pack("{s:o, s:I, s:I, s:o, s:o, s:o}", "path",
			 host_string(report->monitor->cgroup_directory),
			 "usage_bytes", (json_int_t)now->cgroup_usage_bytes,
			 "cache_bytes", (json_int_t)now->cgroup_cache_bytes,
			 "limit_bytes", host_bytes(now->cgroup_limit_bytes),
			 "room_bytes", host_bytes(report->group_room_bytes),
			 "rival", rival_json(&report->group_rival));
}

int watch_json(const struct watch_report *report, FILE *stream)
{
	const struct monitor *monitor = report->monitor;
	const struct trend *trend = &report->trend;
	/* What was not judged has no growth, not even none. */
	const bool judged = trend->verdict != TREND_TOO_SHORT;
	json_t *all = json_pack(
		"{s:i, s:o, s:b, s:I, s:f, s:I, s:I, s:I, s:o, s:o, s:s, s:o, "
		"s:o,"
		" s:o, s:i, s:i, s:o, s:o, s:o, s:i, s:I}",
		"pid", (int)monitor->process.pid, "name",
		host_string(monitor->process.stat.name), "ended", report->ended,
		"readings", (json_int_t)monitor->taken, "time_s",
		monitor->now.time_s, "first_rss_bytes",
		(json_int_t)monitor->first.rss_bytes, "rss_bytes",
		(json_int_t)monitor->now.rss_bytes, "peak_rss_bytes",
		(json_int_t)monitor->peak_bytes, "swap_bytes",
		host_bytes(monitor->now.swap_bytes), "hugetlb_bytes",
		host_bytes(monitor->now.hugetlb_bytes), "reading",
		trend_name(trend->verdict), "growth_bytes_per_hour",
		real_json(judged ? trend->bytes_per_hour : NAN),
		"growth_file_share",
		real_json(judged ? trend->file_share : NAN), "limit_met_in_s",
		real_json(limit_met_s(report)), "oom_score",
		monitor->now.oom_score, "oom_score_adj",
		monitor->now.oom_score_adj, "rival", rival_json(&report->rival),
		"cgroup", group_json(report), "machine_room_bytes",
		host_bytes(report->machine_room_bytes), "overcommit",
		report->mode, "oom_kills", (json_int_t)report->oom_kills);
	const int error = all ? json_dumpf(all, stream, JSON_INDENT(2)) : -1;

	fputc('\n', stream);
	json_decref(all);
	if (ferror(stream))
		return -EIO;
	return error ? -ENOMEM : 0;
}
