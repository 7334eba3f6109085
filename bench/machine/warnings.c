/* SPDX-License-Identifier: MIT */
/* What makes spawning slow, fail or lie; see warnings.h. */

#include "bench/machine/warnings.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/machine/cgroup_room.h"
#include "bench/machine/host.h"
#include "bench/machine/overcommit.h"
#include "bench/machine/process_limits.h"
#include "bench/machine/refused_calls.h"
#include "bench/machine/text.h"

#define MANY_DESCRIPTORS (UINT64_C(1) << 20)
#define THP_PATH "/sys/kernel/mm/transparent_hugepage/enabled"
#define SECCOMP_FILTERED 2 /* proc_pid_status(5) */

/* A check says what is the case, in WARNING_BYTES, or returns false. */
typedef bool warning_check(pid_t pid, char *what);

__attribute__((format(printf, 2, 3))) static bool say(char *what,
						      const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(what, WARNING_BYTES, format, values);
	va_end(values);
	return true;
}

static bool many_descriptors(pid_t pid, char *what)
{
	uint64_t soft;

	if (status_limit(pid, "Max open files", &soft) ||
	    soft < MANY_DESCRIPTORS)
		return false;
	return say(what, "RLIMIT_NOFILE is %" PRIu64 ".", soft);
}

static bool was_ignored;

/* Before main(), which sets it to what our own waits need. */
__attribute__((constructor)) static void see_inherited(void)
{
	struct sigaction inherited;

	was_ignored = !sigaction(SIGCHLD, NULL, &inherited) &&
		      inherited.sa_handler == SIG_IGN;
}

static bool sigchld_ignored(pid_t pid, char *what)
{
	uint64_t ignored = 0;

	if (pid && status_number(pid, "SigIgn", 16, &ignored))
		return false;
	if (!(pid ? ignored >> (SIGCHLD - 1) & 1 : was_ignored))
		return false;
	return say(what, "SIGCHLD is ignored.");
}

static bool memory_short(pid_t pid, char *what)
{
	struct cgroup group;
	struct cgroup_room room;
	char left[32], limit[32];

	if (cgroup_of(pid, "memory", &group) ||
	    cgroup_room_read(&group, &room) || !room.limited ||
	    cgroup_room_bytes(&room) > room.limit_bytes / 10)
		return false;
	return say(what, "%s of %s leaves %s of %s.", room.limit_name,
		   room.directory,
		   text_size(left, sizeof left, cgroup_room_bytes(&room)),
		   text_size(limit, sizeof limit, room.limit_bytes));
}

static bool processes_short(pid_t pid, char *what)
{
	struct process_limit limit;

	if (!process_limit_nearest(pid, &limit) ||
	    !process_limit_is_near(&limit))
		return false;
	return say(what,
		   "%s%s%s is nearly reached: %" PRIu64 " of %" PRIu64 ".",
		   limit.name, *limit.directory ? " of " : "", limit.directory,
		   limit.used, limit.limit);
}

static bool calls_refused(pid_t pid, char *what)
{
	uint64_t mode = 0;
	char names[128];

	if (status_number(pid, "Seccomp", 10, &mode) && pid)
		return false;
	if (pid)
		return mode == SECCOMP_FILTERED &&
		       say(what, "It runs below a seccomp filter; what that "
				 "refuses cannot be seen from outside.");
	return *refused_calls(names, sizeof names) &&
	       say(what, "%s refuses: %s.",
		   mode == SECCOMP_FILTERED ? "A seccomp filter"
					    : "This kernel",
		   names);
}

/* A container, by the marks of its engine or by a /proc/sys that is read-only,
 * shares the setting with its host. */
static bool overcommit_of_host(pid_t pid, char *what)
{
	struct statvfs sys = { .f_flag = 0 };
	char text[64];
	const char *engine = host_container(text, sizeof text);
	int mode;

	(void)pid;
	statvfs("/proc/sys", &sys);
	if (overcommit_may_write() || overcommit_get(&mode) ||
	    (!strcmp(engine, "no") && !(sys.f_flag & ST_RDONLY)))
		return false;
	return say(what,
		   "The host of this container sets vm.overcommit_memory: %d.",
		   mode);
}

static bool huge_pages(pid_t pid, char *what)
{
	char text[64];
	uint64_t allowed = 1;

	status_number(pid, "THP_enabled", 10, &allowed);
	if (!allowed || text_read(THP_PATH, text, sizeof text))
		return false;
	text_pick_bracketed(text);
	return !strcmp(text, "always") &&
	       say(what, "Transparent huge pages are given to everybody.");
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
static bool emulated(pid_t pid, char *what)
{
	char own[512] = "", other[512] = "";
	struct utsname name;
	const char *imitation = NULL;

	(void)pid;
	if (!uname(&name))
		imitation = warnings_imitation(name.release, name.version);
	if (imitation)
		return say(what, "This kernel is not Linux but %s.", imitation);
	if (readlink("/proc/self/exe", own, sizeof own - 1) < 0 ||
	    readlink("/proc/thread-self/exe", other, sizeof other - 1) < 0 ||
	    !strcmp(own, other))
		return false;
	return say(what, "%.300s emulates our system calls.", other);
}

static const struct {
	const char *name;
	warning_check *check;
	bool of_process; /* it is asked of other processes too */
	const char *means, *cure;
} checks[] = {
	{ "emulator", emulated, false,
	  "vfork(2) and CLONE_VM may copy memory there, and no time that is "
	  "measured is one of Linux.",
	  "Measure on the kernel itself, and use no strategy that is not said "
	  "to work here." },
	{ "sigchld", sigchld_ignored, true,
	  "waitpid(2) says ECHILD: nobody learns how a child ended.",
	  "Start the program with `env --default-signal=CHLD`, or set SIG_DFL "
	  "before it spawns." },
	{ "processes", processes_short, true,
	  "fork(2) and clone(2) will say EAGAIN; threads count too.",
	  "End some, or raise it: ulimit -u, TasksMax=, --pids-limit, "
	  "sysctl." },
	{ "memory", memory_short, true,
	  "A copy of page tables, or what a child writes, brings the OOM "
	  "killer, or below memory.high a stall without end.",
	  "Raise the limit, or use a strategy that copies nothing." },
	{ "filter", calls_refused, true,
	  "What needs them fails or takes a slower way; EPERM in place of "
	  "ENOSYS keeps the libc from its own.",
	  "Use a newer seccomp profile (docker, podman, SystemCallFilter=), or "
	  "one that answers ENOSYS." },
	{ "descriptors", many_descriptors, true,
	  "A program that closes each number up to the limit in a child takes "
	  "up to seconds a spawn.",
	  "Lower the soft limit: ulimit -n, LimitNOFILE=, --ulimit nofile=; or "
	  "close with close_range(2)." },
	{ "overcommit", overcommit_of_host, false,
	  "A copy is judged by the memory of the host, not by the limit of the "
	  "container.",
	  "Ask who runs the host, or use a strategy that asks for no memory." },
	{ "huge_pages", huge_pages, true,
	  "A fork copies fewer page tables, but the first write to each huge "
	  "page after it splits the page: the parent is slower for a while.",
	  "Use a strategy that copies no page tables, or as root: echo madvise "
	  "> " THP_PATH "." },
};

_Static_assert(sizeof checks / sizeof *checks <= WARNINGS_MAX,
	       "one warning a check");

size_t warnings_find(pid_t pid, struct warning out[WARNINGS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		struct warning *warning = &out[count];

		if (pid && !checks[i].of_process)
			continue;
		*warning = (struct warning){ .name = checks[i].name,
					     .means = checks[i].means,
					     .cure = checks[i].cure };
		count += checks[i].check(pid, warning->what);
	}
	return count;
}
