/* SPDX-License-Identifier: MIT */
/*
 * Which CPUs we may use, and which of them a measurement should use.
 *
 * Placement decides a factor of two in what a spawn costs, so it is chosen
 * and written down, never left to chance.
 */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include <stdbool.h>

#define CPU_MASK_BITS 8192 /* the largest CONFIG_NR_CPUS of x86_64 */
#define CPU_MASK_WORDS (CPU_MASK_BITS / (8 * sizeof(unsigned long)))

/* A set of CPUs as sched_setaffinity(2) takes it; cpu_set_t ends at 1024. */
struct cpu_mask {
	unsigned long bits[CPU_MASK_WORDS];
};

void cpu_mask_set(struct cpu_mask *mask, int cpu);
bool cpu_mask_has(const struct cpu_mask *mask, int cpu);
int cpu_mask_count(const struct cpu_mask *mask);

/* Parse a list as the kernel writes it: "0-3,8". -EINVAL if it is none. */
int cpu_mask_parse(const char *list, struct cpu_mask *mask);

/* The CPUs that the calling thread may run on now. */
int cpu_allowed(struct cpu_mask *mask);

/*
 * Bind the calling thread to one CPU; processes and threads that it creates
 * later inherit this. The first call remembers where it was allowed before,
 * for cpu_unpin(). -EINVAL: not one of our CPUs. Not thread-safe.
 */
int cpu_pin(int cpu);

/* Undo every cpu_pin(). 0 also when there was none. */
int cpu_unpin(void);

/* The CPU for placement "same": the highest that the calling thread is allowed,
 * because CPU 0 takes most interrupts. */
int cpu_same(int *cpu);

/*
 * The pair for placement "split": caller as for "same", other the highest
 * that does not share the caller's core (siblings: the hardware threads of
 * that core), and one that does if there is no such. -ENODEV: only one CPU.
 */
int cpu_choose_split(const struct cpu_mask *allowed,
		     const struct cpu_mask *siblings, int *caller, int *other);

/* The same for the calling thread on this machine, as it is allowed now. */
int cpu_split(int *caller, int *other);

#endif
