/* SPDX-License-Identifier: MIT */
/* Watching the memory of a running process; see monitor.h. */

#include "bench/watch/monitor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/cgroup_room.h"
#include "bench/machine/clock.h"
#include "bench/machine/memory.h"
#include "bench/machine/oom.h"
#include "bench/machine/text.h"

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

static int take_process(const struct monitor *monitor,
			struct memory_sample *now)
{
	const pid_t pid = monitor->process.pid;
	struct process_memory memory;
	int error = process_memory_read(pid, &memory);

	if (!error)
		error = oom_score_read(pid, &now->oom_score,
				       &now->oom_score_adj);
	if (error)
		return error;
	now->rss_bytes = memory.rss_bytes;
	now->anon_bytes = memory.anon_bytes;
	now->file_bytes = memory.file_bytes;
	now->shmem_bytes = memory.shmem_bytes;
	now->swap_bytes = memory.swap_bytes;
	now->page_table_bytes = memory.page_table_bytes;
	now->vm_bytes = memory.vm_bytes;
	now->hugetlb_bytes = memory.hugetlb_bytes;
	return 0;
}

/* A process may be moved, so its group is looked up each time; room is that of
 * the group with the least. */
static int take_cgroup(pid_t pid, struct memory_sample *now,
		       struct cgroup_room *room)
{
	struct cgroup group;
	int error = cgroup_of(pid, "memory", &group);

	if (!error)
		error = cgroup_room_read(&group, room);
	if (error)
		return error;
	now->cgroup_usage_bytes = room->usage_bytes;
	now->cgroup_cache_bytes = room->cache_bytes;
	if (room->limited)
		now->cgroup_limit_bytes = room->limit_bytes;
	return 0;
}

/* What the machine does not tell is no reason not to watch a process. */
static void take_machine(struct memory_sample *now)
{
	struct meminfo machine;

	if (meminfo_read(&machine))
		memset(&machine, 0xff, sizeof machine); /* FIELD_ABSENT */
	now->available_bytes = machine.available_bytes;
	now->swap_free_bytes = machine.swap_free_bytes;
	now->committed_bytes = machine.committed_bytes;
	now->commit_limit_bytes = machine.commit_limit_bytes;
}

static uint64_t if_told(uint64_t bytes)
{
	return bytes == FIELD_ABSENT ? 0 : bytes;
}

/* To the series, as RSS, hugetlb pages and swap together: what is swapped out
 * has not been given back. */
static void add_reading(struct trend_series *series,
			const struct memory_sample *now)
{
	const struct trend_point point = {
		.time_s = now->time_s,
		.bytes = (double)(now->rss_bytes + if_told(now->hugetlb_bytes) +
				  if_told(now->swap_bytes)),
		.file_bytes = (double)if_told(now->file_bytes),
	};

	trend_add(series, &point);
}

static void keep(struct monitor *monitor, const struct memory_sample *now,
		 const struct cgroup_room *room)
{
	if (monitor->taken)
		add_reading(&monitor->series, &monitor->now);
	if (!monitor->taken++)
		monitor->first = *now;
	if (now->rss_bytes > monitor->peak_bytes)
		monitor->peak_bytes = now->rss_bytes;
	monitor->now = *now;
	memcpy(monitor->cgroup_directory, room->directory, PATH_MAX);
	monitor->cgroup_limit_name = room->limit_name;
}

/* It changes with exec. */
static void follow_name(struct process *process)
{
	struct process_stat stat;

	if (process_stat_read(process->pid, &stat) == 0 &&
	    stat.start_ticks == process->stat.start_ticks)
		process->stat = stat;
}

int monitor_take(struct monitor *monitor)
{
	struct memory_sample now = {
		.time_s = (double)(clock_now_ns() - monitor->begin_ns) / 1e9,
		.date = time(NULL),
		.cgroup_usage_bytes = BYTES_UNKNOWN,
		.cgroup_cache_bytes = BYTES_UNKNOWN,
		.cgroup_limit_bytes = BYTES_UNKNOWN,
	};
	struct cgroup_room room = { .limited = false };
	int error = take_process(monitor, &now);

	monitor->cgroup_error = take_cgroup(monitor->process.pid, &now, &room);
	take_machine(&now);
	follow_name(&monitor->process);
	/* What was read counts only if it was read of this process, and before
	 * it began to give its memory back for good. */
	if (process_ended(&monitor->process) || monitor->process.stat.exiting)
		return -ESRCH;
	if (!error)
		keep(monitor, &now, &room);
	return error;
}

/* When the next reading is due, since the begin; none may be late by more
 * than an interval, nor have the time of the last one. */
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
	/* However late the first reading came, a second one follows it. */
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
	struct trend_series *series = malloc(sizeof *series);
	int error;

	if (!series)
		return -ENOMEM;
	*series = monitor->series;
	if (monitor->taken && monitor->end != MONITOR_PROCESS_ENDED)
		add_reading(series, &monitor->now);
	error = trend_judge(series, trend);
	free(series);
	return error;
}

void monitor_end(const struct monitor *monitor)
{
	process_close(&monitor->process);
}
