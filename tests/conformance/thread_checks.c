/* SPDX-License-Identifier: MIT */
/* Threads beside a spawn: busy with the heap, cancelled, changing ids. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/wait.h"
#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define HEAP_THREADS 8
#define HEAP_SPAWNS 200
#define HEAP_MS 300   /* then those that were made must do */
#define HEAP_TURNS 64 /* between two offers of the processor */
#define BLOCKS 64
#define ID_THREADS 4
#define ID_SPAWNS 30
#define NOBODY 65534
#define GUARD_S 20

static const struct sw_request bad = {
	.path = "./missing",
	.argv = ARGV("missing"),
};

static atomic_bool over;

/* Take, fill, look and give back; NULL, or that a block has changed. */
static void *use_heap(void *data)
{
	static char changed[] = "a block of the heap has changed";
	unsigned char *blocks[BLOCKS] = { NULL };
	size_t sizes[BLOCKS] = { 0 };
	unsigned seed = (unsigned)(uintptr_t)data;
	void *complaint = NULL;

	for (unsigned turn = 1; !over && !complaint; turn++) {
		const unsigned i = (unsigned)rand_r(&seed) % BLOCKS;

		for (size_t byte = 0; byte < sizes[i]; byte++)
			if (blocks[i][byte] != i)
				complaint = changed;
		free(blocks[i]);
		sizes[i] = (size_t)rand_r(&seed) % 3000 + 1;
		blocks[i] = malloc(sizes[i]);
		if (!blocks[i])
			sizes[i] = 0;
		memset(blocks[i], (int)i, sizes[i]);
		if (turn % HEAP_TURNS == 0)
			sched_yield(); /* or few spawns would be made */
	}
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	return complaint;
}

static void heap_is_used_meanwhile(void **state)
{
	struct scene *scene = *state;
	const struct sw_request good = scene_quick(scene);
	const int64_t limit = sw_deadline(HEAP_MS);
	pthread_t threads[HEAP_THREADS];
	const char *complaint = NULL;
	struct sw_child child;
	int status;

	over = false;
	for (int i = 0; i < HEAP_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_heap,
						(void *)(uintptr_t)i),
				 0);
	for (int i = 0; i < HEAP_SPAWNS && !complaint && sw_deadline(0) < limit;
	     i++)
		if (scene_try(scene, &bad, &child) != -ENOENT ||
		    scene_try(scene, &good, &child) ||
		    sw_reap(scene->handle, &child, &status) || status)
			complaint = "a spawn went wrong";
	over = true;
	for (int i = 0; i < HEAP_THREADS; i++) {
		void *seen;

		pthread_join(threads[i], &seen);
		if (seen)
			complaint = seen;
	}
	if (complaint)
		fail_msg("%s", complaint);
}

struct victim {
	struct scene *scene;
	bool got_through;
};

/* Cancelled before it begins, and yet it ends what it begins. */
static void *spawn_condemned(void *data)
{
	struct victim *victim = data;
	const struct sw_request good = scene_quick(victim->scene);
	struct sw_handle *handle = NULL;
	struct sw_child child;
	int status;

	pthread_cancel(pthread_self());
	victim->got_through = !sw_open(victim->scene->strategy, &handle) &&
			      !sw_spawn(handle, &good, &child) &&
			      !sw_confirm(handle, &child, -1) &&
			      !sw_reap(handle, &child, &status) && !status &&
			      scene_try(victim->scene, &bad, &child) == -ENOENT;
	sw_close(handle);
	pthread_testcancel();
	return NULL;
}

static void cancelled_thread_ends_its_spawn(void **state)
{
	struct victim victim = { .scene = *state };
	const int children = children_count();
	const int descriptors = descriptors_count(0);
	pthread_t thread;
	void *result;

	assert_int_equal(
		pthread_create(&thread, NULL, spawn_condemned, &victim), 0);
	pthread_join(thread, &result);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	assert_true(victim.got_through);
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
	assert_int_equal(scene_shell(victim.scene, "exit 0"), 0);
}

static void *spawn_nobodies(void *data)
{
	static char complaint[] = "a spawn went wrong";
	struct scene *scene = data;
	const struct sw_ids nobody = { NOBODY, NOBODY, .keep_groups = true };
	struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_IDS,
		.ids = &nobody,
	};

	for (int i = 0; i < ID_SPAWNS; i++) {
		struct sw_child child;
		int status;

		request.path = i % 4 ? "/bin/true" : "/missing";
		if (scene_try(scene, &request, &child) != (i % 4 ? 0 : -ENOENT))
			return complaint;
		if (i % 4 &&
		    (sw_reap(scene->handle, &child, &status) || status))
			return complaint;
	}
	return NULL;
}

/* A child that changes ids in shared memory takes the flag from it; it comes
 * back, to what it was, when the last of many has left. */
static void dumpable_comes_back(void **state)
{
	struct scene *scene = *state;
	pthread_t threads[ID_THREADS];
	const char *complaint = NULL;

	for (int flag = 1; flag >= 0; flag--) {
		assert_int_equal(prctl(PR_SET_DUMPABLE, flag), 0);
		for (int i = 0; i < ID_THREADS; i++)
			pthread_create(&threads[i], NULL, spawn_nobodies,
				       scene);
		for (int i = 0; i < ID_THREADS; i++) {
			void *seen;

			pthread_join(threads[i], &seen);
			if (seen)
				complaint = seen;
		}
		if (prctl(PR_GET_DUMPABLE) != flag)
			complaint = "the dumpable flag has changed";
	}
	prctl(PR_SET_DUMPABLE, 1);
	if (complaint)
		fail_msg("%s", complaint);
}

/* Its child has changed ids, and waits in our memory. */
static void *spawn_held_up(void *data)
{
	struct scene *scene = data;
	struct sw_request request = scene_quick(scene);
	struct sw_child child;

	request.fields = SW_RESETIDS | SW_FDACTIONS;
	request.actions =
		&(const struct sw_action){ SW_OPEN, .fd = 9, .path = "fifo" };
	request.action_count = 1;
	if (!scene_try(scene, &request, &child))
		sw_reap(scene->handle, &child, NULL);
	return NULL;
}

/* As a copy that has no thread to give the flag back. */
static const char *spawn_as_copy(struct scene *scene)
{
	struct sw_request request = scene_quick(scene);
	struct sw_child child;

	alarm(GUARD_S);
	request.fields = SW_RESETIDS;
	COMPLAIN_UNLESS(prctl(PR_GET_DUMPABLE) == 1);
	COMPLAIN_UNLESS(!sw_open(scene->strategy, &scene->handle));
	COMPLAIN_UNLESS(!scene_try(scene, &request, &child));
	COMPLAIN_UNLESS(!sw_reap(scene->handle, &child, NULL));
	COMPLAIN_UNLESS(prctl(PR_GET_DUMPABLE) == 1);
	return NULL;
}

static const char *fork_meanwhile(struct scene *scene)
{
	pthread_t thread;
	int status = -1, fd;
	bool was_taken;
	pid_t pid;

	COMPLAIN_UNLESS(!chmod(".", 0755) && !mkfifo("fifo", 0600));
	COMPLAIN_UNLESS(!chown("fifo", NOBODY, NOBODY));
	COMPLAIN_UNLESS(!seteuid(NOBODY) && !prctl(PR_SET_DUMPABLE, 1));
	COMPLAIN_UNLESS(!pthread_create(&thread, NULL, spawn_held_up, scene));
	while (prctl(PR_GET_DUMPABLE) == 1)
		sched_yield();
	pid = fork();
	if (!pid)
		scene_end_copy(scene, spawn_as_copy(scene));
	waitpid(pid, &status, 0);
	was_taken = prctl(PR_GET_DUMPABLE) != 1;
	COMPLAIN_UNLESS((fd = open("fifo", O_WRONLY | O_CLOEXEC)) >= 0);
	pthread_join(thread, NULL);
	close(fd);
	COMPLAIN_UNLESS(!status && was_taken);
	COMPLAIN_UNLESS(prctl(PR_GET_DUMPABLE) == 1);
	return NULL;
}

static void dumpable_comes_back_in_a_copy(void **state)
{
	scene_in_copy(*state, fork_meanwhile);
}

const struct check thread_checks[] = {
	{ .name = "8 threads use the heap meanwhile",
	  .run = heap_is_used_meanwhile },
	{ .name = "a cancelled thread ends its spawn",
	  .run = cancelled_thread_ends_its_spawn },
	{ .name = "the dumpable flag comes back",
	  .run = dumpable_comes_back,
	  .needs = SW_THREAD_SAFE,
	  .honours = SW_IDS,
	  .obstacle = not_root },
	{ .name = "the dumpable flag comes back in a copy made meanwhile",
	  .run = dumpable_comes_back_in_a_copy,
	  .needs = SW_SHARES_MEMORY,
	  .lacks = SW_IDENTITY_OF_OPEN,
	  .honours = SW_RESETIDS | SW_FDACTIONS,
	  .obstacle = not_root },
	{ .name = NULL },
};
