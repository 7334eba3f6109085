/* SPDX-License-Identifier: MIT */
/*
 * Children that are killed before their program starts: told from those that
 * started, reaped, and nothing of them left.
 *
 * They are held up by an action that opens a FIFO which nobody writes to. A
 * second thread finds them in /proc and kills them, because the strategies
 * that suspend the caller have not told their pid yet.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/wait.h"
#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define DEATHS 20
#define PATIENCE_MS 5000

/* Kills every child that was not there before. */
struct killer {
	pid_t before[8];
	int before_count;
	atomic_bool over;
};

static bool is_new(const struct killer *killer, pid_t pid)
{
	for (int i = 0; i < killer->before_count; i++)
		if (killer->before[i] == pid)
			return false;
	return true;
}

static void *kill_new(void *data)
{
	struct killer *killer = data;

	while (!killer->over) {
		pid_t pids[16];
		const int count = children_list(pids, COUNT(pids));

		for (int i = 0; i < count; i++)
			if (is_new(killer, pids[i]))
				kill(pids[i], SIGKILL);
		sched_yield();
	}
	return NULL;
}

/* NULL, or what went wrong; not an assertion, beside a killer. */
static const char *die_once(struct scene *scene, unsigned fields)
{
	const struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_FDACTIONS | fields,
		ACTIONS({ SW_OPEN, 9, .path = "fifo", .flags = O_RDONLY }),
	};
	struct sw_child child;

	if (sw_spawn(scene->handle, &request, &child))
		return "the spawn was refused";
	if (sw_confirm(scene->handle, &child, -1) != -ECANCELED)
		return "the death was taken for something else";
	if (!WIFSIGNALED(child.status) || WTERMSIG(child.status) != SIGKILL)
		return "the status is not that of a killed child";
	if (child.pidfd != -1)
		return "a pidfd of a dead child was given";
	return NULL;
}

static void death_is_told(void **state)
{
	struct scene *scene = *state;
	const unsigned kinds[] = { 0, SW_SESSION, SW_PIDFD, SW_PGROUP };
	const int children = children_count();
	const int descriptors = descriptors_count(0);
	struct killer killer = { 0 };
	const char *complaint = NULL;
	pthread_t thread;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	killer.before_count =
		children_list(killer.before, COUNT(killer.before));
	assert_int_equal(pthread_create(&thread, NULL, kill_new, &killer), 0);
	for (int i = 0; i < DEATHS && !complaint; i++)
		complaint = die_once(scene, kinds[i % COUNT(kinds)] &
						    scene->strategy->honours);
	killer.over = true;
	pthread_join(thread, NULL);
	if (complaint)
		fail_msg("%s", complaint);
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
	assert_int_equal(scene_shell(scene, "exit 0"), 0);
}

static atomic_bool dies_at_birth;

static void die_at_birth(void)
{
	if (dies_at_birth)
		raise(SIGKILL);
}

/* In a handler of pthread_atfork(3), before it can do anything for us. */
static void death_at_birth_is_told(void **state)
{
	struct scene *scene = *state;
	const struct sw_request good = scene_quick(scene);
	const int64_t limit = sw_deadline(PATIENCE_MS);
	struct sw_child child;
	int error;

	assert_int_equal(pthread_atfork(NULL, NULL, die_at_birth), 0);
	for (int timeout_ms = -1; timeout_ms <= 1; timeout_ms++) {
		dies_at_birth = true;
		error = sw_spawn(scene->handle, &good, &child);
		dies_at_birth = false;
		assert_int_equal(error, 0);
		do
			error = sw_confirm(scene->handle, &child, timeout_ms);
		while (error == -EAGAIN && sw_deadline(0) < limit);
		assert_int_equal(error, -ECANCELED);
	}
	assert_int_equal(scene_run(scene, &good), 0);
}

/* Nothing is known while the child is held up; then it is let go. */
static void held_up_is_not_known(void **state)
{
	struct scene *scene = *state;
	const struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_OPEN, 9, .path = "fifo", .flags = O_RDONLY }),
	};
	struct sw_child child;
	int status, fd;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(sw_spawn(scene->handle, &request, &child), 0);
	assert_int_equal(sw_confirm(scene->handle, &child, 0), -EAGAIN);
	assert_int_equal(sw_confirm(scene->handle, &child, 20), -EAGAIN);
	fd = open("fifo", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(sw_confirm(scene->handle, &child, -1), 0);
	assert_int_equal(sw_reap(scene->handle, &child, &status), 0);
	assert_int_equal(status, 0);
	close(fd);
}

const struct check death_checks[] = {
	{ .name = "a death before exec is told",
	  .run = death_is_told,
	  .honours = SW_FDACTIONS,
	  .obstacle = children_unseen },
	{ .name = "a death at birth is told, to who polls too",
	  .run = death_at_birth_is_told,
	  .needs = SW_RUNS_ATFORK },
	{ .name = "while a child is held up nothing is known",
	  .run = held_up_is_not_known,
	  .needs = SW_ASYNCHRONOUS,
	  .honours = SW_FDACTIONS },
	{ .name = NULL },
};
