/* SPDX-License-Identifier: MIT */
/* Requests and handles: what is refused, who may use one and how often. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define THREADS 8
#define SPAWNS_PER_THREAD REPEAT(200)
#define IN_FLIGHT 8

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

#define TRUE_WITH(...)                                                         \
	{                                                                      \
		.path = "/bin/true", .argv = ARGV("true"), __VA_ARGS__         \
	}

static const struct sw_ids no_uid = { .uid = (uid_t)-1, .gid = 1 };
static const struct sw_ids no_gid = { .uid = 1, .gid = (gid_t)-1 };
static const struct sw_ids no_groups = { 1, 1, .group_count = 1 };

/* What cannot be; which field that is, and which descriptor or action. */
static const struct {
	struct sw_request request;
	unsigned stage;
	int action;
} invalid[] = {
	{ { .argv = ARGV("true") }, 0, 0 },
	{ { .path = "/bin/true" }, 0, 0 },
	{ TRUE_WITH(.fields = SW_STDIO), 0, 0 },
	{ TRUE_WITH(.stdin_fd = -1), SW_STDIO, 0 },
	{ TRUE_WITH(.stdout_fd = -1), SW_STDIO, 1 },
	{ TRUE_WITH(.stderr_fd = -2), SW_STDIO, 2 },
	{ TRUE_WITH(.fields = SW_SIGDEFAULT), SW_SIGDEFAULT, 0 },
	{ TRUE_WITH(.fields = SW_NICE, .nice = 20), SW_NICE, 0 },
	{ TRUE_WITH(.fields = SW_AFFINITY), SW_AFFINITY, 0 },
	{ TRUE_WITH(.fields = SW_OOMADJ, .oom_score_adj = 1001), SW_OOMADJ, 0 },
	{ TRUE_WITH(.fields = SW_PGROUP, .pgroup = -1), SW_PGROUP, 0 },
	{ TRUE_WITH(.fields = SW_CTTY, .ctty_fd = -1), SW_CTTY, 0 },
	{ TRUE_WITH(.fields = SW_CWD, .cwd_fd = -1), SW_CWD, 0 },
	{ TRUE_WITH(.fields = SW_FDACTIONS, .action_count = 1), SW_FDACTIONS,
	  0 },
	{ TRUE_WITH(.fields = SW_FDACTIONS,
		    ACTIONS({ SW_CLOSE, .fd = 9 }, { SW_CHDIR, .path = NULL })),
	  SW_FDACTIONS, 1 },
	{ TRUE_WITH(.fields = SW_RLIMITS, .rlimit_count = 1), SW_RLIMITS, 0 },
	{ TRUE_WITH(.fields = SW_IDS), SW_IDS, 0 },
	{ TRUE_WITH(.fields = SW_IDS, .ids = &no_uid), SW_IDS, 0 },
	{ TRUE_WITH(.fields = SW_IDS, .ids = &no_gid), SW_IDS, 0 },
	{ TRUE_WITH(.fields = SW_IDS, .ids = &no_groups), SW_IDS, 0 },
	{ TRUE_WITH(.fields = SW_SIGMASK), SW_SIGMASK, 0 },
	{ TRUE_WITH(.fields = SW_CGROUP, .cgroup_fd = -1), SW_CGROUP, 0 },
};

static void invalid_requests_are_refused(void **state)
{
	struct scene *scene = *state;
	const int children = children_count();
	struct sw_child child;

	for (size_t i = 0; i < COUNT(invalid); i++) {
		assert_int_equal(
			sw_spawn(scene->handle, &invalid[i].request, &child),
			-EINVAL);
		assert_int_equal(child.stage, invalid[i].stage);
		assert_int_equal(child.action, invalid[i].action);
	}
	assert_no_new_child(children);
	assert_int_equal(sw_open(NULL, &scene->handle), -EINVAL);
	sw_close(NULL);
}

/* Every CPU that we may use, one at a time; and none, which is an error. */
static void affinity_is_honoured(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	struct sw_child child;
	cpu_set_t allowed, wanted, seen;

	assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
	request.fields = SW_AFFINITY;
	request.cpu_mask = (unsigned long *)&wanted;
	request.cpu_mask_bytes = sizeof wanted;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&wanted);
		CPU_SET(cpu, &wanted);
		sched_getaffinity(scene_hold(scene, &request), sizeof seen,
				  &seen);
		assert_true(CPU_EQUAL(&seen, &wanted));
		scene_drop(scene);
	}
	CPU_ZERO(&wanted);
	assert_int_equal(scene_try(scene, &request, &child), -EINVAL);
	sched_getaffinity(0, sizeof seen, &seen);
	assert_true(CPU_EQUAL(&seen, &allowed));
}

static void handle_is_dead_in_a_copy(void **state)
{
	struct scene *scene = *state;
	struct sw_child child = { 0 };
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(10);
		if (sw_spawn(scene->handle, &good, &child) != -ECHILD)
			_exit(1);
		if (sw_confirm(scene->handle, &child, -1) != -ECHILD)
			_exit(2);
		sw_close(scene->handle);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(scene_run(scene, &good), 0);
}

static void two_handles_live_together(void **state)
{
	struct scene *scene = *state;
	struct sw_handle *first = scene->handle;

	assert_int_equal(sw_open(scene->strategy, &scene->handle), 0);
	assert_int_equal(scene_run(scene, &good), 0);
	sw_close(first);
	assert_int_equal(scene_run(scene, &good), 0);
}

static void confirm_at_once(void **state)
{
	struct scene *scene = *state;
	struct sw_child child;

	for (int i = 0; i < 100; i++) {
		assert_int_equal(sw_spawn(scene->handle, &good, &child), 0);
		assert_int_equal(sw_confirm(scene->handle, &child, 0), 0);
		assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	}
}

/* -EAGAIN as often as it likes, but in the end an answer. */
static int confirm_by_polling(struct scene *scene, struct sw_child *child,
			      int timeout_ms)
{
	int error;

	do
		error = sw_confirm(scene->handle, child, timeout_ms);
	while (error == -EAGAIN);
	return error;
}

static void polling_ends(void **state)
{
	struct scene *scene = *state;
	const struct sw_request quick = scene_quick(scene);
	struct sw_request bad = { .path = "./missing", .argv = ARGV("bad") };
	struct sw_child child;

	for (int i = 0; i < REPEAT(100); i++) {
		int error = sw_spawn(scene->handle, &quick, &child);

		assert_int_equal(error, 0);
		error = confirm_by_polling(scene, &child, i % 2);
		assert_int_equal(error, 0);
		assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
		error = sw_spawn(scene->handle, &bad, &child);
		if (!error)
			error = confirm_by_polling(scene, &child, i % 2);
		assert_int_equal(error, -ENOENT);
	}
}

/* Confirmed in the opposite order; one of them has failed. */
static void many_are_in_flight(void **state)
{
	struct scene *scene = *state;
	const int descriptors = descriptors_count(0);
	const int children = children_count();
	struct sw_request bad = { .path = "./missing", .argv = ARGV("bad") };
	struct sw_child flock[IN_FLIGHT];
	int errors[IN_FLIGHT];

	for (int i = 0; i < IN_FLIGHT; i++)
		errors[i] = sw_spawn(scene->handle, i == 3 ? &bad : &good,
				     &flock[i]);
	for (int i = IN_FLIGHT - 1; i >= 0; i--) {
		if (!errors[i])
			errors[i] = sw_confirm(scene->handle, &flock[i], -1);
		assert_int_equal(errors[i], i == 3 ? -ENOENT : 0);
	}
	for (int i = 0; i < IN_FLIGHT; i++)
		if (i != 3)
			assert_int_equal(waitpid(flock[i].pid, NULL, 0),
					 flock[i].pid);
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
}

struct crew {
	struct scene *scene;
	struct sw_request quick;
};

/* Returns NULL, or what went wrong: cmocka's asserts are for one thread. */
static void *spawn_many(void *data)
{
	static char bad_spawn[] = "a spawn went wrong";
	static char bad_child[] = "a child went wrong";
	const struct crew *crew = data;
	struct sw_handle *handle = crew->scene->handle;
	struct sw_request request = crew->quick;

	for (int i = 0; i < SPAWNS_PER_THREAD; i++) {
		const bool failing = i % 4 == 3;
		struct sw_child child;
		int error, status;

		request.path = failing ? "./missing" : crew->quick.path;
		do
			error = sw_spawn(handle, &request, &child);
		while (error == -EAGAIN && !sched_yield());
		if (!error)
			error = sw_confirm(handle, &child, -1);
		if (error != (failing ? -ENOENT : 0))
			return bad_spawn;
		if (!error &&
		    (waitpid(child.pid, &status, 0) != child.pid || status))
			return bad_child;
	}
	return NULL;
}

static void threads_share_a_handle(void **state)
{
	struct scene *scene = *state;
	const int descriptors = descriptors_count(0);
	const int children = children_count();
	struct crew crew = { scene, scene_quick(scene) };
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, spawn_many, &crew),
			0);
	for (int i = 0; i < THREADS; i++) {
		void *complaint;

		pthread_join(threads[i], &complaint);
		if (complaint)
			fail_msg("%s", (char *)complaint);
	}
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
}

const struct check handle_checks[] = {
	{ .name = "invalid requests are refused",
	  .run = invalid_requests_are_refused },
	{ .name = "a CPU mask is honoured",
	  .run = affinity_is_honoured,
	  .honours = SW_AFFINITY },
	{ .name = "in a copy of the caller the handle is dead",
	  .run = handle_is_dead_in_a_copy },
	{ .name = "two handles live together",
	  .run = two_handles_live_together },
	{ .name = "confirm knows at once",
	  .run = confirm_at_once,
	  .needs = SW_SUSPENDS_CALLER },
	{ .name = "polling confirm ends", .run = polling_ends },
	{ .name = "many spawns are in flight", .run = many_are_in_flight },
	{ .name = "8 threads share a handle",
	  .run = threads_share_a_handle,
	  .needs = SW_THREAD_SAFE },
	{ .name = NULL },
};
