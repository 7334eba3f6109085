/* SPDX-License-Identifier: MIT */
/*
 * What `watch` says; see watch_report.h. The verdict is found, declared and
 * reported in one file: hence the length.
 */

#include "bench/watch/watch_report.h"

#include <errno.h>
#include <math.h>

#include "bench/machine/overcommit.h"
#include "bench/machine/process.h"
#include "bench/machine/units.h"
#include "bench/rows/rows.h"
#include "bench/show/table.h"

#define HOUR_S 3600

/* What is known when the watch has ended. */
struct verdict {
	const struct monitor *monitor;
	const struct memory_sample *now; /* the last of the monitor */
	struct trend trend;
	double limit_met_s; /* INFINITY: never */
	/* What the process may still take before its group's limit or the
	 * machine's end is met; UINT64_MAX: no limit, or not known. */
	uint64_t group_room_bytes, machine_room_bytes;
	int used_percent; /* of the group's limit */
	int mode;	  /* of overcommit, or -errno */
	/* The OOM killer's other choices, on the machine and in the group that
	 * has the limit; NULL: none is seen, or the process has ended. */
	const struct oom_rival *rival, *group_rival;
	struct oom_rival rivals[2];
	const struct verdict *group; /* this one; NULL: no group counts */
	uint64_t oom_kills;	     /* on the machine meanwhile */
};

#define RIVAL(member) offsetof(struct oom_rival, member)
#define SEEN(member) offsetof(struct monitor, member)
#define AT(member) offsetof(struct verdict, member)

static const struct row_field rival_fields[] = {
	FIELD("pid", NUMBER, RIVAL(pid)),
	FIELD("name", LINE, RIVAL(name)),
	FIELD("oom_score", NUMBER, RIVAL(score),
	      "of the process that has the highest one but for this"),
	{ 0 },
};

const struct row_type watch_rival_row = ROW_TYPE("rival", rival_fields);

static const struct row_field group_seen[] = {
	FIELD("path", LINE, SEEN(now.group.directory),
	      "the folder of the group"),
	FIELD("usage_bytes", BYTES, SEEN(now.group.usage_bytes)),
	FIELD("cache_bytes", BYTES, SEEN(now.group.cache_bytes)),
	FIELD("limit_bytes", BYTES, SEEN(now.group.limit_bytes),
	      "as in the rows"),
	FIELD("limit_name", TEXT, SEEN(now.group.limit_name),
	      "the file of that limit"),
	{ 0 },
};

static const struct row_field group_fields[] = {
	FIELD("room_bytes", BYTES, AT(group_room_bytes),
	      "what is left below the limit"),
	FIELD("rival", ROW, AT(group_rival), "the one in that group",
	      .type = &watch_rival_row),
	{ 0 },
};

const struct row_type watch_group_row = {
	"cgroup",
	{ { .fields = group_seen, AT(monitor), .pointed = true },
	  { .fields = group_fields } },
};

static const struct row_field seen[] = {
	FIELD("pid", NUMBER, SEEN(process.pid)),
	FIELD("name", LINE, SEEN(process.stat.name),
	      "of the process; its name as the kernel has it, `?` for what is "
	      "no printable ASCII. In names of control groups `\\\\xff` stands "
	      "for a byte that is no UTF-8 or a control character"),
	FIELD("readings", BYTES, SEEN(taken), "how many"),
	FIELD("time_s", SECONDS, SEEN(now.time_s), "when the last one was"),
	FIELD("first_rss_bytes", BYTES, SEEN(first.memory.rss_bytes)),
	FIELD("rss_bytes", BYTES, SEEN(now.memory.rss_bytes)),
	FIELD("peak_rss_bytes", BYTES, SEEN(peak_bytes),
	      "resident memory at first, at last, at most"),
	FIELD("swap_bytes", BYTES, SEEN(now.memory.swap_bytes)),
	FIELD("hugetlb_bytes", BYTES, SEEN(now.memory.hugetlb_bytes),
	      "as in the rows, at last"),
	FIELD("oom_score", NUMBER, SEEN(now.oom_score)),
	FIELD("oom_score_adj", NUMBER, SEEN(now.oom_score_adj), "likewise"),
	FIELD("ended", FLAG, SEEN(ended),
	      "the process has: nothing is predicted of it, and it has no "
	      "`rival`"),
	{ 0 },
};

static const struct row_field concluded[] = {
	FIELD("reading", CHOICE, AT(trend.verdict),
	      "`growing`, `sawtooth`, `flat`, `startup`, `falling`, `unclear`, "
	      "`too_short`: spawnwise(1) has the sentences",
	      trend_names),
	FIELD("growth_bytes_per_hour", BYTES, AT(trend.bytes_per_hour),
	      "the rate where it is `growing`, else 0; `null` if `too_short`"),
	FIELD("growth_file_share", RATIO, AT(trend.file_share),
	      "the part of the growth that is pages of mapped files, 0 to 1; "
	      "more than half is no leak"),
	FIELD("limit_met_in_s", SECONDS, AT(limit_met_s),
	      "when the lesser room is used up at that rate; `null`: never, or "
	      "not known, as where hugetlb pages grow"),
	FIELD("rival", ROW, AT(rival),
	      "the OOM killer's other choice on this machine, an object; "
	      "`null`: none is seen",
	      .type = &watch_rival_row),
	FIELD("cgroup", ROW, AT(group),
	      "an object; `null`: no group counts its memory",
	      .type = &watch_group_row),
	FIELD("machine_room_bytes", BYTES, AT(machine_room_bytes),
	      "MemAvailable and free swap; `null`: not told"),
	FIELD("overcommit", NUMBER, AT(mode),
	      "the mode; below 0: an errno, it could not be read"),
	FIELD("oom_kills", BYTES, AT(oom_kills),
	      "processes killed for want of memory meanwhile, anywhere on the "
	      "machine"),
	{ 0 },
};

const struct row_type watch_row = {
	"watch --json",
	{ { .fields = seen, AT(monitor), .pointed = true },
	  { .fields = concluded } },
};

/* Words of the sentences alone. */
static const struct row_field in_text[] = {
	FIELD("trend", CHOICE, AT(trend.verdict), NULL, trend_readings),
	FIELD("used_percent", COUNT, AT(used_percent)),
	{ 0 },
};

static const struct row_part text_parts[] = {
	{ .fields = seen, AT(monitor), .pointed = true },
	{ .fields = group_seen, AT(monitor), .pointed = true },
	{ .fields = memory_sample_fields, AT(now), .pointed = true },
	{ .fields = concluded },
	{ .fields = in_text },
	{ 0 },
};

static void find_rivals(struct verdict *verdict)
{
	const struct monitor *monitor = verdict->monitor;
	const pid_t pid = monitor->process.pid;

	if (!oom_rival_find(pid, NULL, &verdict->rivals[0]))
		verdict->rival = &verdict->rivals[0];
	if (monitor->now.group.limited &&
	    !oom_rival_find(pid, monitor->now.group.directory,
			    &verdict->rivals[1]))
		verdict->group_rival = &verdict->rivals[1];
}

/* When a room is used up; INFINITY: never, not known, or the process has ended.
 * Hugetlb pages come out of a pool of their own, so growth of these meets no
 * limit of the others. */
static double seconds_left(const struct verdict *verdict, uint64_t room_bytes)
{
	const struct process_memory *first = &verdict->monitor->first.memory;
	const struct process_memory *now = &verdict->monitor->now.memory;
	const double huge_bytes =
		(double)now->hugetlb_bytes - (double)first->hugetlb_bytes;

	if (verdict->monitor->ended || room_bytes == UINT64_MAX ||
	    huge_bytes > (double)now->rss_bytes - (double)first->rss_bytes)
		return INFINITY;
	return trend_seconds_until(&verdict->trend, (double)room_bytes);
}

static void look_at_machine(struct verdict *verdict)
{
	const struct meminfo *last = &verdict->monitor->now.machine;
	uint64_t kills;
	const int error = overcommit_get(&verdict->mode);

	verdict->machine_room_bytes = last->available_bytes;
	if (last->available_bytes != BYTES_UNKNOWN)
		verdict->machine_room_bytes += last->swap_free_bytes;
	if (error)
		verdict->mode = error;
	if (!oom_kills_read(&kills))
		verdict->oom_kills = kills - verdict->monitor->oom_kills;
}

static int conclude(const struct monitor *monitor, struct verdict *verdict)
{
	const struct cgroup_room *group = &monitor->now.group;
	int error;

	*verdict = (struct verdict){
		.monitor = monitor,
		.now = &monitor->now,
		.group_room_bytes = cgroup_room_bytes(group),
		.group = group->usage_bytes != BYTES_UNKNOWN ? verdict : NULL,
	};
	error = trend_judge(&monitor->series, &verdict->trend);
	if (error)
		return error;
	if (group->limited)
		verdict->used_percent =
			(int)lround(100 * (double)group->usage_bytes /
				    (double)group->limit_bytes);
	look_at_machine(verdict);
	verdict->limit_met_s =
		fmin(seconds_left(verdict, verdict->group_room_bytes),
		     seconds_left(verdict, verdict->machine_room_bytes));
	if (!verdict->monitor->ended)
		find_rivals(verdict);
	return 0;
}

static void report_process(struct table *table, const struct verdict *verdict)
{
	const struct monitor *monitor = verdict->monitor;

	report_line(table, "process", TABLE_STRONG,
		    "%s (pid %d), %zu reading%s in %s%s",
		    monitor->process.stat.name, (int)monitor->process.pid,
		    monitor->taken, monitor->taken == 1 ? "" : "s",
		    span_human(monitor->now.time_s).text,
		    verdict->monitor->ended ? "; then it ended" : "");
	report_row(table, "memory", TABLE_PLAIN,
		   "RSS {first_rss_bytes} at first, {rss_bytes} at last, "
		   "{peak_rss_bytes} at most");
	report_row(table, "", TABLE_PLAIN,
		   "at last: anonymous {anon_bytes}, files {file_bytes}, "
		   "shared {shmem_bytes}; swapped out {swap_bytes}");
	report_row(table, "", TABLE_PLAIN,
		   "page tables {page_table_bytes}, address space {vm_bytes}, "
		   "hugetlb pages {hugetlb_bytes}");
}

static void report_reading(struct table *table, const struct verdict *verdict)
{
	const char *more =
		trend_advice(&verdict->trend, verdict->monitor->ended);

	if (trend_is_mapped(&verdict->trend))
		report_row(table, "reading", TABLE_STRONG,
			   "steady growth by mapped files: normal, "
			   "{growth_bytes_per_hour} an hour");
	else if (verdict->trend.verdict == TREND_GROWING)
		report_row(table, "reading", TABLE_BAD,
			   "{trend}, {growth_bytes_per_hour} an hour");
	else
		report_row(table, "reading", TABLE_STRONG, "{trend}");
	if (more || verdict->now->time_s < HOUR_S)
		report_row(table, "", TABLE_PLAIN,
			   more
				   ?: "That holds for these {time_s}: hours "
				      "under load tell more.");
}

/* The room that is left, and when growth at this rate has used it up. */
static void report_room(struct table *table, const struct verdict *verdict,
			uint64_t room_bytes)
{
	const double seconds = seconds_left(verdict, room_bytes);

	if (verdict->monitor->ended)
		return;
	if (isinf(seconds))
		report_line(table, "", TABLE_PLAIN, "left for it: %s",
			    size_human(room_bytes).text);
	else
		report_line(table, "", TABLE_BAD,
			    "left for it: %s, gone in %s at this rate",
			    size_human(room_bytes).text,
			    span_human(seconds).text);
}

static void report_group(struct table *table, const struct verdict *verdict)
{
	const struct monitor *monitor = verdict->monitor;

	if (monitor->group_error == -ENOENT) {
		report_row(table, "cgroup", TABLE_PLAIN,
			   "none that counts memory");
	} else if (!verdict->group) {
		report_line(table, "cgroup", TABLE_PLAIN,
			    "its limits are hidden: %s",
			    cgroup_error(monitor->group_error));
	} else if (!monitor->now.group.limited) {
		report_row(table, "cgroup", TABLE_PLAIN,
			   "no limit; {path} uses {usage_bytes}");
	} else {
		report_row(
			table, "cgroup", TABLE_PLAIN,
			"{usage_bytes} of {limit_bytes} used ({used_percent} "
			"%), of it cache to drop: {cache_bytes}");
		report_row(table, "", TABLE_PLAIN, "by {path}, {limit_name}");
		report_room(table, verdict, verdict->group_room_bytes);
	}
}

static void report_machine(struct table *table, const struct verdict *verdict)
{
	const struct meminfo *machine = &verdict->monitor->now.machine;

	if (machine->available_bytes == BYTES_UNKNOWN) {
		struct meminfo again;
		const int error = meminfo_read(&again);

		report_line(table, "machine", TABLE_PLAIN,
			    "its memory cannot be told: %s",
			    error ? meminfo_error(error)
				  : "it was not told at the last reading");
		return;
	}
	report_row(table, "machine", TABLE_PLAIN,
		   machine->swap_total_bytes
			   ? "{available_bytes} of memory available, swap "
			     "free: {swap_free_bytes}"
			   : "{available_bytes} of memory available, no swap");
	report_room(table, verdict, verdict->machine_room_bytes);
	if (verdict->mode >= 0 && machine->commit_limit_bytes != BYTES_UNKNOWN)
		report_row(table, "", TABLE_PLAIN,
			   verdict->mode == 2
				   ? "committed {committed_bytes} of "
				     "CommitLimit {commit_limit_bytes}, which "
				     "binds in mode {overcommit}"
				   : "committed {committed_bytes} of "
				     "CommitLimit {commit_limit_bytes}, which "
				     "does not bind in mode {overcommit}");
}

static void report_rival(struct table *table, const struct oom_rival *rival,
			 const char *where, int score)
{
	if (!rival)
		report_line(table, "", TABLE_PLAIN, "%s: nobody else", where);
	else if (rival->score == score)
		report_line(table, "", TABLE_BAD, "%s: as high as %s (pid %d)",
			    where, rival->name, (int)rival->pid);
	else
		report_line(table, "",
			    rival->score < score ? TABLE_BAD : TABLE_PLAIN,
			    "%s: %s (pid %d) has %d, %s", where, rival->name,
			    (int)rival->pid, rival->score,
			    rival->score < score ? "so this one is killed first"
						 : "and is killed before it");
}

static void report_oom(struct table *table, const struct verdict *verdict)
{
	const struct memory_sample *now = &verdict->monitor->now;
	/* The first process of the machine is never killed either: its score
	 * is 0 without any adjustment. */
	const bool spared = now->oom_score_adj == -1000 ||
			    (!now->oom_score && !now->oom_score_adj);

	report_line(table, "OOM killer", TABLE_PLAIN,
		    "oom_score %d, oom_score_adj %d%s", now->oom_score,
		    now->oom_score_adj,
		    verdict->monitor->ended ? " at last"
		    : spared		    ? ": it is never killed"
					    : "");
	if (!spared && !verdict->monitor->ended) {
		if (now->group.limited)
			report_rival(table, verdict->group_rival,
				     "in its group", now->oom_score);
		report_rival(table, verdict->rival, "on the machine",
			     now->oom_score);
	}
	if (verdict->oom_kills)
		report_row(table, "", TABLE_BAD,
			   "processes killed on this machine meanwhile: "
			   "{oom_kills}; `dmesg` names them");
}

int watch_report(const struct monitor *monitor, bool json, FILE *stream)
{
	struct verdict verdict;
	struct table table;
	int error = conclude(monitor, &verdict);

	if (error)
		return error;
	if (json)
		return row_json_print(row_json(&watch_row, &verdict), stream);
	table_init(&table, "ll");
	table.parts = text_parts;
	table.row = &verdict;
	report_process(&table, &verdict);
	report_reading(&table, &verdict);
	report_group(&table, &verdict);
	report_machine(&table, &verdict);
	report_oom(&table, &verdict);
	return table_print(&table, stream);
}
