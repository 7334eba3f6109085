/* SPDX-License-Identifier: MIT */
/*
 * Records of the kernel's log, Documentation/ABI/testing/dev-kmsg: each read
 * gives one, "6,339,5140900,-;text" and then lines that begin with a blank.
 */
#include "bench/machine/oom_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* CONSOLE_EXT_LOG_MAX of the kernel, the most that one read gives. */
#define RECORD_BYTES 8192
/* Facility 0 (syslog(2)) times 8 and a level; programs that write into the log
 * have other facilities. */
#define LAST_OF_KERNEL 7

int oom_log_record_parse(const char *text, struct oom_log_record *record)
{
	const char *line = strchr(text, ';');
	unsigned priority;

	record->kind = OOM_LOG_OTHER;
	if (!line || sscanf(text, "%u,%" SCNu64 ",%" SCNu64 ",", &priority,
			    &record->sequence, &record->time_us) != 3)
		return -EBADMSG;
	snprintf(record->line, sizeof(record->line), "%.*s",
		 (int)strcspn(line + 1, "\n"), line + 1);
	if (priority > LAST_OF_KERNEL)
		return 0;
	if (oom_log_kill_parse(record->line, &record->kill) == 0)
		record->kind = OOM_LOG_KILL;
	else if (oom_log_cause_parse(record->line, &record->cause) == 0)
		record->kind = OOM_LOG_CAUSE;
	return 0;
}

int oom_log_open(struct oom_log *log, bool from_now)
{
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0)
		return -errno;
	if (lseek(log->fd, 0, from_now ? SEEK_END : SEEK_DATA) >= 0)
		return 0;
	int error = -errno;
	oom_log_close(log);
	return error;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* One record, or -EAGAIN. EPIPE says that older ones were overwritten. */
static int read_record(const struct oom_log *log, struct oom_log_record *record)
{
	char text[RECORD_BYTES + 1];
	ssize_t length;

	do
		length = read(log->fd, text, RECORD_BYTES);
	while (length < 0 && (errno == EPIPE || errno == EINTR));
	if (length <= 0)
		return length ? -errno : -EAGAIN;
	text[length] = '\0';
	return oom_log_record_parse(text, record);
}

int oom_log_next(const struct oom_log *log, int wait_ms,
		 struct oom_log_record *record)
{
	const int64_t deadline_ms = now_ms() + wait_ms;
	struct pollfd event = { .fd = log->fd, .events = POLLIN };

	for (;;) {
		int error = read_record(log, record);
		int64_t left_ms = deadline_ms - now_ms();

		if (!error && record->kind != OOM_LOG_OTHER)
			return 0;
		if (error && error != -EAGAIN)
			return error;
		if (error && left_ms <= 0)
			return -EAGAIN;
		if (error)
			poll(&event, 1, (int)left_ms);
	}
}

void oom_log_close(struct oom_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}
