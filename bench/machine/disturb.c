/* SPDX-License-Identifier: MIT */
/*
 * What disturbs a measurement on this machine, each with its cure.
 *
 * Every check looks at one thing and stays silent if the machine does not
 * tell. The order is that of the table at the end: worst first.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/cpu.h"
#include "bench/machine/host.h"
#include "bench/machine/memory.h"
#include "bench/machine/overcommit.h"
#include "bench/machine/text.h"

#define LOAD_PER_CPU_MAX 0.5
#define CPU_PATH "/sys/devices/system/cpu/"

/* A check fills what and cure, or returns false. */
struct check {
	const char *name;
	bool (*disturbed)(struct disturbance *found);
};

#define say(field, ...) snprintf((field), sizeof(field), __VA_ARGS__)

static bool load_high(struct disturbance *found)
{
	double load;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (getloadavg(&load, 1) != 1 || cpus < 1 ||
	    load <= LOAD_PER_CPU_MAX * (double)cpus)
		return false;
	say(found->what, "The load is %.1f on %ld CPUs.", load, cpus);
	say(found->cure,
	    "Stop other work, or wait until the load is below %.1f.",
	    LOAD_PER_CPU_MAX * (double)cpus);
	return true;
}

static bool smt_active(struct disturbance *found)
{
	int64_t active;

	if (text_read_number(CPU_PATH "smt/active", &active) || !active)
		return false;
	say(found->what, "Hardware threads share cores (SMT is on).");
	say(found->cure, "As root: echo off > " CPU_PATH "smt/control.");
	return true;
}

static bool governor_saves(struct disturbance *found)
{
	char governor[64];

	if (text_read(CPU_PATH "cpu0/cpufreq/scaling_governor", governor,
		      sizeof(governor)) ||
	    strcmp(governor, "performance") == 0)
		return false;
	say(found->what, "The CPU frequency follows the governor %s.",
	    governor);
	say(found->cure, "As root: cpupower frequency-set -g performance.");
	return true;
}

static bool knob_closed(struct disturbance *found)
{
	if (overcommit_may_write())
		return false;
	say(found->what, "This user may not set %s.", overcommit_path());
	say(found->cure,
	    "%s to measure the other overcommit modes; the current mode works "
	    "without.",
	    overcommit_cure());
	return true;
}

static bool commit_scarce(struct disturbance *found)
{
	struct meminfo info;
	char size[32];
	int mode;

	if (overcommit_get(&mode) || mode != 2 || meminfo_read_commit(&info) ||
	    meminfo_headroom_bytes(&info) > info.commit_limit_bytes / 8)
		return false;
	say(found->what, "Strict overcommit leaves only %s to commit.",
	    text_size(size, sizeof(size), meminfo_headroom_bytes(&info)));
	say(found->cure, "End other programs, or raise vm.overcommit_ratio.");
	return true;
}

static bool swap_used(struct disturbance *found)
{
	struct meminfo info;
	char size[32];

	if (meminfo_read(&info))
		return false;
	uint64_t used = info.swap_total_bytes - info.swap_free_bytes;
	if (used <= info.total_bytes / 100)
		return false;
	say(found->what, "%s of swap are in use.",
	    text_size(size, sizeof(size), used));
	say(found->cure, "End other programs, then as root: swapoff -a && "
			 "swapon -a.");
	return true;
}

static bool cpu_alone(struct disturbance *found)
{
	struct cpu_mask allowed;

	if (cpu_allowed(&allowed) || cpu_mask_count(&allowed) > 1)
		return false;
	say(found->what, "Only one CPU may be used.");
	say(found->cure, "Use --cpu same, or allow more CPUs with taskset or "
			 "in the cpuset; --cpu split needs two.");
	return true;
}

static bool on_battery(struct disturbance *found)
{
	DIR *directory = opendir("/sys/class/power_supply");
	struct dirent *entry;
	bool discharging = false;
	char status[32];

	while (directory && !discharging && (entry = readdir(directory)))
		discharging = text_read_at(status, sizeof(status),
					   "/sys/class/power_supply/%s/status",
					   entry->d_name) == 0 &&
			      strcmp(status, "Discharging") == 0;
	if (directory)
		closedir(directory);
	if (!discharging)
		return false;
	say(found->what, "The machine runs on battery.");
	say(found->cure, "Plug it in: firmware slows the CPU down otherwise.");
	return true;
}

static bool cpu_quota(struct disturbance *found)
{
	struct cgroup_limit limit;

	if (cgroup_limit(CGROUP_CPU, &limit))
		return false;
	say(found->what, "A cgroup grants %.2f CPUs and stalls us beyond.",
	    (double)limit.value / 1000);
	say(found->cure, "Lift the CPU quota of the container or service.");
	return true;
}

static bool traced(struct disturbance *found)
{
	uint64_t pid;

	if (status_number(0, "TracerPid", 10, &pid) || !pid)
		return false;
	say(found->what, "A debugger or tracer is attached: every system call "
			 "stops twice.");
	say(found->cure, "Run without strace or gdb.");
	return true;
}

static const struct check checks[] = {
	{ "tracer", traced },		{ "cpus", cpu_alone },
	{ "quota", cpu_quota },		{ "overcommit", knob_closed },
	{ "commit", commit_scarce },	{ "load", load_high },
	{ "swap", swap_used },		{ "battery", on_battery },
	{ "governor", governor_saves }, { "smt", smt_active },
};

_Static_assert(sizeof(checks) / sizeof(*checks) <= HOST_DISTURBANCES_MAX,
	       "one disturbance a check");

size_t host_disturbances(struct disturbance *out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		if (count == max)
			break;
		out[count] = (struct disturbance){ .name = checks[i].name };
		if (checks[i].disturbed(&out[count]))
			count++;
	}
	return count;
}
