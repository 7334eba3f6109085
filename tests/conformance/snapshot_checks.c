/* SPDX-License-Identifier: MIT */
/*
 * The caller before and after many spawns, good and failing, plain and with
 * everything that the strategy honours: not a word about it has changed.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/wait.h"
#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define SPAWNS 1000
#define SPAWNS_MS 3000 /* then those that were made must do */
#define SOME_ERRNO 117
#define NOBODY 65534

/* What is noted about the caller, as text that a failed test can show. */
struct snapshot {
	char text[32 * 1024];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void
note(struct snapshot *snapshot, const char *format, ...)
{
	const size_t room = sizeof snapshot->text - snapshot->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(snapshot->text + snapshot->length, room, format,
			   arguments);
	va_end(arguments);
	assert_true(length >= 0 && (size_t)length < room);
	snapshot->length += (size_t)length;
}

static void note_file(struct snapshot *snapshot, const char *name)
{
	char text[8192];

	note(snapshot, "%s:\n%.*s", name,
	     (int)proc_read(0, name, text, sizeof text), text);
}

static void note_status(struct snapshot *snapshot)
{
	static const char *const names[] = {
		"Umask",  "Uid",    "Gid",	  "Groups", "Threads",
		"SigPnd", "ShdPnd", "SigBlk",	  "SigIgn", "SigCgt",
		"CapEff", "CapPrm", "NoNewPrivs",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		note(snapshot, "%s %llx\n", names[i],
		     (unsigned long long)status_field(0, names[i], 16));
}

static void note_link(struct snapshot *snapshot, const char *path)
{
	char target[512];
	const ssize_t length = readlink(path, target, sizeof target);

	note(snapshot, "%s -> %.*s\n", path, (int)length, target);
}

static void note_descriptors(struct snapshot *snapshot)
{
	for (int fd = 0; fd < 256; fd++) {
		const int flags = fcntl(fd, F_GETFD);
		char path[64];

		if (flags < 0)
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		note(snapshot, "%d ", flags);
		note_link(snapshot, path);
	}
	note(snapshot, "%d descriptors\n", descriptors_count(0));
}

static void note_handlers(struct snapshot *snapshot)
{
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;
		uint64_t mask;

		if (sigaction(number, NULL, &action))
			continue;
		memcpy(&mask, &action.sa_mask, sizeof mask);
		note(snapshot, "signal %d: %p %x %llx\n", number,
		     (void *)action.sa_handler, (unsigned)action.sa_flags,
		     (unsigned long long)mask);
	}
}

static void take(struct snapshot *snapshot)
{
	const int seen_errno = errno;
	struct sched_param parameter;
	cpu_set_t cpus;

	snapshot->length = 0;
	note(snapshot, "errno %d\n", seen_errno);
	note(snapshot, "dumpable %d subreaper %d pdeathsig %d\n",
	     prctl(PR_GET_DUMPABLE), prctl(PR_GET_CHILD_SUBREAPER, &cpus),
	     prctl(PR_GET_PDEATHSIG, &cpus));
	note(snapshot, "nice %d\n", getpriority(PRIO_PROCESS, 0));
	assert_int_equal(sched_getparam(0, &parameter), 0);
	assert_int_equal(sched_getaffinity(0, sizeof cpus, &cpus), 0);
	note(snapshot, "policy %d priority %d cpus %d\n", sched_getscheduler(0),
	     parameter.sched_priority, CPU_COUNT(&cpus));
	note(snapshot, "session %d group %d\n", getsid(0), getpgrp());
	note_status(snapshot);
	note_handlers(snapshot);
	note_descriptors(snapshot);
	note_link(snapshot, "/proc/self/cwd");
	note_link(snapshot, "/proc/self/root");
	note_file(snapshot, "limits");
	note_file(snapshot, "oom_score_adj");
}

/* Fail with the first line that differs. */
static void assert_same(const char *before, const char *after)
{
	while (*before || *after) {
		const size_t length = strcspn(before, "\n");

		if (strncmp(before, after, length + 1))
			fail_msg("%.*s became %.*s", (int)length, before,
				 (int)strcspn(after, "\n"), after);
		before += length + !!before[length];
		after += length + !!after[length];
	}
}

/* Everything at once, as far as the strategy can: *request and what it
 * points at, which lives as long as the program. */
static struct sw_request rich_request(const struct scene *scene)
{
	static const struct sw_rlimit limits[] = {
		{ RLIMIT_CORE, { 0, 0 } },
		{ RLIMIT_NOFILE, { 32, 32 } },
	};
	static const struct sw_action actions[] = {
		{ SW_OPEN, 9, .path = "/dev/null", .flags = O_RDWR },
		{ SW_CLOSEFROM, .fd = 5 },
		{ SW_CHDIR, .path = "/tmp" },
	};
	static const struct sw_ids nobody = { NOBODY, NOBODY, NULL, 0, false };
	static const unsigned long cpus[16] = { 3 };
	static const char *const argv[] = { "true", NULL };
	static sigset_t some;
	const unsigned fields =
		SW_SIGDEFAULT | SW_NICE | SW_AFFINITY | SW_OOMADJ | SW_UMASK |
		SW_SESSION | SW_RESETIDS | SW_CWD | SW_FDACTIONS | SW_CLOSEFDS |
		SW_RLIMITS | SW_SIGMASK | SW_PIDFD | (geteuid() ? 0 : SW_IDS);

	sigemptyset(&some);
	sigaddset(&some, SIGUSR2);
	return (struct sw_request){
		.path = "/bin/true",
		.argv = (char *const *)argv,
		.stdin_fd = scene->null_fd,
		.fields = fields & scene->strategy->honours,
		.sigdefault = &some,
		.nice = 19,
		.cpu_mask = cpus,
		.cpu_mask_bytes = sizeof cpus,
		.oom_score_adj = 1000,
		.umask = 0777,
		.cwd = "/",
		.actions = actions,
		.action_count = COUNT(actions),
		.rlimits = limits,
		.rlimit_count = COUNT(limits),
		.ids = &nobody,
		.sigmask = &some,
	};
}

static void spawn_each(struct scene *scene, const struct sw_request *plain,
		       const struct sw_request *rich)
{
	struct sw_request bad = *plain;
	struct sw_request rich_bad = *rich;
	struct sw_child child;

	bad.path = rich_bad.path = "/missing";
	assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
	assert_int_equal(scene_try(scene, &rich_bad, &child), -ENOENT);
	assert_int_equal(scene_run(scene, plain), 0);
	assert_int_equal(scene_try(scene, rich, &child), 0);
	assert_int_equal(child.pidfd >= 0, !!(rich->fields & SW_PIDFD));
	if (child.pidfd >= 0)
		close(child.pidfd);
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
}

static void ignore_it(int number)
{
	(void)number;
}

/* Values that are not those of a new process. */
static void disguise(void)
{
	const struct sigaction action = { .sa_handler = ignore_it,
					  .sa_flags = SA_RESTART };
	sigset_t set;

	sigaction(SIGUSR1, &action, NULL);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void caller_is_as_before(void **state)
{
	static struct snapshot before, after;
	struct scene *scene = *state;
	const struct sw_request plain = scene_quick(scene);
	const struct sw_request rich = rich_request(scene);
	const int64_t limit = sw_deadline(SPAWNS_MS);
	const int children = children_count();
	const mode_t umask_before = umask(0137);

	disguise();
	errno = SOME_ERRNO;
	take(&before);
	errno = SOME_ERRNO;
	for (int i = 0; i < SPAWNS / 4 && sw_deadline(0) < limit; i++)
		spawn_each(scene, &plain, &rich);
	take(&after);
	umask(umask_before);
	assert_same(before.text, after.text);
	assert_no_new_child(children);
}

const struct check snapshot_checks[] = {
	{ .name = "1,000 spawns, or 3 s of them, leave the caller as it was",
	  .run = caller_is_as_before,
	  .obstacle = signals_are_kept_back },
	{ .name = NULL },
};
