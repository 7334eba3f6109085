/* SPDX-License-Identifier: MIT */
/* The death of a helper: an error for those who wait, never a hang. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define MANY 1000 /* more than can be in flight */
#define LOOP_SPAWNS 300
#define LOOP_IN_FLIGHT 16

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

/* As an event loop does: confirm nothing before the descriptor tells. The
 * first request is under way, or answered, when the descriptor is made. */
static void event_loop_is_told(void **state)
{
	struct scene *scene = *state;
	struct sw_child flock[LOOP_IN_FLIGHT] = { 0 };
	const int loop = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	int fd, started = 1, ended = 0;

	assert_int_equal(sw_spawn(scene->handle, &good, &flock[0]), 0);
	fd = sw_poll_fd(scene->handle);
	assert_true(fd >= 0);
	assert_int_equal(sw_poll_fd(scene->handle), fd);
	assert_int_equal(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(epoll_wait(loop, &event, 1, -1), 1);
	while (ended < LOOP_SPAWNS) {
		for (int i = 0; i < LOOP_IN_FLIGHT; i++) {
			if (flock[i].pidfd || started == LOOP_SPAWNS)
				continue;
			assert_int_equal(
				sw_spawn(scene->handle, &good, &flock[i]), 0);
			started++;
		}
		assert_int_equal(epoll_wait(loop, &event, 1, -1), 1);
		for (int i = 0; i < LOOP_IN_FLIGHT; i++) {
			int error;

			if (!flock[i].pidfd)
				continue;
			error = sw_confirm(scene->handle, &flock[i], 0);
			if (error == -EAGAIN)
				continue;
			assert_int_equal(error, 0);
			waitpid(flock[i].pid, NULL, 0);
			flock[i].pidfd = 0; /* free; -1 is in use */
			ended++;
		}
	}
	assert_int_equal(epoll_wait(loop, &event, 1, 0), 0);
	helper_kill(helper_find());
	assert_int_equal(epoll_wait(loop, &event, 1, -1), 1);
	assert_int_equal(sw_refresh(scene->handle), 0);
	assert_int_equal(epoll_wait(loop, &event, 1, 0), 0);
	close(loop);
}

/* Put a file in the place of every descriptor between these two. */
static void replace_descriptors(int from, int to, int file)
{
	for (int fd = from; fd < to; fd++)
		assert_int_equal(dup2(file, fd), fd);
}

/* A caller that closes what it does not know, and opens something else: that
 * is neither written to nor closed. The handle's own come after `before`. */
static void foreign_descriptors_are_spared(void **state)
{
	struct scene *scene = *state;
	struct sw_child child;
	struct stat about;
	int file, before, after;

	sw_close(scene->handle);
	file = open("foreign", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	before = dup(scene->null_fd);
	assert_int_equal(sw_open(scene->strategy, &scene->handle), 0);
	assert_true(sw_poll_fd(scene->handle) >= 0);
	after = dup(scene->null_fd);
	assert_int_equal(sw_spawn(scene->handle, &good, &child), 0);
	assert_int_equal(sw_confirm(scene->handle, &child, -1), 0);
	waitpid(child.pid, NULL, 0);
	replace_descriptors(before + 1, after, file);
	assert_int_equal(sw_poll_fd(scene->handle), -EBADF);
	for (int i = 0; i < 20; i++)
		assert_int_equal(scene_try(scene, &good, &child), -ESTALE);
	sw_close(scene->handle);
	scene->handle = NULL;
	for (int fd = before + 1; fd < after; fd++)
		assert_true(same_file(0, fd, file));
	assert_int_equal(fstat(file, &about), 0);
	assert_int_equal(about.st_size, 0);
	for (int fd = before; fd <= after; fd++)
		close(fd);
	assert_no_new_child(0);
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
	{ .name = "an event loop is told of answers and of a death",
	  .run = event_loop_is_told,
	  NEEDS_HELPER },
	{ .name = "descriptors that are not its own are spared",
	  .run = foreign_descriptors_are_spared,
	  NEEDS_HELPER },
	{ .name = NULL },
};
