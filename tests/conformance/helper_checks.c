/* SPDX-License-Identifier: MIT */
/* The death of a helper: an error for those who wait, never a hang. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

static const char *no_list_of_children(void)
{
	return children_count() < 0 ? "/proc has no list of children" : NULL;
}

/* The scene's helper: before any spawn it is the only child. */
static pid_t find_helper(void)
{
	pid_t pids[2];

	assert_int_equal(children_list(pids, COUNT(pids)), 1);
	return pids[0];
}

static void kill_helper(pid_t helper)
{
	siginfo_t info;

	assert_int_equal(kill(helper, SIGKILL), 0);
	assert_int_equal(
		waitid(P_PID, (id_t)helper, &info, WEXITED | WNOWAIT | __WALL),
		0);
}

/* Every further spawn answers an error, and the same for ever. */
static void assert_dead(struct scene *scene)
{
	struct sw_child child;

	for (int i = 0; i < 200; i++)
		assert_true(scene_try(scene, &good, &child) < 0);
}

static void death_is_an_error(void **state)
{
	struct scene *scene = *state;
	const pid_t helper = find_helper();

	assert_int_equal(scene_run(scene, &good), 0);
	kill_helper(helper);
	assert_dead(scene);
	sw_close(scene->handle);
	scene->handle = NULL;
	assert_no_new_child(0);
	assert_int_equal(sw_open(scene->strategy, &scene->handle), 0);
	assert_int_equal(scene_run(scene, &good), 0);
}

/* Stopped first, so that requests are certainly under way. */
static void death_ends_requests_in_flight(void **state)
{
	struct scene *scene = *state;
	const pid_t helper = find_helper();
	struct sw_child flock[4];
	siginfo_t info;

	kill(helper, SIGSTOP);
	assert_int_equal(waitid(P_PID, (id_t)helper, &info, WSTOPPED | __WALL),
			 0);
	for (size_t i = 0; i < COUNT(flock); i++)
		assert_int_equal(sw_spawn(scene->handle, &good, &flock[i]), 0);
	assert_int_equal(sw_confirm(scene->handle, &flock[0], 0), -EAGAIN);
	assert_int_equal(sw_confirm(scene->handle, &flock[0], 20), -EAGAIN);
	kill_helper(helper);
	for (size_t i = 0; i < COUNT(flock); i++) {
		int error = sw_confirm(scene->handle, &flock[i], -1);

		assert_true(error < 0 && error != -EAGAIN);
	}
	assert_dead(scene);
}

/* A child that the helper has created must not keep the line open. */
static void death_is_seen_beside_a_child(void **state)
{
	struct scene *scene = *state;
	const pid_t helper = find_helper();
	struct sw_request request = { .argv = ARGV("held") };

	scene_hold(scene, &request);
	kill_helper(helper);
	assert_dead(scene);
	scene_drop(scene);
}

const struct check helper_checks[] = {
	{ .name = "a dead helper is an error",
	  .run = death_is_an_error,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_list_of_children },
	{ .name = "a helper's death ends requests in flight",
	  .run = death_ends_requests_in_flight,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_list_of_children },
	{ .name = "a helper's death is seen beside a living child",
	  .run = death_is_seen_beside_a_child,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_list_of_children },
	{ .name = NULL },
};
