/* SPDX-License-Identifier: MIT */
/* Hard times: no descriptor left, thousands of spawns, children that somebody
 * else takes away or that the kernel reaps by itself. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/wait.h"
#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define DESCRIPTORS 48
#define MANY 10000
#define MANY_MS 1500 /* then those that were made must do */
#define WARM_UP 20
#define THEFTS REPEAT(300)

#define GROWTH_KIB 256 /* 64 bytes lost in each of 4,000 spawns */

static const struct sw_request bad = {
	.path = "./missing",
	.argv = ARGV("missing"),
};

static void spawn_without_descriptors(struct scene *scene)
{
	struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.stdout_fd = scene->null_fd,
		ACTIONS({ SW_OPEN, 9, .path = "/dev/null", .flags = O_RDWR },
			{ SW_DUP2, 8, .from = 9 }),
	};
	struct sw_child child;

	for (int i = 0; i < 10; i++) {
		assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
		assert_int_equal(scene_run(scene, &request), 0);
	}
	request.fields = SW_FDACTIONS & scene->strategy->honours;
	assert_int_equal(scene_run(scene, &request), 0);
	request.fields = SW_SESSION & scene->strategy->honours;
	assert_int_equal(scene_run(scene, &request), 0);
}

static void no_descriptor_is_needed(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, low;
	int taken[DESCRIPTORS];
	int count = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = DESCRIPTORS;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	while ((taken[count] = fcntl(scene->null_fd, F_DUPFD_CLOEXEC, 0)) >= 0)
		count++;
	assert_int_equal(errno, EMFILE);
	spawn_without_descriptors(scene);
	assert_int_equal(fcntl(scene->null_fd, F_DUPFD_CLOEXEC, 0), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	while (count)
		close(taken[--count]);
}

static void assert_not_grown(const char *name, uint64_t before_kib)
{
	const uint64_t now_kib = status_field(0, name, 10);

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	if (now_kib > before_kib + GROWTH_KIB)
		fail_msg("%s grew from %llu to %llu KiB", name,
			 (unsigned long long)before_kib,
			 (unsigned long long)now_kib);
#else /* they keep what was freed */
	(void)now_kib;
	(void)before_kib;
#endif
}

static void many_spawns_leave_nothing(void **state)
{
	struct scene *scene = *state;
	const struct sw_request good = scene_quick(scene);
	const int64_t limit = sw_deadline(MANY_MS);
	uint64_t size_kib = 0, resident_kib = 0;
	int children = 0, descriptors = 0;
	struct sw_child child;

	for (int i = 0; i < MANY; i++) {
		if (i == WARM_UP) {
			children = children_count();
			descriptors = descriptors_count(0);
			size_kib = status_field(0, "VmSize", 10);
			resident_kib = status_field(0, "VmRSS", 10);
		}
		if (i % 4 == 3)
			assert_int_equal(scene_try(scene, &bad, &child),
					 -ENOENT);
		else
			assert_int_equal(scene_run(scene, &good), 0);
		if (i > WARM_UP && sw_deadline(0) > limit)
			break;
	}
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
	assert_not_grown("VmSize", size_kib);
	assert_not_grown("VmRSS", resident_kib);
}

/* The status is lost (wait(2), NOTES), and nothing else. */
static void assert_status_is_lost(struct scene *scene)
{
	const struct sw_request good = scene_quick(scene);
	struct sw_child child;
	int status;

	for (int i = 0; i < 20; i++) {
		assert_int_equal(scene_try(scene, &good, &child), 0);
		assert_int_equal(sw_reap(scene->handle, &child, &status),
				 -ECHILD);
		assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
	}
}

/* Whom the kernel reaps by itself it lists a little longer, as state X. */
static void await_children(int expected)
{
	for (int i = 0; i < 1000 && children_count() != expected; i++)
		poll(NULL, 0, 1);
}

static void lost_statuses_hang_nothing(void **state)
{
	const struct sigaction action = { .sa_handler = SIG_DFL,
					  .sa_flags = SA_NOCLDWAIT };
	struct scene *scene = *state;
	const int children = children_count();

	signal(SIGCHLD, SIG_IGN);
	assert_status_is_lost(scene);
	sigaction(SIGCHLD, &action, NULL);
	assert_status_is_lost(scene);
	await_children(children);
	assert_no_new_child(children);
}

struct thief {
	atomic_bool over;
	atomic_int stolen;
};

static void *steal(void *data)
{
	struct thief *thief = data;

	while (!thief->over)
		if (waitpid(-1, NULL, 0) > 0)
			thief->stolen++;
		else
			sched_yield();
	return NULL;
}

/* With silent failures a thief gets good children only, and each either he
 * or we; else what he takes is told all the same. */
static void thief_takes_no_answer(void **state)
{
	struct scene *scene = *state;
	const struct sw_request good = scene_quick(scene);
	struct thief thief = { 0 };
	const char *complaint = NULL;
	int reaped = 0;
	int tried = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, steal, &thief), 0);
	/* Until one at least was stolen: the guard's alarm ends it else. */
	for (; (tried < THEFTS || !thief.stolen) && !complaint; tried++) {
		struct sw_child child;
		int status;

		if (scene_try(scene, &bad, &child) != -ENOENT)
			complaint = "a failure was taken for something else";
		else if (scene_try(scene, &good, &child))
			complaint = "a good child was taken for a failure";
		else if (!sw_reap(scene->handle, &child, &status))
			reaped++;
	}
	thief.over = true;
	pthread_join(thread, NULL);
	if (complaint)
		fail_msg("%s", complaint);
	if (scene->strategy->traits & SW_SILENT_FAILURE)
		assert_int_equal(thief.stolen + reaped, tried);
}

const struct check scarce_checks[] = {
	{ .name = "no free descriptor is needed",
	  .run = no_descriptor_is_needed },
	{ .name = "10,000 spawns, or 1.5 s of them, leave nothing",
	  .run = many_spawns_leave_nothing },
	{ .name = "SIGCHLD ignored or SA_NOCLDWAIT: -ECHILD, no hang",
	  .run = lost_statuses_hang_nothing },
	{ .name = "a thief of children takes no answer",
	  .run = thief_takes_no_answer },
	{ .name = NULL },
};
