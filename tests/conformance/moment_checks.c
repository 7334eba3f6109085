/* SPDX-License-Identifier: MIT */
/* What a child inherits without being asked for: of the moment of the call and
 * of the thread that makes it, in any amount. */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define ENVIRONMENT_BYTES 1800000
#define TEXT_BYTES 100000 /* below MAX_ARG_STRLEN, execve(2) */
#define DESCRIPTORS_MAX 600
#define HELPER_LIMIT 20
#define BIT(signal_number) (UINT64_C(1) << ((signal_number)-1))

static void limits_are_of_now(void **state)
{
	struct scene *scene = *state;
	const int resources[] = { RLIMIT_CORE, RLIMIT_CPU, RLIMIT_FSIZE,
				  RLIMIT_NOFILE, RLIMIT_STACK };
	struct sw_request request = { .argv = ARGV("held") };

	for (size_t i = 0; i < COUNT(resources); i++) {
		struct rlimit before, lowered, seen;
		pid_t pid;

		assert_int_equal(getrlimit(resources[i], &before), 0);
		lowered = before;
		lowered.rlim_cur = before.rlim_cur > 1000000
					   ? 1000000
					   : before.rlim_cur / 2;
		assert_int_equal(setrlimit(resources[i], &lowered), 0);
		pid = scene_hold(scene, &request);
		assert_int_equal(setrlimit(resources[i], &before), 0);
		assert_int_equal(prlimit(pid, resources[i], NULL, &seen), 0);
		assert_int_equal(seen.rlim_cur, lowered.rlim_cur);
		assert_int_equal(seen.rlim_max, lowered.rlim_max);
		scene_drop(scene);
	}
}

static void dispositions_are_of_now(void **state)
{
	struct scene *scene = *state;
	const uint64_t some = BIT(SIGUSR1) | BIT(SIGPIPE) | BIT(SIGRTMAX);
	struct sw_request request = { .argv = ARGV("held") };

	for (int ignored = 1; ignored >= 0; ignored--) {
		const uint64_t expected = ignored ? some : 0;
		pid_t pid;

		signal(SIGUSR1, ignored ? SIG_IGN : SIG_DFL);
		signal(SIGPIPE, ignored ? SIG_IGN : SIG_DFL);
		signal(SIGRTMAX, ignored ? SIG_IGN : SIG_DFL);
		pid = scene_hold(scene, &request);
		assert_int_equal(status_field(pid, "SigIgn", 16) & some,
				 expected);
		scene_drop(scene);
	}
}

/* What the thread wants, and how its child looks. */
struct look {
	struct scene *scene;
	cpu_set_t wanted, seen;
	int nice, policy;
	int error;
};

/* cmocka's assertions are for the main thread. Only downwards: going back may
 * not be allowed. */
static void *look_in_thread(void *data)
{
	struct look *look = data;
	const struct sched_param parameter = { 0 };
	const struct sw_request request = {
		.path = scene_path(look->scene, STOPPER),
		.argv = ARGV("held"),
	};
	struct sw_child child;

	sched_setaffinity(0, sizeof look->wanted, &look->wanted);
	setpriority(PRIO_PROCESS, 0, 7);
	sched_setscheduler(0, SCHED_BATCH, &parameter);
	look->error = scene_try(look->scene, &request, &child);
	if (look->error)
		return NULL;
	waitpid(child.pid, NULL, WUNTRACED);
	sched_getaffinity(child.pid, sizeof look->seen, &look->seen);
	look->nice = getpriority(PRIO_PROCESS, (id_t)child.pid);
	look->policy = sched_getscheduler(child.pid);
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
	return NULL;
}

static void scheduling_is_of_the_thread(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	struct look look = { .scene = scene };
	cpu_set_t allowed;
	pthread_t thread;
	pid_t pid;

	sched_getaffinity(0, sizeof allowed, &allowed);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &allowed) && !CPU_COUNT(&look.wanted))
			CPU_SET(cpu, &look.wanted);
	pid = scene_hold(scene, &request);
	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)pid),
			 getpriority(PRIO_PROCESS, 0));
	assert_int_equal(sched_getscheduler(pid), sched_getscheduler(0));
	scene_drop(scene);
	assert_int_equal(pthread_create(&thread, NULL, look_in_thread, &look),
			 0);
	pthread_join(thread, NULL);
	assert_int_equal(look.error, 0);
	assert_true(CPU_EQUAL(&look.seen, &look.wanted));
	assert_int_equal(look.nice, 7);
	assert_int_equal(look.policy, SCHED_BATCH);
}

static void group_is_of_now(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	const pid_t group = getpgrp();
	pid_t pid;

	assert_int_equal(setpgid(0, 0), 0);
	pid = scene_hold(scene, &request);
	assert_int_equal(getpgid(pid), getpid());
	scene_drop(scene);
	assert_int_equal(setpgid(0, group), 0);
	pid = scene_hold(scene, &request);
	assert_int_equal(getpgid(pid), group);
	scene_drop(scene);
}

/* Nearly all that exec accepts with a stack of 8 MiB. */
static void large_environment_arrives(void **state)
{
	struct scene *scene = *state;
	static char text[TEXT_BYTES];
	static char seen[ENVIRONMENT_BYTES + TEXT_BYTES];
	char *envp[ENVIRONMENT_BYTES / TEXT_BYTES + 1] = { NULL };
	struct sw_request request = { .argv = ARGV("held"), .envp = envp };
	pid_t pid;

	memset(text, 'x', sizeof text - 1);
	for (size_t i = 0; i + 1 < COUNT(envp); i++)
		envp[i] = text;
	for (int time = 0; time < 20; time++) {
		pid = scene_hold(scene, &request);
		assert_int_equal(proc_read(pid, "environ", seen, sizeof seen),
				 ENVIRONMENT_BYTES);
		scene_drop(scene);
	}
}

static void pass_descriptors(struct scene *scene, int count)
{
	static struct sw_action actions[DESCRIPTORS_MAX];
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_FDACTIONS,
		.actions = actions,
		.action_count = (size_t)count,
	};
	const int first = 100;
	pid_t pid;

	for (int i = 0; i < count; i++)
		actions[i] = (struct sw_action){
			.kind = SW_DUP2,
			.from = scene->null_fd,
			.fd = first + i,
		};
	pid = scene_hold(scene, &request);
	assert_int_equal(descriptors_count(pid), 3 + count);
	assert_true(same_file(pid, first + count - 1, scene->null_fd));
	scene_drop(scene);
}

/* A limit on the helper, where there is one, is none on its children. */
static void many_descriptors_are_passed(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, wanted, low;
	pid_t others[2];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	wanted = before;
	wanted.rlim_cur = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &wanted), 0);
	low = (struct rlimit){ HELPER_LIMIT, before.rlim_max };
	if (scene->strategy->traits & SW_NEEDS_EARLY_OPEN &&
	    children_list(others, COUNT(others)) == 1)
		prlimit(others[0], RLIMIT_NOFILE, &low, NULL);
	pass_descriptors(scene, 254);
	pass_descriptors(scene, DESCRIPTORS_MAX);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

const struct check moment_checks[] = {
	{ .name = "limits are of now", .run = limits_are_of_now },
	{ .name = "ignored signals are of now",
	  .run = dispositions_are_of_now },
	{ .name = "scheduling is of now and of the thread",
	  .run = scheduling_is_of_the_thread },
	{ .name = "the process group is of now", .run = group_is_of_now },
	{ .name = "1.8 MB of environment arrive",
	  .run = large_environment_arrives },
	{ .name = "254 and 600 descriptors are passed",
	  .run = many_descriptors_are_passed,
	  .honours = SW_FDACTIONS },
	{ .name = NULL },
};
