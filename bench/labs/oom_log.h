/* SPDX-License-Identifier: MIT */
/*
 * What the kernel writes into its log when its OOM killer has killed.
 *
 * One line of the report is decoded: who was killed and how large it was
 * (__oom_kill_process() in mm/oom_kill.c).
 *
 *  1. oom_log_open()   before the experiment: from now on.
 *  2. oom_log_next()   afterwards, with some patience: the line is written
 *                      after the victim got its signal.
 *  3. oom_log_close()
 */
#ifndef LABS_OOM_LOG_H
#define LABS_OOM_LOG_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/rows/rows.h"

#define OOM_LOG_ABSENT UINT64_MAX /* older kernels do not tell it */
/* "Killed process 4711 (name) total-vm:...": one process was. */
struct oom_log_kill {
	pid_t pid;
	uint64_t vm_bytes;    /* total-vm: address space */
	uint64_t anon_bytes;  /* anon-rss: resident, of no file */
	uint64_t file_bytes;  /* file-rss: resident, of files */
	uint64_t shmem_bytes; /* shmem-rss: resident and shared; since 4.5 */
	/* Since Linux 5.4. Until 5.6 the kernel wrote bytes as kB here: what
	 * is more than all the rest is such a slip. */
	uint64_t page_table_bytes;
};

/* The sizes of a kill, by their keys in the line; help says what each is. */
extern const struct row_field oom_log_sizes[];

/*
 * Read one line of text, with or without what dmesg(1) or a journal puts
 * before it. -ENOENT: it is no such line; -EBADMSG: it begins like one and then
 * is not. The name may hold anything, commas and parentheses too.
 */
int oom_log_kill_parse(const char *line, struct oom_log_kill *kill);

/* A record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg) about a kill. */
struct oom_log_record {
	char line[2 * PATH_MAX];
	struct oom_log_kill kill;
};

/* Decode the text of one record. -ENOENT: it is not about a kill, and only line
 * is set; -EBADMSG: it is no record. */
int oom_log_record_parse(const char *text, struct oom_log_record *record);

struct oom_log {
	int fd;
};

/* Open the kernel's log at its end. -EPERM, -EACCES: this user may not read it
 * (kernel.dmesg_restrict, and no CAP_SYSLOG; or the device's permissions);
 * -ENOENT: there is none, as in containers. */
int oom_log_open(struct oom_log *log);

/* The next record about a kill, waiting at most wait_ms for one. -EAGAIN: there
 * is none. Records that were overwritten before they were read are lost. */
int oom_log_next(const struct oom_log *log, int wait_ms,
		 struct oom_log_record *record);

void oom_log_close(struct oom_log *log);

#endif
