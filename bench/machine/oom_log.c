/* SPDX-License-Identifier: MIT */
/*
 * The line of the OOM killer's report that names the killed, decoded; see
 * oom_log.h.
 *
 * A name may hold what stands between fields, so the line is read from both
 * ends.
 */
#include "bench/machine/oom_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/clock.h"

/* CONSOLE_EXT_LOG_MAX of the kernel, the most that one read gives. */
#define RECORD_BYTES 8192
/* Facility 0 (syslog(2)) times 8 and a level; programs that write into the log
 * have other facilities. */
#define LAST_OF_KERNEL 7

static void copy(char *to, size_t size, const char *from, const char *end)
{
	size_t length = (size_t)(end - from);

	if (length >= size)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

static const char *find_last(const char *text, const char *word)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, word)); at++)
		found = at;
	return found;
}

/* A decimal number after a key; false: it is not there. */
static bool number_after(const char *text, const char *key, uint64_t *number)
{
	const char *at = strstr(text, key);
	char *end;

	*number = OOM_LOG_ABSENT;
	if (!at)
		return false;
	at += strlen(key);
	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	*number = strtoull(at, &end, 10);
	if (errno)
		*number = OOM_LOG_ABSENT;
	return !errno;
}

static bool kbytes_after(const char *text, const char *key, uint64_t *bytes)
{
	bool there = number_after(text, key, bytes);

	if (there && __builtin_mul_overflow(*bytes, 1024, bytes)) {
		*bytes = OOM_LOG_ABSENT;
		there = false;
	}
	return there;
}

/* "(name) total-vm:" or, on RHEL 7, "(name), UID 1000, total-vm:". A name may
 * hold parentheses, and what follows it may not. */
static bool read_name(const char *killed, const char *sizes,
		      struct oom_log_kill *kill)
{
	const char *name = strchr(killed, '(');
	const char *end = sizes;

	while (end > killed && *end != ')')
		end--;
	if (!name || end <= name)
		return false;
	copy(kill->name, sizeof(kill->name), name + 1, end);
	return true;
}

int oom_log_kill_parse(const char *line, struct oom_log_kill *kill)
{
	const char *killed = strstr(line, "Killed process ");
	const char *sizes = killed ? find_last(killed, "total-vm:") : NULL;
	uint64_t pid;

	memset(kill, 0, sizeof(*kill));
	if (!killed)
		return -ENOENT;
	if (!sizes || !read_name(killed, sizes, kill) ||
	    !number_after(killed, "Killed process ", &pid) || pid > INT_MAX ||
	    !kbytes_after(sizes, "total-vm:", &kill->vm_bytes) ||
	    !kbytes_after(sizes, ", anon-rss:", &kill->anon_bytes) ||
	    !kbytes_after(sizes, ", file-rss:", &kill->file_bytes))
		return -EBADMSG;
	kill->pid = (pid_t)pid;
	kbytes_after(sizes, ", shmem-rss:", &kill->shmem_bytes);
	kbytes_after(sizes, " pgtables:", &kill->page_table_bytes);
	return 0;
}

int oom_log_record_parse(const char *text, struct oom_log_record *record)
{
	const char *line = strchr(text, ';');
	unsigned priority;

	if (!line || sscanf(text, "%u,", &priority) != 1)
		return -EBADMSG;
	snprintf(record->line, sizeof(record->line), "%.*s",
		 (int)strcspn(line + 1, "\n"), line + 1);
	return priority > LAST_OF_KERNEL ||
			       oom_log_kill_parse(record->line, &record->kill)
		       ? -ENOENT
		       : 0;
}

int oom_log_open(struct oom_log *log)
{
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0)
		return -errno;
	if (lseek(log->fd, 0, SEEK_END) >= 0)
		return 0;
	int error = -errno;
	oom_log_close(log);
	return error;
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
	const int64_t deadline_ms = clock_now_ms() + wait_ms;
	struct pollfd event = { .fd = log->fd, .events = POLLIN };

	for (;;) {
		int error = read_record(log, record);
		int64_t left_ms = deadline_ms - clock_now_ms();

		if (error == -ENOENT)
			continue;
		if (error != -EAGAIN || left_ms <= 0)
			return error;
		poll(&event, 1, (int)left_ms);
	}
}

void oom_log_close(struct oom_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}
