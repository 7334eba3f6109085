/* SPDX-License-Identifier: MIT */
/* Threads that end: right after their spawn, or the first before all others. */

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define ENDS REPEAT(600)
#define TWO_LOOKS_MS 1100 /* of a helper around itself */

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

struct lodger {
	struct scene *scene;
	struct sw_request request;
	struct sw_child child;
	int error;
};

static void *spawn_and_end(void *data)
{
	struct lodger *lodger = data;

	lodger->error = sw_spawn(lodger->scene->handle, &lodger->request,
				 &lodger->child);
	return NULL;
}

/* Another thread asks how the spawn of one that has ended went. */
static void ended_thread_has_spawned(void **state)
{
	struct lodger lodger = { .scene = *state };

	lodger.request = scene_quick(lodger.scene);
	for (int i = 0; i < ENDS; i++) {
		pthread_t thread;

		assert_int_equal(
			pthread_create(&thread, NULL, spawn_and_end, &lodger),
			0);
		pthread_join(thread, NULL);
		assert_int_equal(lodger.error, 0);
		assert_int_equal(
			sw_confirm(lodger.scene->handle, &lodger.child, -1), 0);
		assert_int_equal(waitpid(lodger.child.pid, NULL, 0),
				 lodger.child.pid);
	}
}

static bool first_has_ended(void)
{
	char text[4096];

	text[proc_read(getpid(), "status", text, sizeof text - 1)] = '\0';
	return strstr(text, "\nState:\tZ");
}

static const char *spawn_once(struct scene *scene)
{
	struct sw_child child;

	COMPLAIN_UNLESS(sw_run(scene->handle, &good, &child) == 0);
	COMPLAIN_UNLESS(child.status == 0);
	return NULL;
}

/* A helper is left in peace until it has looked at its caller twice. */
static void *go_on(void *data)
{
	struct scene *scene = data;
	struct pollfd helper = { .events = POLLIN };
	const char *complaint;
	pid_t pid;

	while (!first_has_ended())
		sched_yield();
	complaint = spawn_once(scene);
	if (!complaint && children_list(&pid, 1) == 1) {
		helper.fd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (poll(&helper, 1, TWO_LOOKS_MS))
			complaint = "the helper has ended";
		else
			complaint = spawn_once(scene);
	}
	if (!complaint && sw_refresh(scene->handle))
		complaint = "no renewal";
	if (!complaint)
		complaint = spawn_once(scene);
	scene_end_copy(scene, complaint);
}

static const char *end_first_thread(struct scene *scene)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, go_on, scene))
		return "no thread";
	pthread_exit(NULL);
}

/* main() may leave by pthread_exit(3). */
static void first_thread_may_end(void **state)
{
	scene_in_copy(*state, end_first_thread);
}

const struct check ending_checks[] = {
	{ .name = "a thread ends before its spawn is confirmed",
	  .run = ended_thread_has_spawned,
	  .needs = SW_ASYNCHRONOUS | SW_THREAD_SAFE },
	{ .name = "the first thread ends, and others spawn",
	  .run = first_thread_may_end },
	{ .name = NULL },
};
