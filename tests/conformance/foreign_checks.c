/* SPDX-License-Identifier: MIT */
/* A caller that closes descriptors which it does not know, as daemons do, and
 * opens files of its own in their places. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define COUNTED 5

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

/* Files that a program may open where the handle's own have been. All but the
 * first have one inode between them. */
static int open_file(void)
{
	return open("foreign", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static int open_counter(void)
{
	return eventfd(COUNTED, EFD_CLOEXEC);
}

static int open_timer(void)
{
	const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	const struct itimerspec once = { .it_value = { .tv_nsec = 1 } };

	timerfd_settime(fd, 0, &once, NULL);
	return fd;
}

static int open_set(void)
{
	const int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	epoll_ctl(fd, EPOLL_CTL_ADD, open_counter(), &event);
	return fd;
}

static bool is_empty(int fd)
{
	return lseek(fd, 0, SEEK_END) == 0;
}

static bool still_counts(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof count) == sizeof count &&
	       count == COUNTED;
}

static bool has_expired(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof count) == sizeof count && count == 1;
}

/* proc(5): a line begins so for each file that the set watches. */
static bool watches_one(int fd)
{
	char name[32], text[4096] = "";
	const char *line;

	snprintf(name, sizeof name, "fdinfo/%d", fd);
	proc_read(0, name, text, sizeof text - 1);
	line = strstr(text, "tfd:");
	return line && !strstr(line + 1, "tfd:");
}

static const struct foreign {
	int (*open)(void);
	bool (*is_untouched)(int fd);
} foreigners[] = {
	{ open_file, is_empty },
	{ open_counter, still_counts },
	{ open_timer, has_expired },
	{ open_set, watches_one },
};

/* A handle whose descriptors lie between two of ours. */
struct lair {
	struct scene *scene;
	int first, end;
};

static void enter(struct lair *lair, struct scene *scene)
{
	lair->scene = scene;
	lair->first = dup(scene->null_fd) + 1;
	assert_int_equal(sw_open(scene->strategy, &scene->handle), 0);
	assert_true(sw_poll_fd(scene->handle) >= 0);
	lair->end = dup(scene->null_fd);
	assert_int_equal(scene_run(scene, &good), 0);
}

/* With one request under way that is answered, or not, when they are gone. */
static void replace(const struct lair *lair, int first, int end, int file)
{
	struct sw_child child;

	assert_int_equal(sw_spawn(lair->scene->handle, &good, &child), 0);
	for (int fd = first; fd < end; fd++)
		assert_int_equal(dup3(file, fd, O_CLOEXEC), fd);
	if (!sw_confirm(lair->scene->handle, &child, -1))
		waitpid(child.pid, NULL, 0);
}

static void assert_renewable(struct scene *scene)
{
	int fd;

	assert_int_equal(sw_refresh(scene->handle), 0);
	assert_int_equal(scene_run(scene, &good), 0);
	fd = sw_poll_fd(scene->handle);
	assert_true(fd >= 0);
	assert_int_equal(scene_run(scene, &good), 0);
	assert_int_equal(sw_poll_fd(scene->handle), fd);
}

static void leave(const struct lair *lair, int first, int end, int file)
{
	sw_close(lair->scene->handle);
	lair->scene->handle = NULL;
	for (int fd = first; fd < end; fd++)
		assert_true(same_file(0, fd, file));
}

/* What the program has put in their places is not read, written or closed. */
static void foreign_descriptors_are_spared(void **state)
{
	struct scene *scene = *state;
	struct sw_child child;
	struct lair lair;

	sw_close(scene->handle);
	for (size_t i = 0; i < COUNT(foreigners); i++) {
		const int file = foreigners[i].open();

		enter(&lair, scene);
		replace(&lair, lair.first, lair.end, file);
		assert_int_equal(sw_poll_fd(scene->handle), -EBADF);
		for (int j = 0; j < 20; j++)
			assert_int_equal(scene_try(scene, &good, &child),
					 -ESTALE);
		assert_renewable(scene);
		leave(&lair, lair.first, lair.end, file);
		assert_true(foreigners[i].is_untouched(file));
		scene_close_from(file);
		assert_no_new_child(0);
	}
}

/* Each of them alone: spawns or the descriptor for event loops say so. */
static void lost_descriptors_are_noticed(void **state)
{
	struct scene *scene = *state;
	struct lair lair = { .end = 1 };
	int count = 0, stale = 0;

	sw_close(scene->handle);
	for (int i = 0; lair.first + i < lair.end; i++) {
		const int file = open_counter();
		struct sw_child child;
		int error, fd;

		enter(&lair, scene);
		fd = lair.first + i;
		replace(&lair, fd, fd + 1, file);
		error = scene_try(scene, &good, &child);
		if (error)
			assert_int_equal(error, -ESTALE);
		else
			assert_int_equal(waitpid(child.pid, NULL, 0),
					 child.pid);
		assert_true(error || sw_poll_fd(scene->handle) == -EBADF);
		stale += error != 0;
		assert_renewable(scene);
		leave(&lair, fd, fd + 1, file);
		assert_true(still_counts(file));
		scene_close_from(file);
		assert_no_new_child(0);
		count++;
	}
	assert_int_equal(stale, 1);
	assert_true(count > stale);
}

/* Closed, and nothing in their places: a renewal may use these again. */
static void closed_descriptors_come_back(void **state)
{
	struct scene *scene = *state;
	const int descriptors = descriptors_count(0);
	struct sw_child child;
	struct lair lair;

	sw_close(scene->handle);
	for (int i = 0; i < 3; i++) {
		enter(&lair, scene);
		close_range((unsigned)lair.first, (unsigned)lair.end - 1, 0);
		assert_int_equal(sw_poll_fd(scene->handle), -EBADF);
		assert_int_equal(scene_try(scene, &good, &child), -ESTALE);
		assert_renewable(scene);
		assert_renewable(scene);
		sw_close(scene->handle);
		scene_close_from(lair.first - 1);
	}
	assert_int_equal(sw_open(scene->strategy, &scene->handle), 0);
	assert_int_equal(descriptors_count(0), descriptors);
	assert_no_new_child(1);
}

/* A handle that is opened when the standard streams are closed does not become
 * one of them. */
static const char *keep_standard_streams_closed(struct scene *scene)
{
	const struct sw_request cat = { .path = "/bin/cat",
					.argv = ARGV("cat") };
	struct sw_child child;
	int status = 0, told;

	sw_close(scene->handle);
	close_range(0, 2, 0);
	COMPLAIN_UNLESS(!sw_open(scene->strategy, &scene->handle));
	told = sw_poll_fd(scene->handle);
	COMPLAIN_UNLESS(told == -ENOTSUP || told > 2);
	for (int fd = 0; fd < 3; fd++)
		COMPLAIN_UNLESS(fcntl(fd, F_GETFD) < 0);
	COMPLAIN_UNLESS(!scene_try(scene, &cat, &child));
	COMPLAIN_UNLESS(!sw_reap(scene->handle, &child, &status));
	COMPLAIN_UNLESS(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	COMPLAIN_UNLESS(told < 0 || sw_poll_fd(scene->handle) == told);
	return NULL;
}

static void handle_is_no_standard_stream(void **state)
{
	scene_in_copy(*state, keep_standard_streams_closed);
}

const struct check foreign_checks[] = {
	{ .name = "a handle takes the place of no standard stream",
	  .run = handle_is_no_standard_stream },
	{ .name = "descriptors that are not its own are spared",
	  .run = foreign_descriptors_are_spared,
	  NEEDS_HELPER },
	{ .name = "each descriptor of its own is missed",
	  .run = lost_descriptors_are_noticed,
	  NEEDS_HELPER },
	{ .name = "closed descriptors come back with a renewal",
	  .run = closed_descriptors_come_back,
	  NEEDS_HELPER },
	{ .name = NULL },
};
