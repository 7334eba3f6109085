/* SPDX-License-Identifier: MIT */
/*
 * What the kernel writes into its log when its OOM killer has killed.
 *
 * Two lines of the report are decoded: who was killed and how large it was
 * (__oom_kill_process() in mm/oom_kill.c), and whose memory was out
 * (dump_oom_victim(), since Linux 5.0). The second is left out when there were
 * ten reports within five seconds (oom_rs in oom_kill_process()).
 *
 *  1. oom_log_open()   before the experiment: from now on.
 *  2. oom_log_next()   afterwards, with some patience: the first line is
 *                      written after the victim got its signal.
 *  3. oom_log_close()
 */
#ifndef MACHINE_OOM_LOG_H
#define MACHINE_OOM_LOG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OOM_LOG_ABSENT UINT64_MAX /* older kernels do not tell it */
/* A name has 15 bytes; the log writes odd ones as four characters: \x1b. */
#define OOM_LOG_NAME_BYTES 64

enum oom_log_scope {
	OOM_LOG_MACHINE, /* "Out of memory" */
	OOM_LOG_GROUP,	 /* "Memory cgroup out of memory" */
	OOM_LOG_UNTOLD,	 /* before Linux 5.2 it stood in another line */
};

/* "Killed process 4711 (name) total-vm:...": one process was. */
struct oom_log_kill {
	enum oom_log_scope scope;
	pid_t pid;
	char name[OOM_LOG_NAME_BYTES];
	uint64_t vm_bytes;    /* total-vm: address space */
	uint64_t anon_bytes;  /* anon-rss: resident, of no file */
	uint64_t file_bytes;  /* file-rss: resident, of files */
	uint64_t shmem_bytes; /* shmem-rss: resident and shared; since 4.5 */
	/* Since Linux 5.4. Until 5.6 the kernel wrote bytes as kB here: what
	 * is more than all the rest is such a slip. */
	uint64_t page_table_bytes;
	uint64_t uid;	   /* of the victim; since 5.4, RHEL 7 too */
	int oom_score_adj; /* meaningful if has_adj */
	bool has_adj;
};

/* "oom-kill:constraint=...": why. */
struct oom_log_cause {
	char constraint[32]; /* "CONSTRAINT_MEMCG", "CONSTRAINT_NONE", ... */
	char nodemask[64];
	char cpuset[256];
	char mems_allowed[64];
	char oom_group[PATH_MAX];  /* that was out of memory; "": machine */
	char task_group[PATH_MAX]; /* that the victim was in */
	char name[OOM_LOG_NAME_BYTES];
	pid_t pid;
	uint64_t uid; /* 5.0 wrote it with a sign: then absent */
};

/*
 * Read one line of text, with or without what dmesg(1) or a journal puts
 * before it. -ENOENT: it is no such line; -EBADMSG: it begins like one and then
 * is not. Groups' and processes' names may hold anything, commas and
 * parentheses too; what is too long is cut.
 */
int oom_log_kill_parse(const char *line, struct oom_log_kill *kill);
int oom_log_cause_parse(const char *line, struct oom_log_cause *cause);

enum oom_log_kind { OOM_LOG_OTHER, OOM_LOG_KILL, OOM_LOG_CAUSE };

/* A record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg). */
struct oom_log_record {
	enum oom_log_kind kind;
	uint64_t sequence;
	uint64_t time_us;	 /* since the machine started */
	char line[2 * PATH_MAX]; /* the line itself */
	union {
		struct oom_log_kill kill;
		struct oom_log_cause cause;
	};
};

/* Decode the text of one record; in other records only sequence, time and line
 * are set. -EBADMSG: it is no record. */
int oom_log_record_parse(const char *text, struct oom_log_record *record);

struct oom_log {
	int fd;
};

/* Open the kernel's log, at its end or at what is left of its begin. -EPERM,
 * -EACCES: this user may not read it (kernel.dmesg_restrict, and no CAP_SYSLOG;
 * or the device's permissions); -ENOENT: there is none, as in containers. */
int oom_log_open(struct oom_log *log, bool from_now);

/* The next record about a kill, waiting at most wait_ms for one. -EAGAIN: there
 * is none. Records that were overwritten before they were read are lost. */
int oom_log_next(const struct oom_log *log, int wait_ms,
		 struct oom_log_record *record);

void oom_log_close(struct oom_log *log);

#endif
