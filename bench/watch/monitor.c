/* SPDX-License-Identifier: MIT */
/* Watching the memory of a running process; see monitor.h. */

#include "bench/watch/monitor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "bench/machine/clock.h"
#include "bench/machine/text.h"

#define AT(member) offsetof(struct memory_sample, member)

const struct row_field memory_sample_fields[] = {
	FIELD("time_s", SECONDS, AT(time_s),
	      "since the watch began, `CLOCK_MONOTONIC`"),
	FIELD("rss_bytes", BYTES, AT(memory.rss_bytes),
	      "resident memory, `VmRSS`: the next three together"),
	FIELD("anon_bytes", BYTES, AT(memory.anon_bytes),
	      "anonymous: heap, stacks (`RssAnon`)"),
	FIELD("file_bytes", BYTES, AT(memory.file_bytes),
	      "pages of mapped files, which the kernel can drop (`RssFile`)"),
	FIELD("shmem_bytes", BYTES, AT(memory.shmem_bytes),
	      "shared memory (`RssShmem`)"),
	FIELD("swap_bytes", BYTES, AT(memory.swap_bytes),
	      "anonymous memory that is swapped out (`VmSwap`)"),
	FIELD("page_table_bytes", BYTES, AT(memory.page_table_bytes),
	      "page tables (`VmPTE`)"),
	FIELD("vm_bytes", BYTES, AT(memory.vm_bytes),
	      "address space (`VmSize`)"),
	FIELD("oom_score", NUMBER, AT(oom_score),
	      "as the kernel prints it: about 666 without memory or "
	      "adjustment, one step is 1.5 thousandths of RAM and swap"),
	FIELD("oom_score_adj", NUMBER, AT(oom_score_adj), "-1000 to 1000"),
	FIELD("cgroup_usage_bytes", BYTES, AT(group.usage_bytes),
	      "what the group is charged, page cache too. The group is the one "
	      "with the least room, from the process's own upwards; without "
	      "limits its own. Empty: none that tells"),
	FIELD("cgroup_cache_bytes", BYTES, AT(group.cache_bytes),
	      "of it, page cache not used lately (`inactive_file`): dropped "
	      "before anybody is killed"),
	FIELD("cgroup_limit_bytes", BYTES, AT(group.limit_bytes),
	      "the limit of that group which is met first (`memory.max`, "
	      "`memory.high`; version 1: `memory.limit_in_bytes`, "
	      "`memory.memsw.limit_in_bytes`, whose usage is then told); "
	      "empty: none"),
	FIELD("available_bytes", BYTES, AT(machine.available_bytes),
	      "of the machine, `MemAvailable`"),
	FIELD("swap_free_bytes", BYTES, AT(machine.swap_free_bytes),
	      "of the machine, `SwapFree`"),
	FIELD("committed_bytes", BYTES, AT(machine.committed_bytes),
	      "of the machine, `Committed_AS`"),
	FIELD("commit_limit_bytes", BYTES, AT(machine.commit_limit_bytes),
	      "of the machine, `CommitLimit`; binds in overcommit mode 2"),
	FIELD("date_utc", DATE, AT(date), "when the reading was taken"),
	FIELD("hugetlb_bytes", BYTES, AT(memory.hugetlb_bytes),
	      "pages of hugetlbfs (`HugetlbPages`), which are not in the RSS "
	      "and come out of a pool of their own"),
	{ 0 },
};

const struct row_type memory_sample_row =
	ROW_TYPE("watch", memory_sample_fields);

int monitor_begin(struct monitor *monitor, pid_t pid, uint64_t interval_ns,
		  uint64_t duration_ns)
{
	*monitor = (struct monitor){
		.interval_ns = interval_ns,
		.duration_ns = duration_ns,
		.begin_ns = clock_now_ns(),
	};
	if (oom_kills_read(&monitor->oom_kills))
		monitor->oom_kills = 0;
	return process_open(pid, &monitor->process);
}

/* A process may be moved, so its group is looked up each time. */
static int take_group(pid_t pid, struct cgroup_room *room)
{
	struct cgroup group;
	int error = cgroup_of(pid, "memory", &group);

	if (!error)
		error = cgroup_room_read(&group, room);
	if (error)
		*room = (struct cgroup_room){ .usage_bytes = BYTES_UNKNOWN,
					      .cache_bytes = BYTES_UNKNOWN,
					      .limit_bytes = BYTES_UNKNOWN };
	return error;
}

/* A machine that does not tell its memory is no reason not to watch. */
static void take_machine(struct meminfo *machine)
{
	if (meminfo_read(machine))
		memset(machine, 0xff, sizeof *machine); /* FIELD_ABSENT */
}

static uint64_t if_told(uint64_t bytes)
{
	return bytes == FIELD_ABSENT ? 0 : bytes;
}

/* Add RSS, hugetlb pages and swap together to the series: the process has not
 * given back what is swapped out. */
static void add_reading(struct trend_series *series,
			const struct memory_sample *now)
{
	const struct process_memory *memory = &now->memory;
	const struct trend_point point = {
		.time_s = now->time_s,
		.bytes = (double)(memory->rss_bytes +
				  if_told(memory->hugetlb_bytes) +
				  if_told(memory->swap_bytes)),
		.file_bytes = (double)if_told(memory->file_bytes),
	};

	trend_add(series, &point);
}

static void keep(struct monitor *monitor, const struct memory_sample *now)
{
	if (monitor->taken)
		add_reading(&monitor->series, &monitor->now);
	if (!monitor->taken++)
		monitor->first = *now;
	if (now->memory.rss_bytes > monitor->peak_bytes)
		monitor->peak_bytes = now->memory.rss_bytes;
	monitor->now = *now;
}

/* The name of a process changes with exec. */
static void follow_name(struct process *process)
{
	struct process_stat stat;

	if (process_stat_read(process->pid, &stat) == 0 &&
	    stat.start_ticks == process->stat.start_ticks)
		process->stat = stat;
}

int monitor_take(struct monitor *monitor)
{
	const pid_t pid = monitor->process.pid;
	struct memory_sample now = {
		.time_s = (double)(clock_now_ns() - monitor->begin_ns) / 1e9,
		.date = time(NULL),
	};
	int error = process_memory_read(pid, &now.memory);

	if (!error)
		error = oom_score_read(pid, &now.oom_score, &now.oom_score_adj);
	monitor->group_error = take_group(pid, &now.group);
	take_machine(&now.machine);
	follow_name(&monitor->process);
	/* The files may have told of another process with the same number, or
	 * of this one while it gave its memory back at its end. */
	if (process_ended(&monitor->process) || monitor->process.stat.exiting)
		return -ESRCH;
	if (!error)
		keep(monitor, &now);
	return error;
}

/* When the next reading is due, since the begin. A reading that would be late
 * by more than an interval is left out; no two have the same time. */
static uint64_t next_tick_ns(struct monitor *monitor, uint64_t elapsed_ns)
{
	const uint64_t soon_ns = elapsed_ns + MEMORY_SAMPLE_TIME_NS;
	uint64_t due_ns;

	monitor->ticks++;
	if (monitor->ticks < elapsed_ns / monitor->interval_ns)
		monitor->ticks = elapsed_ns / monitor->interval_ns;
	if (__builtin_mul_overflow(monitor->ticks, monitor->interval_ns,
				   &due_ns))
		return UINT64_MAX;
	return due_ns > soon_ns ? due_ns : soon_ns;
}

static uint64_t elapsed_ns(const struct monitor *monitor)
{
	return (uint64_t)(clock_now_ns() - monitor->begin_ns);
}

int monitor_wait(struct monitor *monitor, int signal_fd)
{
	const uint64_t due_ns = next_tick_ns(monitor, elapsed_ns(monitor));
	/* The verdict needs a second reading, however late the first was. */
	const bool last = due_ns > monitor->duration_ns && monitor->taken > 1;
	const uint64_t until_ns = last ? monitor->duration_ns : due_ns;
	struct pollfd events[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = monitor->process.pid_fd, .events = POLLIN },
	};

	for (;;) {
		const uint64_t now_ns = elapsed_ns(monitor);
		const uint64_t left_ns =
			now_ns < until_ns ? until_ns - now_ns : 0;
		const struct timespec left = {
			.tv_sec = (time_t)(left_ns / 1000000000),
			.tv_nsec = (long)(left_ns % 1000000000),
		};
		const int ready = ppoll(events, 2, &left, NULL);

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (events[0].revents)
			monitor->end = MONITOR_SIGNALLED;
		else if (events[1].revents)
			monitor->end = MONITOR_PROCESS_ENDED;
		else if (ready == 0 && last)
			monitor->end = MONITOR_TIME_OVER;
		if (ready >= 0)
			return 0;
	}
}

int monitor_judge(const struct monitor *monitor, struct trend *trend)
{
	struct trend_series series = monitor->series;

	if (monitor->taken && monitor->end != MONITOR_PROCESS_ENDED)
		add_reading(&series, &monitor->now);
	return trend_judge(&series, trend);
}

void monitor_end(const struct monitor *monitor)
{
	process_close(&monitor->process);
}
