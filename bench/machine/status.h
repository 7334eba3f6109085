/* SPDX-License-Identifier: MIT */
/*
 * What /proc/PID/status and /proc/PID/limits say of a process, a line at a
 * time, however long the files are. Every user may read both.
 */
#ifndef MACHINE_STATUS_H
#define MACHINE_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The first number, of that base, behind "KEY:" of proc_pid_status(5); pid 0 is
 * the calling process. 0; -ENODATA: there is no such line; -EBADMSG: there is
 * no number in it; -errno of opening. */
int status_number(pid_t pid, const char *key, int base, uint64_t *number);

/* The soft limit that proc_pid_limits(5) calls name ("Max open files");
 * UINT64_MAX: unlimited. prlimit(2) would want CAP_SYS_RESOURCE for a process
 * of another user. */
int status_limit(pid_t pid, const char *name, uint64_t *soft);

#endif
