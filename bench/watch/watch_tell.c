/* SPDX-License-Identifier: MIT */
/* What `watch` says to people; see watch_report.h. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "bench/show/units.h"
#include "bench/verbs/tell.h"
#include "bench/watch/watch_report.h"

#define HOUR_S 3600

void watch_line(const struct monitor *monitor, char *line, size_t length)
{
	const struct memory_sample *now = &monitor->now;
	const uint64_t was = monitor->first.rss_bytes, is = now->rss_bytes;
	const int used = snprintf(
		line, length,
		"%.0f s: RSS %s (%s%s), swap %s, oom_score %d, %s", now->time_s,
		size_human(is).text, is < was ? "-" : "+",
		size_human(is < was ? was - is : is - was).text,
		size_human(now->swap_bytes).text, now->oom_score,
		now->cgroup_limit_bytes != BYTES_UNKNOWN ? "group " : "free ");

	if (used < 0 || (size_t)used >= length)
		return;
	line += used;
	length -= (size_t)used;
	if (now->cgroup_limit_bytes != BYTES_UNKNOWN)
		snprintf(line, length, "%s of %s",
			 size_human(now->cgroup_usage_bytes).text,
			 size_human(now->cgroup_limit_bytes).text);
	else
		snprintf(line, length, "%s",
			 size_human(now->available_bytes).text);
}

static void tell_process(struct table *table, const struct watch_report *report)
{
	const struct monitor *monitor = report->monitor;
	const struct memory_sample *first = &monitor->first,
				   *now = &monitor->now;

	tell(table, "process", TABLE_STRONG,
	     "%s (pid %d), %zu reading%s in %s%s", monitor->process.stat.name,
	     (int)monitor->process.pid, monitor->taken,
	     monitor->taken == 1 ? "" : "s", span_human(now->time_s).text,
	     report->ended ? "; then it ended" : "");
	tell(table, "memory", TABLE_PLAIN,
	     "RSS %s at first, %s at last, %s at most",
	     size_human(first->rss_bytes).text, size_human(now->rss_bytes).text,
	     size_human(monitor->peak_bytes).text);
	tell(table, "", TABLE_PLAIN,
	     "at last: anonymous %s, files %s, shared %s; swapped out %s",
	     size_human(now->anon_bytes).text, size_human(now->file_bytes).text,
	     size_human(now->shmem_bytes).text,
	     size_human(now->swap_bytes).text);
	tell(table, "", TABLE_PLAIN,
	     "page tables %s, address space %s, hugetlb pages %s",
	     size_human(now->page_table_bytes).text,
	     size_human(now->vm_bytes).text,
	     size_human(now->hugetlb_bytes).text);
}

/* What to do about a verdict, or NULL. Who has ended cannot be watched on. */
static const char *advice(const struct trend *trend, bool ended)
{
	switch (trend->verdict) {
	case TREND_GROWING:
		if (trend_is_mapped(trend))
			return "Most of it is pages of mapped files, which the "
			       "kernel can drop: no leak.";
		return ended ? "Only hours under load prove a leak."
			     : "Only hours under load prove a leak: watch on.";
	case TREND_SAWTOOTH:
		return ended ? NULL
			     : "Watch on to see whether its lowest points "
			       "rise.";
	case TREND_UNCLEAR:
		return ended ? "It takes longer, under a steady load, to tell."
			     : "Watch longer, under a steady load.";
	default:
		return NULL;
	}
}

static void tell_reading(struct table *table, const struct watch_report *report)
{
	const struct monitor *monitor = report->monitor;
	const struct trend *trend = &report->trend;
	const char *more = advice(trend, report->ended);

	if (trend_is_mapped(trend))
		tell(table, "reading", TABLE_STRONG,
		     "steady growth by mapped files: normal, %s an hour",
		     size_human((uint64_t)trend->bytes_per_hour).text);
	else if (trend->verdict == TREND_GROWING)
		tell(table, "reading", TABLE_BAD, "%s, %s an hour",
		     trend_reading(trend->verdict),
		     size_human((uint64_t)trend->bytes_per_hour).text);
	else
		tell(table, "reading", TABLE_STRONG, "%s",
		     trend_reading(trend->verdict));
	if (trend->verdict == TREND_TOO_SHORT)
		tell(table, "", TABLE_PLAIN,
		     "It takes %d readings: %s--interval.", TREND_POINTS_MIN,
		     report->ended ? "next time, take a shorter "
				   : "watch longer, or with a shorter ");
	else if (more)
		tell(table, "", TABLE_PLAIN, "%s", more);
	else if (monitor->now.time_s < HOUR_S)
		tell(table, "", TABLE_PLAIN,
		     "That holds for these %s: hours under load tell more.",
		     span_human(monitor->now.time_s).text);
}

/* Room, and when it is gone; only growth that goes on has a when. */
static void tell_room(struct table *table, const struct watch_report *report,
		      uint64_t room_bytes)
{
	const double seconds = watch_seconds_left(report, room_bytes);

	if (report->ended)
		return;
	if (isinf(seconds))
		tell(table, "", TABLE_PLAIN, "left for it: %s",
		     size_human(room_bytes).text);
	else
		tell(table, "", TABLE_BAD,
		     "left for it: %s, gone in %s at this rate",
		     size_human(room_bytes).text, span_human(seconds).text);
}

static void tell_machine(struct table *table, const struct watch_report *report)
{
	const struct memory_sample *now = &report->monitor->now;
	const bool swaps = report->swap_total_bytes != 0;

	if (now->available_bytes == BYTES_UNKNOWN) {
		tell(table, "machine", TABLE_PLAIN,
		     "its memory cannot be told: %s",
		     report->machine_error ? report->machine_error
					   : "it was not at the last reading");
		return;
	}
	tell(table, "machine", TABLE_PLAIN, "%s of memory available, %s%s",
	     size_human(now->available_bytes).text,
	     swaps ? "swap free: " : "no swap",
	     swaps ? size_human(now->swap_free_bytes).text : "");
	tell_room(table, report, report->machine_room_bytes);
	if (report->mode >= 0 && now->commit_limit_bytes != BYTES_UNKNOWN)
		tell(table, "", TABLE_PLAIN,
		     "committed %s of CommitLimit %s, which %s in mode %d",
		     size_human(now->committed_bytes).text,
		     size_human(now->commit_limit_bytes).text,
		     report->mode == 2 ? "binds" : "does not bind",
		     report->mode);
}

static void tell_limits(struct table *table, const struct watch_report *report)
{
	const struct monitor *monitor = report->monitor;
	const struct memory_sample *now = &monitor->now;

	if (monitor->cgroup_error == -ENOENT) {
		tell(table, "cgroup", TABLE_PLAIN, "none that counts memory");
	} else if (now->cgroup_usage_bytes == BYTES_UNKNOWN) {
		tell(table, "cgroup", TABLE_PLAIN, "its limits are hidden: %s",
		     cgroup_error(monitor->cgroup_error));
	} else if (now->cgroup_limit_bytes == BYTES_UNKNOWN) {
		tell(table, "cgroup", TABLE_PLAIN, "no limit; %s uses %s",
		     monitor->cgroup_directory,
		     size_human(now->cgroup_usage_bytes).text);
	} else {
		tell(table, "cgroup", TABLE_PLAIN,
		     "%s of %s used (%.0f %%), of it cache to drop: %s",
		     size_human(now->cgroup_usage_bytes).text,
		     size_human(now->cgroup_limit_bytes).text,
		     100 * (double)now->cgroup_usage_bytes /
			     (double)now->cgroup_limit_bytes,
		     size_human(now->cgroup_cache_bytes).text);
		tell(table, "", TABLE_PLAIN, "by %s, %s",
		     monitor->cgroup_directory, monitor->cgroup_limit_name);
		tell_room(table, report, report->group_room_bytes);
	}
	tell_machine(table, report);
}

static void tell_rival(struct table *table, const struct oom_rival *rival,
		       const char *where, int score)
{
	if (!rival->pid)
		tell(table, "", TABLE_PLAIN, "%s: nobody else", where);
	else if (rival->score == score)
		tell(table, "", TABLE_BAD, "%s: as high as %s (pid %d)", where,
		     rival->name, (int)rival->pid);
	else
		tell(table, "", rival->score < score ? TABLE_BAD : TABLE_PLAIN,
		     "%s: %s (pid %d) has %d, %s", where, rival->name,
		     (int)rival->pid, rival->score,
		     rival->score < score ? "so this one is killed first"
					  : "and is killed before it");
}

static void tell_oom(struct table *table, const struct watch_report *report)
{
	const struct memory_sample *now = &report->monitor->now;
	/* The first process of the machine has 0 without any adjustment. */
	const bool spared = now->oom_score_adj == -1000 ||
			    (!now->oom_score && !now->oom_score_adj);

	tell(table, "OOM killer", TABLE_PLAIN,
	     "oom_score %d, oom_score_adj %d%s", now->oom_score,
	     now->oom_score_adj,
	     report->ended ? " at last"
	     : spared	   ? ": it is never killed"
			   : "");
	if (!spared && !report->ended) {
		if (now->cgroup_limit_bytes != BYTES_UNKNOWN)
			tell_rival(table, &report->group_rival, "in its group",
				   now->oom_score);
		tell_rival(table, &report->rival, "on the machine",
			   now->oom_score);
	}
	if (report->oom_kills)
		tell(table, "", TABLE_BAD,
		     "processes killed on this machine meanwhile: %llu; "
		     "`dmesg` names them",
		     (unsigned long long)report->oom_kills);
}

int watch_tell(const struct watch_report *report, FILE *stream)
{
	struct table table;
	int error;

	table_init(&table, "ll");
	tell_process(&table, report);
	tell_reading(&table, report);
	tell_limits(&table, report);
	tell_oom(&table, report);
	error = table_print(&table, stream);
	table_release(&table);
	return error;
}
