/* SPDX-License-Identifier: MIT */
/* What a request asks for is what the child has, and the caller has not. */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

/* Each field alone, with a value that is good. */
static void others_are_refused(void **state)
{
	struct scene *scene = *state;
	const struct sw_ids ids = { getuid(), getgid(), .keep_groups = true };
	const unsigned long cpus[16] = { 1 };
	const int children = children_count();
	struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.sched_policy = SCHED_OTHER,
		.cpu_mask = cpus,
		.cpu_mask_bytes = sizeof cpus,
		.ctty_fd = scene->null_fd,
		.cwd = "/",
		.ids = &ids,
		.cgroup_fd = scene->null_fd,
	};
	struct sw_child child;
	sigset_t set;

	sigemptyset(&set);
	request.sigmask = request.sigdefault = &set;
	for (int bit = 0; bit < SW_FIELD_COUNT; bit++) {
		request.fields = 1u << bit;
		if (scene->strategy->honours & request.fields)
			continue;
		assert_int_equal(sw_spawn(scene->handle, &request, &child),
				 -ENOTSUP);
		assert_int_equal(child.stage, request.fields);
	}
	assert_no_new_child(children);
}

/* SCHED_BATCH is not one of POSIX: a libc may not know it. */
static void scheduler_is_set(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("held"),
		.fields = SW_SCHED,
		.sched_policy = SCHED_BATCH,
	};
	const int ours = sched_getscheduler(0);
	struct sw_child child;
	const int error = scene_try(scene, &request, &child);

	if (error != -ENOTSUP) {
		assert_int_equal(error, 0);
		assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
		assert_int_equal(
			sched_getscheduler(scene_hold(scene, &request)),
			SCHED_BATCH);
		scene_drop(scene);
	}
	request.sched_policy = -1;
	assert_int_equal(sched_getscheduler(scene_hold(scene, &request)), ours);
	scene_drop(scene);
	assert_int_equal(sched_getscheduler(0), ours);
}

static const char *no_realtime(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	const struct sched_param none = { .sched_priority = 0 };

	if (sched_setscheduler(0, SCHED_RR, &first))
		return "real-time scheduling is not permitted";
	sched_setscheduler(0, SCHED_OTHER, &none);
	return NULL;
}

static void priority_is_set(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_SCHED,
		.sched_policy = SCHED_RR,
		.sched_priority = 3,
	};
	struct sched_param parameter;
	const pid_t pid = scene_hold(scene, &request);

	assert_int_equal(sched_getscheduler(pid), SCHED_RR);
	assert_int_equal(sched_getparam(pid, &parameter), 0);
	assert_int_equal(parameter.sched_priority, 3);
	scene_drop(scene);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}

static void nice_is_set(void **state)
{
	struct scene *scene = *state;
	const int ours = getpriority(PRIO_PROCESS, 0);
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_NICE,
		.nice = ours < 17 ? ours + 2 : 19,
	};
	const pid_t pid = scene_hold(scene, &request);

	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)pid), request.nice);
	scene_drop(scene);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), ours);
	if (geteuid()) {
		request.nice = -20;
		scene_refuses(scene, &request, -EACCES, SW_NICE, 0);
	}
}

static int oom_score_adj(pid_t pid)
{
	char text[32] = "";

	proc_read(pid, "oom_score_adj", text, sizeof text - 1);
	return atoi(text);
}

static void oom_score_is_set(void **state)
{
	struct scene *scene = *state;
	const int ours = oom_score_adj(0);
	struct sw_request request = { .argv = ARGV("held"),
				      .fields = SW_OOMADJ };

	for (int step = 0; step < 2; step++) {
		request.oom_score_adj = step ? 1000 : ours + (1000 - ours) / 2;
		assert_int_equal(oom_score_adj(scene_hold(scene, &request)),
				 request.oom_score_adj);
		assert_int_equal(oom_score_adj(0), ours);
		scene_drop(scene);
	}
	assert_int_equal(oom_score_adj(0), ours);
}

static void umask_is_set(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held"),
				      .fields = SW_UMASK,
				      .umask = 0351 };
	const uint64_t ours = status_field(0, "Umask", 8);
	const pid_t pid = scene_hold(scene, &request);

	assert_int_equal(status_field(pid, "Umask", 8), 0351);
	scene_drop(scene);
	assert_int_equal(status_field(0, "Umask", 8), ours);
}

static void session_is_new(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held"),
				      .fields = SW_SESSION };
	const pid_t pid = scene_hold(scene, &request);

	assert_int_equal(getsid(pid), pid);
	assert_int_equal(getpgid(pid), pid);
	assert_int_equal(stat_field(pid, 7), 0); /* no terminal */
	scene_drop(scene);
}

static void group_is_joined(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held"),
				      .fields = SW_PGROUP };
	const pid_t leader = scene_hold(scene, &request);

	assert_int_equal(getpgid(leader), leader);
	request.pgroup = leader;
	assert_int_equal(getpgid(scene_hold(scene, &request)), leader);
	scene_drop(scene);
	scene->held = leader;
	assert_int_equal(getsid(leader), getsid(0));
	scene_drop(scene);
	request.pgroup = leader; /* a group that is no more */
	request.path = "/bin/true";
	scene_refuses(scene, &request, -EPERM, SW_PGROUP, 0);
}

static struct rlimit limit_of(pid_t pid, int resource)
{
	struct rlimit limit;

	assert_int_equal(
		prlimit(pid, (enum __rlimit_resource)resource, NULL, &limit),
		0);
	return limit;
}

static void limits_are_set(void **state)
{
	struct scene *scene = *state;
	const struct sw_rlimit limits[] = {
		{ RLIMIT_CORE, { 4096, 4096 } },
		{ RLIMIT_NOFILE, { 64, 100 } },
		{ RLIMIT_CORE, { 0, 4096 } },
	};
	const struct rlimit ours = limit_of(0, RLIMIT_NOFILE);
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_RLIMITS,
		.rlimits = limits,
		.rlimit_count = 3,
	};
	const struct sw_rlimit bad = { RLIMIT_NOFILE, { 100, 64 } };
	const pid_t pid = scene_hold(scene, &request);

	assert_int_equal(limit_of(pid, RLIMIT_CORE).rlim_cur, 0);
	assert_int_equal(limit_of(pid, RLIMIT_NOFILE).rlim_cur, 64);
	assert_int_equal(limit_of(pid, RLIMIT_NOFILE).rlim_max, 100);
	scene_drop(scene);
	assert_int_equal(limit_of(0, RLIMIT_NOFILE).rlim_cur, ours.rlim_cur);
	request.rlimits = &bad;
	request.rlimit_count = 1;
	scene_refuses(scene, &request, -EINVAL, SW_RLIMITS, 0);
}

const struct check field_checks[] = {
	{ .name = "fields that are not honoured are refused",
	  .run = others_are_refused },
	{ .name = "a scheduling policy is set",
	  .run = scheduler_is_set,
	  .honours = SW_SCHED },
	{ .name = "a real-time priority is set",
	  .run = priority_is_set,
	  .honours = SW_SCHED,
	  .obstacle = no_realtime },
	{ .name = "a nice value is set",
	  .run = nice_is_set,
	  .honours = SW_NICE },
	{ .name = "an oom_score_adj is set, and only there",
	  .run = oom_score_is_set,
	  .honours = SW_OOMADJ },
	{ .name = "a umask is set", .run = umask_is_set, .honours = SW_UMASK },
	{ .name = "a session is new",
	  .run = session_is_new,
	  .honours = SW_SESSION },
	{ .name = "a process group is led or joined",
	  .run = group_is_joined,
	  .honours = SW_PGROUP },
	{ .name = "resource limits are set, in order",
	  .run = limits_are_set,
	  .honours = SW_RLIMITS },
	{ .name = NULL },
};
