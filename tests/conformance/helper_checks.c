/* SPDX-License-Identifier: MIT */
/* The death of a helper: an error for those who wait, never a hang. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define MANY 1000 /* more than can be in flight */

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

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
	const pid_t helper = helper_find();

	assert_int_equal(scene_run(scene, &good), 0);
	helper_kill(helper);
	assert_dead(scene);
	assert_int_equal(sw_refresh(scene->handle), 0);
	assert_int_equal(scene_run(scene, &good), 0);
	helper_kill(helper_find());
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
	const pid_t helper = helper_find();
	struct sw_child flock[4];

	helper_stop(helper);
	for (size_t i = 0; i < COUNT(flock); i++)
		assert_int_equal(sw_spawn(scene->handle, &good, &flock[i]), 0);
	assert_int_equal(sw_confirm(scene->handle, &flock[0], 0), -EAGAIN);
	assert_int_equal(sw_confirm(scene->handle, &flock[0], 20), -EAGAIN);
	helper_kill(helper);
	for (size_t i = 0; i < COUNT(flock); i++) {
		int error = sw_confirm(scene->handle, &flock[i], -1);

		assert_true(error < 0 && error != -EAGAIN);
	}
	assert_dead(scene);
}

/* One that is stopped fills up; a full one refuses, and nothing is lost. */
static void full_helper_says_so(void **state)
{
	struct scene *scene = *state;
	const pid_t helper = helper_find();
	struct sw_child flock[MANY];
	size_t count = 0;

	helper_stop(helper);
	while (count < COUNT(flock) &&
	       !sw_spawn(scene->handle, &good, &flock[count]))
		count++;
	assert_in_range(count, 2, COUNT(flock) - 1);
	assert_int_equal(sw_spawn(scene->handle, &good, &flock[count]),
			 -EAGAIN);
	kill(helper, SIGCONT);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(sw_confirm(scene->handle, &flock[i], -1), 0);
		assert_int_equal(waitpid(flock[i].pid, NULL, 0), flock[i].pid);
	}
	assert_int_equal(scene_run(scene, &good), 0);
}

/* A child that the helper has created must not keep the line open. */
static void death_is_seen_beside_a_child(void **state)
{
	struct scene *scene = *state;
	const pid_t helper = helper_find();
	struct sw_request request = { .argv = ARGV("held") };

	scene_hold(scene, &request);
	helper_kill(helper);
	assert_dead(scene);
	scene_drop(scene);
}

static int open_fifo(void)
{
	const int fd = open("fifo", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* The child is between birth and exec when its helper dies: it opens a FIFO,
 * which holds it there. What becomes of it is the answer. */
static void orphan_is_followed(void **state)
{
	struct scene *scene = *state;
	const struct sw_action action = {
		.kind = SW_OPEN,
		.path = "fifo",
		.flags = O_RDONLY,
	};
	struct sw_request request = good;
	struct sw_child child;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	request.fields = SW_FDACTIONS;
	request.actions = &action;
	request.action_count = 1;
	for (int missing = 0; missing < 2; missing++) {
		const pid_t helper = helper_find();

		request.path = missing ? "./missing" : "/bin/true";
		assert_int_equal(sw_spawn(scene->handle, &request, &child), 0);
		while (children_count() < 2)
			sched_yield();
		helper_kill(helper);
		assert_int_equal(sw_confirm(scene->handle, &child, 0), -EAGAIN);
		assert_int_equal(sw_confirm(scene->handle, &child, 5), -EAGAIN);
		close(open_fifo());
		assert_int_equal(sw_confirm(scene->handle, &child, -1),
				 missing ? -ENOENT : 0);
		if (!missing)
			assert_int_equal(waitpid(child.pid, NULL, 0),
					 child.pid);
		assert_int_equal(sw_refresh(scene->handle), 0);
	}
	assert_no_new_child(1);
}

const struct check helper_checks[] = {
	{ .name = "a dead helper is an error, until it is renewed",
	  .run = death_is_an_error,
	  NEEDS_HELPER },
	{ .name = "a helper's death ends requests in flight",
	  .run = death_ends_requests_in_flight,
	  NEEDS_HELPER },
	{ .name = "a helper that is full says so",
	  .run = full_helper_says_so,
	  NEEDS_HELPER },
	{ .name = "a helper's death is seen beside a living child",
	  .run = death_is_seen_beside_a_child,
	  NEEDS_HELPER },
	{ .name = "a child that outlives its helper is followed",
	  .run = orphan_is_followed,
	  NEEDS_HELPER },
	{ .name = NULL },
};
