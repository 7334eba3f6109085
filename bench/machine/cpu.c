/* SPDX-License-Identifier: MIT */
/*
 * Which CPUs we may use, and which of them a measurement should use.
 *
 * Masks are our own because the libc's cpu_set_t ends at 1024 CPUs, where
 * sched_getaffinity(2) fails with EINVAL on larger machines.
 */
#include "bench/machine/cpu.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "bench/machine/text.h"

static struct cpu_mask before_pin;
static bool pinned;

/* The macros of CPU_SET(3) take sets of any size, and ignore what is beyond. */
void cpu_mask_set(struct cpu_mask *mask, int cpu)
{
	CPU_SET_S((size_t)cpu, sizeof(*mask), (cpu_set_t *)mask->bits);
}

bool cpu_mask_has(const struct cpu_mask *mask, int cpu)
{
	return CPU_ISSET_S((size_t)cpu, sizeof(*mask),
			   (const cpu_set_t *)mask->bits);
}

int cpu_mask_count(const struct cpu_mask *mask)
{
	return CPU_COUNT_S(sizeof(*mask), (const cpu_set_t *)mask->bits);
}

int cpu_mask_parse(const char *list, struct cpu_mask *mask)
{
	memset(mask, 0, sizeof(*mask));
	while (*list) {
		int first, last, used;
		const int found =
			sscanf(list, "%d%n-%d%n", &first, &used, &last, &used);

		if (found == 1)
			last = first;
		if (found < 1 || first < 0 || last < first ||
		    last >= CPU_MASK_BITS)
			return -EINVAL;
		for (int cpu = first; cpu <= last; cpu++)
			cpu_mask_set(mask, cpu);
		list += used;
		if (*list && *list++ != ',')
			return -EINVAL;
	}
	return 0;
}

int cpu_allowed(struct cpu_mask *mask)
{
	memset(mask, 0, sizeof(*mask));
	if (sched_getaffinity(0, sizeof(*mask), (cpu_set_t *)mask->bits))
		return -errno;
	return 0;
}

int cpu_pin(int cpu)
{
	struct cpu_mask one = { { 0 } };
	struct cpu_mask now;
	int error = cpu_allowed(&now);

	if (error)
		return error;
	cpu_mask_set(&one, cpu);
	if (sched_setaffinity(0, sizeof(one), (cpu_set_t *)one.bits))
		return -errno;
	if (!pinned)
		before_pin = now;
	pinned = true;
	return 0;
}

int cpu_unpin(void)
{
	if (!pinned)
		return 0;
	if (sched_setaffinity(0, sizeof(before_pin),
			      (cpu_set_t *)before_pin.bits))
		return -errno;
	pinned = false;
	return 0;
}

/* The highest CPU of mask that is not in except (which may be NULL). */
static int highest(const struct cpu_mask *mask, const struct cpu_mask *except)
{
	for (int cpu = CPU_MASK_BITS - 1; cpu >= 0; cpu--)
		if (cpu_mask_has(mask, cpu) &&
		    !(except && cpu_mask_has(except, cpu)))
			return cpu;
	return -1;
}

int cpu_choose_split(const struct cpu_mask *allowed,
		     const struct cpu_mask *siblings, int *caller, int *other)
{
	struct cpu_mask core = *siblings;
	struct cpu_mask self = { { 0 } };

	*caller = highest(allowed, NULL);
	if (*caller < 0)
		return -ENODEV;
	cpu_mask_set(&self, *caller);
	cpu_mask_set(&core, *caller);
	*other = highest(allowed, &core);
	if (*other < 0)
		*other = highest(allowed, &self);
	return *other < 0 ? -ENODEV : 0;
}

int cpu_same(int *cpu)
{
	struct cpu_mask allowed;
	int error = cpu_allowed(&allowed);

	if (!error)
		*cpu = highest(&allowed, NULL);
	return !error && *cpu < 0 ? -ENODEV : error;
}

int cpu_split(int *caller, int *other)
{
	struct cpu_mask allowed;
	struct cpu_mask siblings = { { 0 } };
	char list[512];
	int error = cpu_same(caller);

	if (!error)
		error = cpu_allowed(&allowed);
	if (error)
		return error;
	/* Without this file (some virtual machines) each CPU is a core. */
	if (text_read_at(list, sizeof(list),
			 "/sys/devices/system/cpu/cpu%d/topology/"
			 "thread_siblings_list",
			 *caller) ||
	    cpu_mask_parse(list, &siblings))
		memset(&siblings, 0, sizeof(siblings));
	return cpu_choose_split(&allowed, &siblings, caller, other);
}
