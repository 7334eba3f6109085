/* SPDX-License-Identifier: MIT */
/*
 * Another process: which one it is, whether it is still that one, the memory
 * it has, and whether the OOM killer would choose it.
 *
 * Only files that every user may read are used (/proc/PID/stat, status,
 * oom_score, oom_score_adj; not smaps), and none of them makes the process
 * wait: the kernel's counters are read, its mappings are not walked.
 */
#ifndef MACHINE_PROCESS_H
#define MACHINE_PROCESS_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "bench/machine/cgroup.h"

#define PROCESS_NAME_BYTES 64

/* From /proc/PID/stat, proc_pid_stat(5). */
struct process_stat {
	char name[PROCESS_NAME_BYTES]; /* printable ASCII, '?' for the rest */
	char state;		       /* 'R', 'S', ..., 'Z': see the page */
	pid_t parent_pid;
	bool kernel_thread; /* PF_KTHREAD in include/linux/sched.h */
	bool exiting;	    /* PF_EXITING: its memory is being given back */
	unsigned long long start_ticks;
};

/* Read the one line that stat holds. The name may hold anything, blanks and
 * parentheses too. -EBADMSG: it is not such a line. */
int process_stat_parse(const char *text, struct process_stat *stat);

/* The same of a process. When its first thread has ended and others go on,
 * state and exiting are those of such a one. -ENOENT or -ESRCH: there is
 * none. */
int process_stat_read(pid_t pid, struct process_stat *stat);

/* From /proc/PID/status, proc_pid_status(5); bytes. FIELD_ABSENT: not told, but
 * for RSS and address space, which every kernel tells. */
struct process_memory {
	uint64_t rss_bytes; /* the next three together; Linux 4.5 tells them */
	uint64_t anon_bytes;
	uint64_t file_bytes;
	uint64_t shmem_bytes;
	uint64_t hugetlb_bytes; /* not in the RSS; Linux 4.4 */
	uint64_t swap_bytes;	/* anonymous memory that is swapped out */
	uint64_t page_table_bytes;
	uint64_t vm_bytes; /* address space */
};

/* -ENODATA: it has no memory of its own: a zombie, a kernel thread. -EBADMSG:
 * a field is not a number. */
int process_memory_parse(FILE *stream, struct process_memory *memory);

/* The kernel tells the memory of a process, and whether it lives, by a thread:
 * the first one, whose number is pid; when that has ended before the others
 * (pthread_exit(3)), one of those, whose number is returned. Its files in /proc
 * tell the same as those of the process. pid if there is none. */
pid_t process_thread(pid_t pid);

/* The next process of /proc, or thread of /proc/PID/task; 0: there is no other,
 * or the folder is NULL. */
pid_t process_next(DIR *folder);

/* The memory, whichever thread tells it. */
int process_memory_read(pid_t pid, struct process_memory *memory);

/* A process that is held by more than a number, which may be used again. */
struct process {
	pid_t pid;
	pid_t leader_pid; /* another one if pid is a thread of a process */
	int pid_fd; /* readable when it has ended; -1: the kernel gave none */
	struct process_stat stat; /* as it was when it was last read */
};

/* Whether /proc numbers processes as we do: it may be that of another PID
 * namespace, where a number is another process's. */
bool process_numbers_are_ours(void);

/* Take hold of a process. 0: the caller owes process_close(), which does no
 * harm after an error. -ESRCH: there is none; -EACCES: /proc is mounted so that
 * this user does not see it (hidepid, proc(5)); -EXDEV: its number in /proc is
 * another's. */
int process_open(pid_t pid, struct process *process);
void process_close(struct process *process);

/* Whether it has ended: what was read before the question is then perhaps of
 * another process, or of none. A zombie has ended. */
bool process_ended(const struct process *process);

/* How many processes there may be: the limits behind an EAGAIN of fork(2) and
 * clone(2). Threads count too. */
struct process_limit {
	char name[PATH_MAX + 16]; /* "RLIMIT_NPROC", "pids.max of GROUP", ... */
	uint64_t used, limit;
};

/* The limit that leaves a process (0: the calling one) the fewest others: its
 * RLIMIT_NPROC, which binds neither root nor CAP_SYS_RESOURCE (getrlimit(2)),
 * pids.max of its control group and of those around it, kernel.pid_max and
 * kernel.threads-max. False: none could be read. */
bool process_limit_nearest(pid_t pid, struct process_limit *nearest);

/* Whether so few are left that a spawn may soon be refused. */
bool process_limit_is_near(const struct process_limit *limit);

/* The system calls of spawning that are refused to us, a blank between them; ""
 * for none. Each is asked with arguments that the kernel refuses before it does
 * anything, by a child of ours, since a filter may kill for a system call.
 * Where children are born in another pid namespace nothing is asked: the first
 * would be its init. Returns text. */
char *refused_calls(char *text, size_t size);

/*
 * Whom the OOM killer of the kernel would choose. The printed score is coarse:
 * one step of it is 1.5 thousandths of RAM and swap, and a process without
 * memory has about 666 (proc_oom_score() in fs/proc/base.c). Equal scores do
 * not say who is first. 0 has who is never chosen: the first process of the
 * machine, and oom_score_adj -1000.
 */

/* /proc/PID/oom_score and oom_score_adj, which everybody may read. */
int oom_score_read(pid_t pid, int *score, int *adj);

struct oom_rival {
	pid_t pid;
	int score;
	char name[PROCESS_NAME_BYTES];
};

/* The process with the highest score among all others that this user sees, or
 * with the directory of a group among those in it and below. -ESRCH: there is
 * none. */
int oom_rival_find(pid_t except, const char *directory,
		   struct oom_rival *rival);

/* How many processes the OOM killer has killed since the machine started, in
 * whatever group (oom_kill of /proc/vmstat). -ENODATA: Linux before 4.13. */
int oom_kills_read(uint64_t *count);

#endif
