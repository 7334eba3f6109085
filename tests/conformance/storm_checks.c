/* SPDX-License-Identifier: MIT */
/*
 * A storm of real-time signals, which queue: none is lost, none is handled in
 * a child, and no spawn notices.
 */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/wait.h"
#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define MANY 10000
#define MANY_MS 1000 /* then those that were made must do */
#define PATIENCE_MS 10000
#define GUST 3

/* Shared with the sender and with whatever child runs a handler. */
static struct storm {
	pid_t caller;
	atomic_uint sent;
	atomic_uint handled;
	atomic_uint handled_elsewhere;
	atomic_bool over;
} * storm;

static void note_signal(int number)
{
	(void)number;
	if (getpid() == storm->caller)
		storm->handled++;
	else
		storm->handled_elsewhere++;
}

/* Gusts with a pause between them: without it the caller would do nothing but
 * handle signals. */
static _Noreturn void be_sender(void)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	const union sigval value = { 0 };

	while (!storm->over && getppid() == storm->caller) {
		for (int i = 0; i < GUST; i++)
			if (!sigqueue(storm->caller, SIGRTMIN, value))
				storm->sent++;
		nanosleep(&pause, NULL);
	}
	_exit(0);
}

/* NULL, or what went wrong: an assertion must not jump out of a storm. */
static const char *spawn_in_storm(struct scene *scene, bool failing)
{
	const struct sw_request bad = { .path = "./missing",
					.argv = ARGV("missing") };
	const struct sw_request good = scene_quick(scene);
	struct sw_child child;
	int status;
	const int error = scene_try(scene, failing ? &bad : &good, &child);

	if (error != (failing ? -ENOENT : 0))
		return strerror(-error);
	if (failing)
		return NULL;
	if (sw_reap(scene->handle, &child, &status))
		return "the child cannot be reaped";
	return status ? "the child did not end well" : NULL;
}

static const char *spawn_all(struct scene *scene)
{
	const int64_t limit = sw_deadline(MANY_MS);
	const char *complaint = NULL;

	for (int i = 0; i < MANY && !complaint; i++) {
		complaint = spawn_in_storm(scene, i % 4 == 3);
		if (sw_deadline(0) > limit)
			break;
	}
	return complaint;
}

/* The sender has ended; what it sent may still be on its way to us. */
static void await_the_last(void)
{
	const int64_t limit = sw_deadline(PATIENCE_MS);

	while (storm->handled + storm->handled_elsewhere < storm->sent &&
	       sw_deadline(0) < limit)
		sched_yield();
}

static void storm_is_survived(void **state)
{
	struct scene *scene = *state;
	const struct sigaction action = { .sa_handler = note_signal,
					  .sa_flags = SA_RESTART };
	const int children = children_count();
	const char *complaint;
	pid_t sender;

	storm = mmap(NULL, sizeof *storm, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(storm, MAP_FAILED);
	storm->caller = getpid();
	assert_int_equal(sigaction(SIGRTMIN, &action, NULL), 0);
	sender = fork();
	if (!sender)
		be_sender();
	complaint = spawn_all(scene);
	storm->over = true;
	waitpid(sender, NULL, 0);
	await_the_last();
	signal(SIGRTMIN, SIG_DFL);
	if (complaint)
		fail_msg("%s", complaint);
	assert_int_equal(storm->handled_elsewhere, 0);
	assert_true(storm->handled > 0);
	assert_int_equal(storm->handled, storm->sent);
	munmap(storm, sizeof *storm);
	assert_no_new_child(children);
}

const struct check storm_checks[] = {
	{ .name = "10,000 spawns, or 1 s of them, in a storm of signals",
	  .run = storm_is_survived,
	  .obstacle = signals_are_kept_back },
	{ .name = NULL },
};
