/* SPDX-License-Identifier: MIT */
/*
 * The line of the OOM killer's report that names the killed, decoded; see
 * oom_log.h.
 *
 * The name may hold what stands between fields: the last of these counts.
 */
#include "bench/labs/oom_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/coprocess.h"

/* CONSOLE_EXT_LOG_MAX of the kernel, the most that one read gives. */
#define RECORD_BYTES 8192
/* Facility 0 (syslog(2)) times 8 and a level; programs that write into the log
 * have other facilities. */
#define LAST_OF_KERNEL 7

#define SIZE(key, member, meaning)                                             \
	FIELD(key, BYTES, offsetof(struct process_memory, member), meaning)

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

/* "key:8kB". */
static uint64_t read_size(const char *text, const char *key)
{
	char pattern[32];
	uint64_t kbytes;
	const char *at;

	snprintf(pattern, sizeof pattern, " %s:", key);
	at = strstr(text, pattern);
	return at && sscanf(at + strlen(pattern), "%" SCNu64, &kbytes) == 1
		       ? kbytes * 1024
		       : BYTES_UNKNOWN;
}

bool oom_log_parse(const char *record, pid_t pid, struct oom_log_kill *kill)
{
	const char *line = strchr(record, ';');
	const char *killed = line ? strstr(line, "Killed process ") : NULL;
	const char *sizes = killed;
	unsigned priority;
	int number;

	if (!killed || sscanf(record, "%u,", &priority) != 1 ||
	    priority > LAST_OF_KERNEL ||
	    sscanf(killed, "Killed process %d", &number) != 1 || number != pid)
		return false;
	for (const char *at = killed; (at = strstr(at, " total-vm:")); at++)
		sizes = at;
	snprintf(kill->line, sizeof kill->line, "%.*s",
		 (int)strcspn(line + 1, "\n"), line + 1);
	for (const struct row_field *size = oom_log_sizes; size->name; size++) {
		const uint64_t bytes = read_size(sizes, size->name);

		memcpy((char *)&kill->memory + size->offset, &bytes,
		       sizeof bytes);
	}
	return true;
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

/* One record; its length, or 0 if there is none. EPIPE says that older ones
 * were overwritten. */
static size_t read_record(int fd, char text[RECORD_BYTES + 1])
{
	ssize_t length;

	do
		length = read(fd, text, RECORD_BYTES);
	while (length < 0 && (errno == EPIPE || errno == EINTR));
	text[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
}

bool oom_log_find(int fd, int wait_ms, pid_t pid, struct oom_log_kill *kill)
{
	const int64_t deadline_ms = clock_now_ms() + wait_ms;
	char record[RECORD_BYTES + 1];

	for (;;) {
		const int64_t left_ms = deadline_ms - clock_now_ms();

		if (read_record(fd, record)) {
			if (oom_log_parse(record, pid, kill))
				return true;
		} else if (left_ms <= 0 || coprocess_await(fd, (int)left_ms)) {
			return false;
		}
	}
}
