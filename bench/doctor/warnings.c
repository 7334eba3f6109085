/* SPDX-License-Identifier: MIT */
/*
 * What makes spawning slow, fail or lie, and what disturbs a measurement; see
 * warnings.h. Longer than other files: one table, with a function a row.
 */

#include "bench/doctor/warnings.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/coprocess.h"
#include "bench/machine/cpu.h"
#include "bench/machine/host.h"
#include "bench/machine/memory.h"
#include "bench/machine/overcommit.h"
#include "bench/machine/process.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/show/table.h"

#define LOAD_PER_CPU_MAX 0.5
#define CPU_PATH "/sys/devices/system/cpu/"
#define MANY_DESCRIPTORS (UINT64_C(1) << 20)
#define SECCOMP_FILTERED 2 /* proc_pid_status(5) */
#define FAULT_PAGES 64
#define FAULT_TRIALS 32
#define FAULT_SLOW_NS 4000 /* where hardware keeps them: below 1,000 */

/* A check says what is the case, or returns false: it stays silent too where
 * the machine does not tell. */
typedef bool warning_check(struct warning *found);

__attribute__((format(printf, 2, 3))) static bool say(char *text,
						      const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(text, WARNING_BYTES, format, values);
	va_end(values);
	return true;
}

static bool many_descriptors(struct warning *found)
{
	uint64_t soft;

	return !status_limit(found->pid, "Max open files", &soft) &&
	       soft >= MANY_DESCRIPTORS &&
	       say(found->what, "RLIMIT_NOFILE is %" PRIu64 ".", soft);
}

static bool sigchld_ignored(struct warning *found)
{
	uint64_t ignored = 0;

	if (found->pid)
		status_number(found->pid, "SigIgn", 16, &ignored);
	return (found->pid ? ignored >> (SIGCHLD - 1) & 1
			   : sigchld_was_ignored) &&
	       say(found->what, "SIGCHLD is ignored.");
}

static bool memory_short(struct warning *found)
{
	struct cgroup_room room;

	if (cgroup_room_of(found->pid, &room) || !room.limited ||
	    cgroup_room_bytes(&room) > room.limit_bytes / 10)
		return false;
	return say(found->what, "%s of %s leaves %s of %s.", room.limit_name,
		   room.directory, size_human(cgroup_room_bytes(&room)).text,
		   size_human(room.limit_bytes).text);
}

static bool processes_short(struct warning *found)
{
	struct process_limit limit;

	if (!process_limit_nearest(found->pid, &limit) ||
	    !process_limit_is_near(&limit))
		return false;
	return say(found->what,
		   "%s is nearly reached: %" PRIu64 " of %" PRIu64 ".",
		   limit.name, limit.used, limit.limit);
}

static bool calls_refused(struct warning *found)
{
	uint64_t mode = 0;
	char names[128];

	if (status_number(found->pid, "Seccomp", 10, &mode) && found->pid)
		return false;
	if (found->pid)
		return mode == SECCOMP_FILTERED &&
		       say(found->what,
			   "It runs below a seccomp filter; what that "
			   "refuses cannot be seen from outside.");
	return *refused_calls(names, sizeof names) &&
	       say(found->what, "%s refuses: %s.",
		   mode == SECCOMP_FILTERED ? "A seccomp filter"
					    : "This kernel",
		   names);
}

/* A container, by the marks of its engine or by a /proc/sys that is read-only,
 * shares the setting with its host. */
static bool overcommit_of_host(struct warning *found)
{
	struct statvfs sys = { .f_flag = 0 };
	char text[64];
	const char *engine = host_container(text, sizeof text);
	int mode;

	statvfs("/proc/sys", &sys);
	if (overcommit_may_write() || overcommit_get(&mode) ||
	    (!strcmp(engine, "no") && !(sys.f_flag & ST_RDONLY)))
		return false;
	return say(found->what,
		   "The host of this container sets vm.overcommit_memory: %d.",
		   mode);
}

static bool huge_pages(struct warning *found)
{
	char text[64];
	uint64_t allowed = 1;

	status_number(found->pid, "THP_enabled", 10, &allowed);
	if (!allowed || text_read(THP_PATH, text, sizeof text))
		return false;
	text_pick_bracketed(text);
	return !strcmp(text, "always") &&
	       say(found->what,
		   "Transparent huge pages are given to everybody.");
}

const char *warnings_imitation(const char *release, const char *version)
{
	/* WSL 2 is a Linux: "-microsoft-standard-WSL2". */
	if (strstr(release, "-Microsoft"))
		return "WSL 1";
	/* pkg/sentry/kernel and runsc: linux.LinuxVersion */
	if (strstr(version, "SMP Sun Jan 10 15:06:54 PST 2016"))
		return "gVisor";
	return NULL;
}

/* An emulator gives its own answer for the file that everybody reads, and
 * forgets the other name of it (linux-user/syscall.c of qemu). */
static bool emulated(struct warning *found)
{
	char own[512] = "", other[512] = "";
	struct utsname name;
	const char *imitation = NULL;

	if (!uname(&name))
		imitation = warnings_imitation(name.release, name.version);
	if (imitation)
		return say(found->what, "This kernel is not Linux but %s.",
			   imitation);
	if (readlink("/proc/self/exe", own, sizeof own - 1) < 0 ||
	    readlink("/proc/thread-self/exe", other, sizeof other - 1) < 0 ||
	    !strcmp(own, other))
		return false;
	return say(found->what, "%.300s emulates our system calls.", other);
}

/* What the first write to a page takes; the least of many, so that a busy
 * machine does not count. */
static bool faults_slow(struct warning *found)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int64_t least_ns = INT64_MAX;

	for (int trial = 0; trial < FAULT_TRIALS; trial++) {
		volatile char *pages =
			mmap(NULL, FAULT_PAGES * page, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages == MAP_FAILED)
			return false;
		madvise((void *)pages, FAULT_PAGES * page, MADV_NOHUGEPAGE);
		const int64_t start_ns = clock_now_ns();
		for (size_t i = 0; i < FAULT_PAGES; i++)
			pages[i * page] = 1;
		const int64_t ns = clock_now_ns() - start_ns;
		munmap((void *)pages, FAULT_PAGES * page);
		least_ns = ns < least_ns ? ns : least_ns;
	}
	return least_ns > FAULT_PAGES * FAULT_SLOW_NS &&
	       say(found->what, "A page fault takes %.0f us here.",
		   (double)least_ns / FAULT_PAGES / 1000);
}

static bool load_high(struct warning *found)
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

static bool smt_active(struct warning *found)
{
	uint64_t active;

	return !text_read_number(CPU_PATH "smt/active", &active) && active &&
	       say(found->what, "Hardware threads share cores (SMT is on).");
}

static bool governor_saves(struct warning *found)
{
	char governor[64];

	return !text_read(CPU_PATH "cpu0/cpufreq/scaling_governor", governor,
			  sizeof(governor)) &&
	       strcmp(governor, "performance") != 0 &&
	       say(found->what, "The CPU frequency follows the governor %s.",
		   governor);
}

static bool knob_closed(struct warning *found)
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

static bool commit_scarce(struct warning *found)
{
	struct meminfo info;
	int mode;

	if (overcommit_get(&mode) || mode != 2 || meminfo_read_commit(&info) ||
	    meminfo_headroom_bytes(&info) > info.commit_limit_bytes / 8)
		return false;
	return say(found->what, "Strict overcommit leaves only %s to commit.",
		   size_human(meminfo_headroom_bytes(&info)).text);
}

static bool swap_used(struct warning *found)
{
	struct meminfo info;

	if (meminfo_read(&info))
		return false;
	uint64_t used = info.swap_total_bytes - info.swap_free_bytes;
	if (used <= info.total_bytes / 100)
		return false;
	return say(found->what, "%s of swap are in use.",
		   size_human(used).text);
}

static bool cpu_alone(struct warning *found)
{
	struct cpu_mask allowed;

	return !cpu_allowed(&allowed) && cpu_mask_count(&allowed) == 1 &&
	       say(found->what, "Only one CPU may be used.");
}

static bool on_battery(struct warning *found)
{
	OWNED_DIR directory = opendir("/sys/class/power_supply");
	struct dirent *entry;
	bool discharging = false;
	char status[32];

	while (directory && !discharging && (entry = readdir(directory)))
		discharging = text_read_at(status, sizeof(status),
					   "/sys/class/power_supply/%s/status",
					   entry->d_name) == 0 &&
			      strcmp(status, "Discharging") == 0;
	return discharging && say(found->what, "The machine runs on battery.");
}

static bool cpu_quota(struct warning *found)
{
	struct cgroup_limit limit;

	return !cgroup_limit(CGROUP_CPU, &limit) &&
	       say(found->what,
		   "A cgroup grants %.2f CPUs and stalls us beyond.",
		   (double)limit.value / 1000);
}

static bool traced(struct warning *found)
{
	uint64_t tracer;

	return !status_number(found->pid, "TracerPid", 10, &tracer) && tracer &&
	       say(found->what,
		   "A debugger or tracer is attached: every system call "
		   "stops twice.");
}

static const struct {
	const char *name;
	warning_check *check;
	enum { MEASURING, SPAWNING, ANY_PROCESS } concerns;
	const char *means;
	const char *cure; /* NULL: the check says it */
} checks[] = {
	/* The worst first. */
	{ "tracer", traced, MEASURING, NULL, "Run without strace or gdb." },
	{ "cpus", cpu_alone, MEASURING, NULL,
	  "Use --cpu same, or allow more CPUs with taskset or "
	  "in the cpuset; --cpu split needs two." },
	{ "quota", cpu_quota, MEASURING, NULL,
	  "Lift the CPU quota of the container or service." },
	{ "overcommit", knob_closed, MEASURING, NULL, NULL },
	{ "commit", commit_scarce, MEASURING, NULL,
	  "End other programs, or raise vm.overcommit_ratio." },
	{ "load", load_high, MEASURING, NULL, NULL },
	{ "swap", swap_used, MEASURING, NULL,
	  "End other programs, then as root: swapoff -a && "
	  "swapon -a." },
	{ "battery", on_battery, MEASURING, NULL,
	  "Plug it in: firmware slows the CPU down otherwise." },
	{ "governor", governor_saves, MEASURING, NULL,
	  "As root: cpupower frequency-set -g performance." },
	{ "smt", smt_active, MEASURING, NULL,
	  "As root: echo off > " CPU_PATH "smt/control." },
	{ "emulator", emulated, SPAWNING,
	  "vfork(2) and CLONE_VM may copy memory there, and no time that is "
	  "measured is one of Linux.",
	  "Measure on the kernel itself, and use no strategy that is not said "
	  "to work here." },
	{ "faults", faults_slow, SPAWNING,
	  "Hardware takes less than 1 us: software keeps the page tables (a "
	  "virtual machine in another, PVM, an emulator), and whatever copies, "
	  "makes or drops them takes many times as long.",
	  "Measure on the machine that the program will run on, and spawn by "
	  "what copies nothing." },
	{ "sigchld", sigchld_ignored, ANY_PROCESS,
	  "waitpid(2) says ECHILD: nobody learns how a child ended.",
	  "Start the program with `env --default-signal=CHLD`, or set SIG_DFL "
	  "before it spawns." },
	{ "processes", processes_short, ANY_PROCESS,
	  "fork(2) and clone(2) will say EAGAIN; threads count too.",
	  "End some, or raise it: ulimit -u, TasksMax=, --pids-limit, "
	  "sysctl." },
	{ "memory", memory_short, ANY_PROCESS,
	  "A copy of page tables, or what a child writes, brings the OOM "
	  "killer, or below memory.high a stall without end.",
	  "Raise the limit, or use a strategy that copies nothing." },
	{ "filter", calls_refused, ANY_PROCESS,
	  "What needs them fails or takes a slower way; EPERM in place of "
	  "ENOSYS keeps the libc from its own.",
	  "Use a newer seccomp profile (docker, podman, SystemCallFilter=), or "
	  "one that answers ENOSYS." },
	{ "descriptors", many_descriptors, ANY_PROCESS,
	  "A program that closes each number up to the limit in a child takes "
	  "up to seconds a spawn.",
	  "Lower the soft limit: ulimit -n, LimitNOFILE=, --ulimit nofile=; or "
	  "close with close_range(2)." },
	{ "overcommit", overcommit_of_host, SPAWNING,
	  "A copy is judged by the memory of the host, not by the limit of the "
	  "container.",
	  "Ask who runs the host, or use a strategy that asks for no memory." },
	{ "huge_pages", huge_pages, ANY_PROCESS,
	  "A fork copies fewer page tables, but the first write to each huge "
	  "page after it splits the page: the parent is slower for a while.",
	  "Use a strategy that copies no page tables, or as root: echo madvise "
	  "> " THP_PATH "." },
};
_Static_assert(sizeof checks / sizeof *checks <= WARNINGS_MAX,
	       "one warning a check");

void warnings_find(bool measuring, pid_t pid, struct warnings *found)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		struct warning *warning = &found->rows[count];

		if ((checks[i].concerns == MEASURING) != measuring ||
		    (pid && checks[i].concerns != ANY_PROCESS))
			continue;
		*warning = (struct warning){ .pid = pid,
					     .name = checks[i].name,
					     .means = checks[i].means };
		if (checks[i].cure)
			say(warning->cure, "%s", checks[i].cure);
		count += checks[i].check(warning);
	}
	found->list =
		(struct row_list){ found->rows, count, sizeof *found->rows };
}

#define WARNING(member) offsetof(struct warning, member)

static const struct row_field warning_fields[] = {
	FIELD("name", TEXT, WARNING(name), "a word"),
	FIELD("what", LINE, WARNING(what), "what is the case, a sentence"),
	FIELD("means", TEXT, WARNING(means),
	      "what that means for spawning, a sentence; `null`: it disturbs "
	      "what is measured"),
	FIELD("cure", LINE, WARNING(cure), "what to do about it, a sentence"),
	{ 0 },
};

const struct row_type warning_row = ROW_TYPE("warnings", warning_fields);

void warnings_report(struct table *table, const char *subject, const char *none,
		     const struct warnings *found)
{
	if (!found->list.count)
		report_line(table, subject, TABLE_PLAIN, "%s", none);
	for (size_t i = 0; i < found->list.count; i++) {
		const struct warning *warning = &found->rows[i];

		report_line(table, i ? "" : subject, TABLE_STRONG, "%s",
			    warning->what);
		if (warning->means)
			report_line(table, "", TABLE_PLAIN, "%s",
				    warning->means);
		report_line(table, "", TABLE_PLAIN, "%s", warning->cure);
	}
}
