/* SPDX-License-Identifier: MIT */
/*
 * watch: the memory of a running process over time, and what it means.
 *
 * It ends when the process ends, when --duration passes, or by ^C. A watch
 * without --duration has no other end than ^C, so the verdict follows and the
 * exit status is 0 then, too.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench/machine/units.h"
#include "bench/measure/signals.h"
#include "bench/show/cure.h"
#include "bench/show/progress.h"
#include "bench/verbs/verbs.h"
#include "bench/watch/monitor.h"
#include "bench/watch/watch_report.h"

#define INTERVAL_MIN_NS 10000000 /* a reading takes about a millisecond */

struct options {
	uint64_t pid, interval_ns, duration_ns;
	bool csv, json;
	const char *out;
};

struct watch {
	const struct options *options;
	struct monitor monitor;
	struct csv_writer writer; /* its stream is NULL without --csv, --out */
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
	int code = check_options(args, why);

	if (code)
		return code;
	watch->options = options;
	code = monitor_begin(
		&watch->monitor, (pid_t)options->pid, options->interval_ns,
		options->duration_ns ? options->duration_ns : UINT64_MAX);
	if (code)
		return fail_process(why, &watch->monitor.process, code);
	code = fail_process(why, &watch->monitor.process, 0);
	if (code)
		monitor_end(&watch->monitor);
	return code;
}

static int open_csv(struct watch *watch, struct failure *why)
{
	const char *path = watch->options->out;
	const char *cure = path ? "Name a file that is not there yet, in a "
				  "folder that you may write."
				: "See where its output goes.";
	int error;

	if (path)
		watch->writer.stream = fopen(path, "wxe");
	else if (watch->options->csv)
		watch->writer.stream = stdout;
	else
		return 0;
	error = watch->writer.stream
			? row_put_header(&watch->writer, &memory_sample_row)
			: -errno;
	if (error)
		return fail(why, path ? EXIT_USAGE : EXIT_FAILED,
			    cure_of(CURE_FILE, error, cure), "write %s: %s",
			    path ? path : "standard output", strerror(-error));
	return 0;
}

/* Write each row at once: somebody may follow the file. */
static int put(struct watch *watch)
{
	int error = row_put(&watch->writer, &memory_sample_row, NULL,
			    &watch->monitor.now);

	if (!error && fflush(watch->writer.stream))
		error = -errno;
	return error;
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
	while (!error && !monitor->end) {
		error = monitor_take(monitor);
		if (error)
			break;
		if (watch->writer.stream)
			error = put(watch);
		if (!error && live_due(&watch->live))
			show(&watch->live, monitor);
		if (!error)
			error = monitor_wait(monitor, watch->signal_fd);
	}
	live_end(&watch->live);
	/* The process has ended, or has no memory any more and is about to. */
	if (monitor->taken && (error == -ESRCH || error == -ENODATA)) {
		monitor->end = MONITOR_PROCESS_ENDED;
		error = 0;
	}
	return error;
}

static int conclude(const struct watch *watch, struct failure *why)
{
	FILE *stream = watch->writer.stream == stdout ? stderr : stdout;
	int error = watch_report(&watch->monitor, watch->options->json, stream);

	if (error)
		return fail(why, EXIT_FAILED, cure_of(CURE_FILE, error, NULL),
			    "report what was seen: %s", strerror(-error));
	return EXIT_DONE;
}

static int failed(const struct watch *watch, int error, struct failure *why)
{
	const struct process *process = &watch->monitor.process;

	/* The process ended before the first reading. */
	if (error == -ENODATA && process_ended(process))
		error = -ESRCH;
	if (error == -ESRCH || error == -ENODATA || error == -EBADMSG)
		return fail_process(why, process, error);
	return fail(why, EXIT_FAILED,
		    cure_of(CURE_FILE, error,
			    "What was written until then is kept."),
		    "watch process %d: %s", (int)process->pid,
		    strerror(-error));
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
	struct watch watch = { .signal_fd = -1 };
	int code;

	code = begin(args, &watch, why);
	if (code)
		return code;
	code = watch_process(&watch, why);
	if (watch.writer.stream && watch.writer.stream != stdout &&
	    fclose(watch.writer.stream) && !code)
		code = fail(why, EXIT_FAILED, cure_of(CURE_FILE, -errno, NULL),
			    "write %s: %s", watch.options->out,
			    strerror(errno));
	monitor_end(&watch.monitor);
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
