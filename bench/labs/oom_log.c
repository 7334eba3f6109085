/* SPDX-License-Identifier: MIT */
/*
 * The line of the OOM killer's report that names the killed, decoded; see
 * oom_log.h.
 *
 * A name may hold what stands between fields, so the line is read from both
 * ends.
 */
#include "bench/labs/oom_log.h"

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

#define SIZE(key, member, meaning)                                             \
	FIELD(key, BYTES, offsetof(struct process_memory, member), meaning)

#define REQUIRED 3 /* the first; older kernels do not tell the others */

const struct row_field oom_log_sizes[] = {
	SIZE("total-vm", vm_bytes,
	     "address space: promised, and no memory yet"),
	SIZE("anon-rss", anon_bytes, "resident, of no file: heap and stacks"),
	SIZE("file-rss", file_bytes,
	     "resident, of files: program and libraries"),
	SIZE("shmem-rss", shmem_bytes,
	     "resident and shared: tmpfs, shared mappings"),
	/* Since Linux 5.4. Until 5.6 the kernel wrote bytes as kB here: what is
	 * more than all the rest is such a slip. */
	SIZE("pgtables", page_table_bytes, "its page tables, which count too"),
	{ 0 },
};

static const char *find_last(const char *text, const char *word)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, word)); at++)
		found = at;
	return found;
}

/* A decimal number that text begins with. */
static bool read_number(const char *text, uint64_t *number)
{
	errno = 0;
	*number = *text >= '0' && *text <= '9' ? strtoull(text, NULL, 10)
					       : UINT64_MAX;
	return *number != UINT64_MAX;
}

/* "key:8kB"; absent if it is not there. */
static uint64_t read_size(const char *text, const char *key)
{
	char pattern[32];
	uint64_t bytes;
	const char *at;

	snprintf(pattern, sizeof pattern, " %s:", key);
	at = strstr(text, pattern);
	if (!at || !read_number(at + strlen(pattern), &bytes) ||
	    __builtin_mul_overflow(bytes, 1024, &bytes))
		return BYTES_UNKNOWN;
	return bytes;
}

/* "(name) total-vm:" or, on RHEL 7, "(name), UID 1000, total-vm:". A name may
 * hold parentheses, and what follows it may not. */
static bool has_name(const char *killed, const char *sizes)
{
	const char *name = strchr(killed, '(');
	const char *end = memrchr(killed, ')', (size_t)(sizes - killed));

	return name && end && name < end;
}

int oom_log_kill_parse(const char *line, struct oom_log_kill *kill)
{
	static const char begin[] = "Killed process ";
	const char *killed = strstr(line, begin);
	const char *sizes = killed ? find_last(killed, " total-vm:") : NULL;
	uint64_t pid;

	if (!killed)
		return -ENOENT;
	if (!sizes || !has_name(killed, sizes) ||
	    !read_number(killed + strlen(begin), &pid) || pid > INT_MAX)
		return -EBADMSG;
	kill->pid = (pid_t)pid;
	for (int i = 0; oom_log_sizes[i].name; i++) {
		const uint64_t bytes = read_size(sizes, oom_log_sizes[i].name);

		if (bytes == BYTES_UNKNOWN && i < REQUIRED)
			return -EBADMSG;
		memcpy((char *)&kill->memory + oom_log_sizes[i].offset, &bytes,
		       sizeof bytes);
	}
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

int oom_log_open(void)
{
	const int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int error;

	if (fd >= 0 && lseek(fd, 0, SEEK_END) >= 0)
		return fd;
	error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

/* One record, or -EAGAIN. EPIPE says that older ones were overwritten. */
static int read_record(int fd, struct oom_log_record *record)
{
	char text[RECORD_BYTES + 1];
	ssize_t length;

	do
		length = read(fd, text, RECORD_BYTES);
	while (length < 0 && (errno == EPIPE || errno == EINTR));
	if (length <= 0)
		return length ? -errno : -EAGAIN;
	text[length] = '\0';
	return oom_log_record_parse(text, record);
}

int oom_log_next(int fd, int wait_ms, struct oom_log_record *record)
{
	const int64_t deadline_ms = clock_now_ms() + wait_ms;
	struct pollfd event = { .fd = fd, .events = POLLIN };

	for (;;) {
		int error = read_record(fd, record);
		int64_t left_ms = deadline_ms - clock_now_ms();

		if (error == -ENOENT)
			continue;
		if (error != -EAGAIN || left_ms <= 0)
			return error;
		poll(&event, 1, (int)left_ms);
	}
}
