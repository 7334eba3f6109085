/* SPDX-License-Identifier: MIT */
/*
 * Whom does the OOM killer choose? Arithmetic on known facts.
 *
 * The rules are those of oom_badness() and oom_evaluate_task() in
 * mm/oom_kill.c, Linux 4.17 to 6.18 and later: resident memory, swap and page
 * tables, and nothing else but oom_score_adj. Until 4.17 root had 3 % less
 * (removed by commit d46078b28889). That children, nice and running time count
 * is of Linux 2.6.35 and before (rewritten by a63d83f427fb), and that a child
 * is killed instead of its parent until 5.1 (removed by bbbe48029720).
 *
 * The kernel counts resident pages per CPU and reads them here without summing
 * (percpu_counter_read_positive()): each of its counters may be wrong by some
 * 32 pages a CPU or more. Of processes nearer to each other than that nobody
 * can say who is first.
 */
#ifndef LABS_BADNESS_H
#define LABS_BADNESS_H

#include <stddef.h>
#include <stdint.h>

#include "bench/machine/process.h"

#define BADNESS_NEVER INT64_MIN /* it is not chosen at all */
#define BADNESS_ADJ_NEVER (-1000)

/* One process. Of its memory RSS, swap and page tables (VmPTE, with all levels
 * since 4.15) count. The machine's first process, a kernel thread, a zombie, or
 * a child of vfork() before its exec is never chosen, whatever it has. */
struct badness_process {
	struct process_memory memory;
	int oom_score_adj;
};

/* What the memory is compared with: when the whole machine is out of memory,
 * and for /proc/PID/oom_score always, its RAM and swap; when a group is, the
 * group's limit (constrained_alloc(): mem_cgroup_get_max()) and, unless it is
 * kept from swapping, the swap it may use. */
struct badness_scope {
	uint64_t total_bytes;
	uint64_t page_bytes; /* sysconf(_SC_PAGESIZE) */
};

/* The badness in bytes, whole pages of them; may be negative. BADNESS_NEVER:
 * its oom_score_adj is -1000. */
int64_t badness_bytes(const struct badness_process *process,
		      const struct badness_scope *scope);

/* What /proc/PID/oom_score shows, 0 to 2000 (proc_oom_score() in
 * fs/proc/base.c); scope is the machine. In thousandths of the total, at least
 * one page's worth; since Linux 5.9 (9066e5cfb73c) two thirds of 1000 and that,
 * so that a process of no size has 666. The kernel is told by its release as of
 * uname(2), "6.1.0-56-cloud"; one that does not tell is taken for a new one. */
int badness_score(const struct badness_process *process,
		  const struct badness_scope *scope, const char *release);

/*
 * The index of the process that is killed first, count if none is. The order
 * is the one in which the kernel looks at them, for of equals it takes the
 * last (since Linux 5.3): by age when the machine is out of memory; in a
 * group, in the order they came into it.
 */
size_t badness_victim(const struct badness_process *processes, size_t count,
		      const struct badness_scope *scope);

#endif
