/* SPDX-License-Identifier: MIT */
/*
 * What the kernel writes into its log when its OOM killer has killed.
 *
 * One line of the report is decoded: who was killed and how large it was
 * (__oom_kill_process() in mm/oom_kill.c).
 *
 *  1. oom_log_open()   before the experiment: from now on.
 *  2. oom_log_find()   afterwards, with some patience: the line is written
 *                      after the victim got its signal.
 *  3. close()
 */
#ifndef LABS_OOM_LOG_H
#define LABS_OOM_LOG_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/machine/process.h"
#include "bench/rows/rows.h"

/* "Killed process 4711 (name) total-vm:...": one process was. */
struct oom_log_kill {
	char line[512];		      /* as the kernel wrote it; "": none */
	struct process_memory memory; /* only of oom_log_sizes */
};

/* The sizes in the line by their keys there, in a struct process_memory; help
 * says what each is. BYTES_UNKNOWN: older kernels do not tell it. */
extern const struct row_field oom_log_sizes[];

/*
 * Whether a record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg) is the
 * kernel's and tells that this process was killed; then *kill is filled in. The
 * name in it may hold anything, commas and parentheses too.
 */
bool oom_log_parse(const char *record, pid_t pid, struct oom_log_kill *kill);

/* Open the kernel's log at its end: a descriptor. -EPERM, -EACCES: this user
 * may not read it (kernel.dmesg_restrict, and no CAP_SYSLOG; or the device's
 * permissions); -ENOENT: there is none, as in containers. */
int oom_log_open(void);

/* Look for the next record about the kill of a process, waiting at most wait_ms
 * for it: false if there is none. Those that were overwritten before they were
 * read are lost. */
bool oom_log_find(int fd, int wait_ms, pid_t pid, struct oom_log_kill *kill);

#endif
