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
 *  3. close()
 */
#ifndef LABS_OOM_LOG_H
#define LABS_OOM_LOG_H

#include <limits.h>
#include <sys/types.h>

#include "bench/machine/process.h"
#include "bench/rows/rows.h"

/* "Killed process 4711 (name) total-vm:...": one process was. */
struct oom_log_kill {
	pid_t pid;
	struct process_memory memory; /* only of oom_log_sizes */
};

/* The sizes in the line by their keys there, in a struct process_memory; help
 * says what each is. BYTES_UNKNOWN: older kernels do not tell it. */
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

/* Open the kernel's log at its end: a descriptor. -EPERM, -EACCES: this user
 * may not read it (kernel.dmesg_restrict, and no CAP_SYSLOG; or the device's
 * permissions); -ENOENT: there is none, as in containers. */
int oom_log_open(void);

/* The next record about a kill, waiting at most wait_ms for one. -EAGAIN: there
 * is none. Records that were overwritten before they were read are lost. */
int oom_log_next(int fd, int wait_ms, struct oom_log_record *record);

#endif
