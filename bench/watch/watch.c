/* SPDX-License-Identifier: MIT */
/*
 * watch: the memory of a running process over time, and what it means.
 *
 * It ends when the process ends, when --duration passes, or by ^C. A watch
 * without --duration has no other end than ^C, so the verdict follows and the
 * exit status is 0 then, too. The process is neither asked nor stopped. Longer
 * than other files: what is read, when, and where it goes.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/signals.h"
#include "bench/machine/units.h"
#include "bench/rows/row_file.h"
#include "bench/show/progress.h"
#include "bench/verbs/verbs.h"
#include "bench/watch/watch_report.h"

/* Samples differ in time_s by at least so much. */
#define MEMORY_SAMPLE_TIME_NS 1000000
#define INTERVAL_MIN_NS 10000000 /* a reading takes about a millisecond */

struct options {
	uint64_t pid, interval_ns, duration_ns;
	bool csv, json;
	const char *out;
};

struct watch {
	const struct options *options;
	struct monitor monitor;
	struct row_file file; /* its stream is NULL without --csv, --out */
	struct live live;
	int signal_fd;
};

/* A watch that ends before its second reading says nothing. */
static int check_options(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;

	if (options->csv && (options->json || options->out))
		return fail(why, EXIT_USAGE,
			    "Take --csv alone, or --out FILE, with or without "
			    "--json.",
			    "watch with --csv beside --json or --out");
	if (!options->duration_ns ||
	    options->duration_ns >= options->interval_ns)
		return 0;
	return fail(why, EXIT_USAGE,
		    "Take a shorter --interval, or a longer --duration.",
		    "watch for --duration %s: the second reading would come "
		    "after %s",
		    argument_value(args, "duration"),
		    argument_value(args, "interval"));
}

/* Read the options and take hold of the process. */
static int begin(const struct arguments *args, struct watch *watch,
		 struct failure *why)
{
	const struct options *options = (const void *)args->options;
	struct monitor *monitor = &watch->monitor;
	int code = check_options(args, why);

	if (code)
		return code;
	watch->options = options;
	monitor->begin_ns = clock_now_ns();
	if (oom_kills_read(&monitor->oom_kills))
		monitor->oom_kills = 0;
	code = fail_process(
		why, &monitor->process,
		process_open((pid_t)options->pid, &monitor->process));
	if (code)
		process_close(&monitor->process);
	return code;
}

/* A process may be moved, so its group is looked up each time. */
static int take_group(pid_t pid, struct cgroup_room *room)
{
	const int error = cgroup_room_of(pid, room);

	if (error)
		*room = (struct cgroup_room){ .usage_bytes = BYTES_UNKNOWN,
					      .cache_bytes = BYTES_UNKNOWN,
					      .limit_bytes = BYTES_UNKNOWN };
	return error;
}

static uint64_t if_told(uint64_t bytes)
{
	return bytes == BYTES_UNKNOWN ? 0 : bytes;
}

/* Add RSS, hugetlb pages and swap together to the series: the process has not
 * given back what is swapped out. */
static void add_reading(struct trend_series *series,
			const struct memory_sample *now)
{
	const struct process_memory *memory = &now->memory;

	trend_add(series, now->time_s,
		  (double)(memory->rss_bytes + if_told(memory->hugetlb_bytes) +
			   if_told(memory->swap_bytes)),
		  (double)if_told(memory->file_bytes));
}

static void keep(struct monitor *monitor, const struct memory_sample *now)
{
	if (monitor->taken)
		add_reading(&monitor->series, &monitor->now);
	if (!monitor->taken++)
		monitor->first = *now;
	monitor->peak_bytes =
		larger(monitor->peak_bytes, now->memory.rss_bytes);
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

/* Read monitor->now. -ESRCH: the process has ended; -ENODATA: it has no memory
 * any more, so it is about to; then monitor->now is as before. */
static int take(struct monitor *monitor)
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
	/* A machine that does not tell its memory is no reason not to watch. */
	if (meminfo_read(&now.machine))
		memset(&now.machine, 0xff, sizeof now.machine);
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
static uint64_t next_tick_ns(struct monitor *monitor, uint64_t interval_ns,
			     uint64_t elapsed_ns)
{
	const uint64_t soon_ns = elapsed_ns + MEMORY_SAMPLE_TIME_NS;
	uint64_t due_ns;

	monitor->ticks = larger(monitor->ticks + 1, elapsed_ns / interval_ns);
	if (__builtin_mul_overflow(monitor->ticks, interval_ns, &due_ns))
		return UINT64_MAX;
	return larger(due_ns, soon_ns);
}

/* Wait until the next reading is due, or it is over: the process ends, the
 * duration passes or signal_fd (signalfd(2)) has a signal. Readings that would
 * be late are left out. 0 or -errno of poll(2). */
static int await_next(struct watch *watch)
{
	struct monitor *monitor = &watch->monitor;
	const uint64_t duration_ns = watch->options->duration_ns ?: UINT64_MAX;
	const uint64_t now_ns = (uint64_t)(clock_now_ns() - monitor->begin_ns);
	const uint64_t due_ns =
		next_tick_ns(monitor, watch->options->interval_ns, now_ns);
	/* The verdict needs a second reading, however late the first was. */
	const bool last = due_ns > duration_ns && monitor->taken > 1;
	const uint64_t left_ns = minus(last ? duration_ns : due_ns, now_ns);
	const struct timespec left = {
		.tv_sec = (time_t)(left_ns / 1000000000),
		.tv_nsec = (long)(left_ns % 1000000000),
	};
	struct pollfd events[] = {
		{ .fd = watch->signal_fd, .events = POLLIN },
		{ .fd = monitor->process.pid_fd, .events = POLLIN },
	};
	const int ready = ppoll(events, 2, &left, NULL);

	if (ready < 0)
		return -errno;
	monitor->ended = !events[0].revents && events[1].revents;
	monitor->over = ready > 0 || last;
	return 0;
}

static int open_csv(struct watch *watch, struct failure *why)
{
	const char *path = watch->options->out;
	const char *cure = path ? "Name a file that is not there yet, in a "
				  "folder that you may write."
				: "See where its output goes.";
	int error;

	if (path)
		watch->file.writer.stream = fopen(path, "wxe");
	else if (watch->options->csv)
		watch->file.writer.stream = stdout;
	else
		return 0;
	watch->file.type = &memory_sample_row;
	error = watch->file.writer.stream ? row_put_header(&watch->file.writer,
							   &memory_sample_row)
					  : -errno;
	return fail_errno(why, path ? EXIT_USAGE : EXIT_FAILED, CURE_FILE,
			  error, cure, "write %s", path ?: "standard output");
}

/* The state now, in one line. */
static void show(struct live *live, const struct monitor *monitor)
{
	const struct memory_sample *now = &monitor->now;
	const uint64_t was = monitor->first.memory.rss_bytes;
	const uint64_t is = now->memory.rss_bytes;
	const bool limited = now->group.limited;
	char line[256];

	snprintf(line, sizeof line,
		 "%.0f s: RSS %s (%s%s), swap %s, oom_score %d, %s%s%s%s",
		 now->time_s, size_human(is).text, is < was ? "-" : "+",
		 size_human(is < was ? was - is : is - was).text,
		 size_human(now->memory.swap_bytes).text, now->oom_score,
		 limited ? "group " : "free ",
		 size_human(limited ? now->group.usage_bytes
				    : now->machine.available_bytes)
			 .text,
		 limited ? " of " : "",
		 limited ? size_human(now->group.limit_bytes).text : "");
	live_show(live, line);
}

/* Readings until there is no next one. 0, or -errno. */
static int keep_watch(struct watch *watch)
{
	struct monitor *monitor = &watch->monitor;
	int error = 0;

	live_begin(&watch->live, stderr);
	while (!error && !monitor->over) {
		error = take(monitor);
		if (error)
			break;
		/* At once: somebody may follow the file. */
		if (watch->file.writer.stream)
			error = row_file_append(&watch->file, &monitor->now)
					?: row_file_flush(&watch->file);
		if (!error && live_due(&watch->live))
			show(&watch->live, monitor);
		if (!error)
			error = await_next(watch);
	}
	live_end(&watch->live);
	/* The process has ended, or has no memory any more and is about to. */
	if (monitor->taken && (error == -ESRCH || error == -ENODATA)) {
		monitor->ended = true;
		error = 0;
	}
	return error;
}

/* The last reading before a process ended is not judged: it may have been
 * giving its memory back already. */
static int conclude(struct watch *watch, struct failure *why)
{
	FILE *stream = watch->file.writer.stream == stdout ? stderr : stdout;
	struct monitor *monitor = &watch->monitor;
	int error;

	if (monitor->taken && !monitor->ended)
		add_reading(&monitor->series, &monitor->now);
	error = watch_report(monitor, watch->options->json, stream);
	return fail_errno(why, EXIT_FAILED, CURE_FILE, error, NULL,
			  "report what was seen");
}

static int failed(const struct watch *watch, int error, struct failure *why)
{
	const struct process *process = &watch->monitor.process;

	/* The process ended before the first reading. */
	if (error == -ENODATA && process_ended(process))
		error = -ESRCH;
	if (error == -ESRCH || error == -ENODATA || error == -EBADMSG)
		return fail_process(why, process, error);
	return fail_errno(why, EXIT_FAILED, CURE_FILE, error,
			  "What was written until then is kept.",
			  "watch process %d", (int)process->pid);
}

/* Hold back the signals that end a watch, and watch. */
static int watch_process(struct watch *watch, struct failure *why)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	sigset_t signals;
	int code = open_csv(watch, why);
	int error;

	if (code)
		return code;
	signals_choose(numbers, &signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	watch->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	error = watch->signal_fd < 0 ? -errno : keep_watch(watch);
	if (error)
		code = failed(watch, error, why);
	else
		code = conclude(watch, why);
	if (watch->signal_fd >= 0)
		close(watch->signal_fd);
	return code;
}

static int watch_run(const struct arguments *args, struct failure *why)
{
	static struct watch watch = { .signal_fd = -1 };
	int code;

	code = begin(args, &watch, why);
	if (code)
		return code;
	code = watch_process(&watch, why);
	if (watch.file.writer.stream && watch.file.writer.stream != stdout &&
	    fclose(watch.file.writer.stream) && !code)
		code = fail_errno(why, EXIT_FAILED, CURE_FILE, -errno, NULL,
				  "write %s", watch.options->out);
	process_close(&watch.monitor.process);
	return code;
}

static const struct option_spec watch_options[] = {
	OPTION("pid", 'p', PID, "the process to watch", INTO(pid),
	       .what = "read pid", .required = "watch a process"),
	OPTION("interval", 'i', TIME, "from reading to reading: 100ms, 2s, 1m",
	       INTO(interval_ns), "1s", .low = INTERVAL_MIN_NS),
	OPTION("duration", 'd', TIME, "end after so long: 30s, 10m, 8h",
	       INTO(duration_ns), .low = INTERVAL_MIN_NS),
	OPTION("csv", 0, SWITCH,
	       "write the readings to stdout, the verdict to stderr",
	       INTO(csv)),
	OPTION("out", 'o', TEXT, "write the readings to a new file, as CSV",
	       INTO(out), .placeholder = "FILE"),
	OPTION("json", 0, SWITCH, "print the verdict as a JSON object",
	       INTO(json)),
	{ 0 },
};

const struct verb verb_watch = {
	.name = "watch",
	.summary = "say what the memory of a running process does over time",
	.details =
		"Reads resident and swapped memory, page tables, oom_score, "
		"the cgroup's usage and limit and the machine's memory until "
		"the process ends, --duration passes, or ^C. Then it says what "
		"the series looks like: flat, rising and falling, a jump and "
		"then flat, or steady growth and when that meets a limit; and "
		"whom the OOM killer would choose. Any user may watch any "
		"process that /proc shows; the process does not notice.",
	.options = watch_options,
	.examples =
		(const char *const[]){ "spawnwise watch --pid 1234",
				       "spawnwise watch --pid \"$(pgrep "
				       "NAME)\" --interval 1m --out "
				       "memory.csv",
				       "spawnwise watch --pid 1234 --duration "
				       "30s --csv | cut -d , -f 1,2",
				       NULL },
	.run = watch_run,
};
