/* SPDX-License-Identifier: MIT */
/* A helper is renewed: at any moment and by any thread. Who was lent to the
 * old one is served by it. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define THREADS 8
#define RENEWALS REPEAT(100)

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

/* Held up before exec, until somebody opens the other end of a FIFO. */
static const struct sw_request held_up = {
	.path = "/bin/true",
	.argv = ARGV("true"),
	.fields = SW_FDACTIONS,
	ACTIONS({ SW_OPEN, 9, .path = "fifo", .flags = O_RDONLY }),
};

static int let_go(void)
{
	const int fd = open("fifo", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

struct spawners {
	struct scene *scene;
	struct sw_request quick;
	atomic_bool over;
	atomic_int spawned;
};

/* NULL, or what went wrong: cmocka's asserts are for one thread. */
static void *spawn_on(void *data)
{
	static char refused[] = "a spawn was refused or failed";
	static char lost[] = "a child was lost";
	struct spawners *spawners = data;

	while (!spawners->over) {
		struct sw_child child;
		int status;

		if (scene_try(spawners->scene, &spawners->quick, &child))
			return refused;
		if (waitpid(child.pid, &status, 0) != child.pid || status)
			return lost;
		spawners->spawned++;
	}
	return NULL;
}

static void renewed_beside_spawns(void **state)
{
	struct scene *scene = *state;
	const int descriptors = descriptors_count(0);
	struct spawners spawners = { .scene = scene,
				     .quick = scene_quick(scene) };
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, spawn_on, &spawners),
			0);
	for (int i = 0; i < RENEWALS; i++) {
		const int before = spawners.spawned;

		assert_int_equal(sw_refresh(scene->handle), 0);
		while (spawners.spawned == before)
			sched_yield();
	}
	spawners.over = true;
	for (int i = 0; i < THREADS; i++) {
		void *complaint;

		pthread_join(threads[i], &complaint);
		if (complaint)
			fail_msg("%s", (char *)complaint);
	}
	assert_no_new_child(1);
	assert_int_equal(descriptors_count(0), descriptors);
}

static void *renew(void *data)
{
	struct scene *scene = data;
	static char refused[] = "a renewal was refused";

	return sw_refresh(scene->handle) ? refused : NULL;
}

static void renewed_by_many(void **state)
{
	struct scene *scene = *state;
	const int descriptors = descriptors_count(0);
	pthread_t threads[THREADS];

	for (int round = 0; round < 10; round++) {
		helper_kill(helper_find());
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(
				pthread_create(&threads[i], NULL, renew, scene),
				0);
		for (int i = 0; i < THREADS; i++) {
			void *complaint;

			pthread_join(threads[i], &complaint);
			assert_null(complaint);
		}
		assert_no_new_child(1);
		assert_int_equal(scene_run(scene, &good), 0);
	}
	assert_int_equal(descriptors_count(0), descriptors);
}

/* The old helper ends with the last of its requests. */
static void held_up_is_served_by_the_old(void **state)
{
	struct scene *scene = *state;
	const int descriptors = descriptors_count(0);
	struct sw_child first, second;
	int fd;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(sw_spawn(scene->handle, &held_up, &first), 0);
	assert_int_equal(sw_refresh(scene->handle), 0);
	assert_int_equal(scene_run(scene, &good), 0);
	assert_int_equal(sw_spawn(scene->handle, &held_up, &second), 0);
	assert_int_equal(sw_refresh(scene->handle), 0);
	assert_int_equal(scene_run(scene, &good), 0);
	assert_int_equal(sw_confirm(scene->handle, &first, 20), -EAGAIN);
	fd = let_go();
	assert_int_equal(sw_confirm(scene->handle, &first, -1), 0);
	assert_int_equal(sw_confirm(scene->handle, &second, -1), 0);
	close(fd);
	assert_int_equal(waitpid(first.pid, NULL, 0), first.pid);
	assert_int_equal(waitpid(second.pid, NULL, 0), second.pid);
	assert_no_new_child(1);
	assert_int_equal(descriptors_count(0), descriptors);
}

/* What the kernel still writes for a child that has lost its helper does not
 * answer a request to the new one. */
static void orphan_answers_for_itself(void **state)
{
	struct scene *scene = *state;
	struct sw_child orphan, child;
	int fd;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	for (int i = 0; i < 20; i++) {
		const pid_t helper = helper_find();

		assert_int_equal(sw_spawn(scene->handle, &held_up, &orphan), 0);
		while (children_count() < 2)
			sched_yield();
		helper_kill(helper);
		assert_int_equal(sw_refresh(scene->handle), 0);
		fd = let_go();
		assert_int_equal(sw_confirm(scene->handle, &orphan, -1), 0);
		close(fd);
		assert_int_equal(sw_spawn(scene->handle, &held_up, &child), 0);
		assert_int_equal(waitpid(orphan.pid, NULL, 0), orphan.pid);
		assert_int_equal(sw_confirm(scene->handle, &child, 1), -EAGAIN);
		fd = let_go();
		assert_int_equal(sw_confirm(scene->handle, &child, -1), 0);
		assert_true(child.pid > 0);
		close(fd);
		assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	}
	assert_no_new_child(1);
}

/* No descriptor is free to tell of a new helper: the old one stays in
 * service. */
static void failed_renewal_changes_nothing(void **state)
{
	struct scene *scene = *state;
	const pid_t helper = helper_find();
	const int fd = sw_poll_fd(scene->handle);
	struct rlimit before, full;

	assert_true(fd >= 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	full = before;
	full.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	assert_int_equal(sw_refresh(scene->handle), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(scene_run(scene, &good), 0);
	assert_int_equal(helper_find(), helper);
	helper_kill(helper);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	assert_int_equal(sw_refresh(scene->handle), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(sw_refresh(scene->handle), 0);
	assert_int_equal(scene_run(scene, &good), 0);
	assert_int_equal(sw_poll_fd(scene->handle), fd);
	assert_no_new_child(1);
}

static void *kill_children(void *data)
{
	const atomic_bool *over = data;

	while (!*over) {
		pid_t pids[4];
		const int count = children_list(pids, COUNT(pids));

		for (int i = 0; i < count; i++)
			kill(pids[i], SIGKILL);
	}
	return NULL;
}

/* However far they have come. */
static void killed_at_birth(void **state)
{
	struct scene *scene = *state;
	const int descriptors = descriptors_count(0);
	atomic_bool over = false;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, kill_children, &over),
			 0);
	for (int i = 0; i < RENEWALS; i++) {
		const int error = sw_refresh(scene->handle);

		assert_true(!error || error == -EPIPE);
	}
	over = true;
	pthread_join(thread, NULL);
	assert_int_equal(sw_refresh(scene->handle), 0);
	assert_int_equal(descriptors_count(0), descriptors);
	assert_no_new_child(1);
	assert_int_equal(scene_run(scene, &good), 0);
}

const struct check renewal_checks[] = {
	{ .name = "a helper is renewed while 8 threads spawn",
	  .run = renewed_beside_spawns,
	  NEEDS_HELPER },
	{ .name = "a dead helper is renewed by 8 threads at once",
	  .run = renewed_by_many,
	  NEEDS_HELPER },
	{ .name = "a renewed helper ends with its last request",
	  .run = held_up_is_served_by_the_old,
	  NEEDS_HELPER },
	{ .name = "a child that lost its helper answers for itself only",
	  .run = orphan_answers_for_itself,
	  NEEDS_HELPER },
	{ .name = "a failed renewal changes nothing",
	  .run = failed_renewal_changes_nothing,
	  NEEDS_HELPER },
	{ .name = "helpers killed at birth leave nothing behind",
	  .run = killed_at_birth,
	  NEEDS_HELPER },
	{ .name = NULL },
};
