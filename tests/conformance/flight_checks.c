/* SPDX-License-Identifier: MIT */
/* As many spawns in flight as the strategy takes, confirmed in any order and
 * by any thread, each once. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define LEAST 64  /* what a strategy must take */
#define MOST 1024 /* what we try */
#define ROUNDS REPEAT(20)
#define STRIDE 37 /* has no factor in common with any count that we check */
#define STRANGER 54321 /* a user without any process */

struct swarm {
	struct scene *scene;
	struct sw_child children[MOST];
	int count;
	const char *complaint;
};

/* Spawn until the strategy has enough. */
static void take_off(struct swarm *swarm, const struct sw_request *request)
{
	int error = 0;

	swarm->count = 0;
	while (!error && swarm->count < MOST) {
		error = sw_spawn(swarm->scene->handle, request,
				 &swarm->children[swarm->count]);
		if (!error)
			swarm->count++;
	}
	assert_true(!error || error == -EAGAIN);
	assert_true(swarm->count >= LEAST);
}

/* In an order that jumps about; for pthread_create(). */
static void *land(void *data)
{
	struct swarm *swarm = data;
	int status;

	swarm->complaint = NULL;
	for (int i = 0; i < swarm->count; i++) {
		struct sw_child *child =
			&swarm->children[i * STRIDE % swarm->count];

		if (sw_confirm(swarm->scene->handle, child, -1))
			swarm->complaint = "a spawn failed";
		else if (sw_reap(swarm->scene->handle, child, &status))
			swarm->complaint = "a child cannot be reaped";
		else if (status)
			swarm->complaint = "a child did not end well";
	}
	return NULL;
}

static void assert_landed(const struct swarm *swarm)
{
	if (swarm->complaint)
		fail_msg("%s", swarm->complaint);
}

/* All slots taken, the next refused, and all free again: in every round the
 * same number. */
static void slots_come_back(void **state)
{
	static struct swarm swarm;
	struct scene *scene = *state;
	const struct sw_request good = scene_quick(scene);
	const int children = children_count();
	const int descriptors = descriptors_count(0);
	pthread_t thread;
	int first = 0;

	swarm.scene = scene;
	for (int round = 0; round < ROUNDS; round++) {
		take_off(&swarm, &good);
		if (!round)
			first = swarm.count;
		assert_int_equal(swarm.count, first);
		assert_int_equal(pthread_create(&thread, NULL, land, &swarm),
				 0);
		pthread_join(thread, NULL);
		assert_landed(&swarm);
	}
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
}

/* Failures and deaths give their slots back too, polled or awaited. */
static void failures_give_slots_back(void **state)
{
	struct scene *scene = *state;
	struct sw_request bad = { .path = "./missing",
				  .argv = ARGV("missing") };
	const struct sw_request good = scene_quick(scene);
	const int children = children_count();
	struct sw_child child;

	for (int i = 0; i < 3 * LEAST; i++) {
		int error = sw_spawn(scene->handle, &bad, &child);

		if (!error)
			do
				error = sw_confirm(scene->handle, &child,
						   i % 3 - 1);
			while (error == -EAGAIN);
		assert_int_equal(error, -ENOENT);
	}
	assert_int_equal(scene_run(scene, &good), 0);
	assert_no_new_child(children);
}

struct waiter {
	struct scene *scene;
	struct sw_child child;
	int error;
};

static void *await(void *data)
{
	struct waiter *waiter = data;

	waiter->error = sw_confirm(waiter->scene->handle, &waiter->child, -1);
	return NULL;
}

/* One who waits for a child that is held up keeps nobody else. */
static void waiting_blocks_nobody(void **state)
{
	struct scene *scene = *state;
	const struct sw_request good = scene_quick(scene);
	struct waiter waiter = { .scene = scene };
	const struct sw_request held_up = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_OPEN, 9, .path = "fifo", .flags = O_RDONLY }),
	};
	pthread_t thread;
	int fd;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(sw_spawn(scene->handle, &held_up, &waiter.child), 0);
	assert_int_equal(pthread_create(&thread, NULL, await, &waiter), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(scene_run(scene, &good), 0);
	fd = open("fifo", O_WRONLY | O_CLOEXEC);
	pthread_join(thread, NULL);
	close(fd);
	assert_int_equal(waiter.error, 0);
	assert_int_equal(waitpid(waiter.child.pid, NULL, 0), waiter.child.pid);
}

/* The answer is given once, also when it was a failure; who asks again gets
 * nothing, and takes nothing from a spawn that has come into the same slot. */
static void one_answer_is_given(void **state)
{
	struct scene *scene = *state;
	const struct sw_request bad = { .path = "./missing",
					.argv = ARGV("missing") };
	const struct sw_request good = scene_quick(scene);
	struct sw_child first = { 0 }, second;

	assert_int_equal(sw_confirm(scene->handle, &first, 0), -EINVAL);
	for (int i = 0; i < 2 * LEAST; i++) {
		assert_int_equal(scene_try(scene, i % 2 ? &good : &bad, &first),
				 i % 2 ? 0 : -ENOENT);
		assert_false(first.in_flight);
		assert_int_equal(sw_spawn(scene->handle, &good, &second), 0);
		assert_true(second.in_flight);
		assert_int_equal(sw_confirm(scene->handle, &first, -1),
				 -EINVAL);
		assert_int_equal(sw_confirm(scene->handle, &second, -1), 0);
		assert_int_equal(waitpid(second.pid, NULL, 0), second.pid);
		if (i % 2)
			assert_int_equal(waitpid(first.pid, NULL, 0),
					 first.pid);
	}
}

/* Who has no pid would be any child to waitpid(2). */
static void only_who_is_confirmed_is_reaped(void **state)
{
	struct scene *scene = *state;
	const struct sw_request bad = { .path = "./missing",
					.argv = ARGV("missing") };
	const struct sw_request good = scene_quick(scene);
	struct sw_child none = { 0 }, other, child;

	assert_int_equal(scene_try(scene, &good, &other), 0);
	assert_int_equal(sw_reap(scene->handle, &none, NULL), -EINVAL);
	assert_int_equal(sw_spawn(scene->handle, &good, &child), 0);
	assert_int_equal(sw_reap(scene->handle, &child, NULL), -EINVAL);
	assert_int_equal(sw_confirm(scene->handle, &child, -1), 0);
	assert_int_equal(sw_reap(scene->handle, &child, NULL), 0);
	assert_int_equal(sw_reap(scene->handle, &child, NULL), -ECHILD);
	assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
	assert_int_equal(sw_reap(scene->handle, &child, NULL), -EINVAL);
	assert_int_equal(sw_reap(scene->handle, &other, NULL), 0);
}

/* exec refuses who has changed to a user with too many processes. */
static void failed_exec_may_say_eagain(void **state)
{
	struct scene *scene = *state;
	const struct sw_ids ids = { STRANGER, STRANGER, .keep_groups = true };
	const struct sw_rlimit limit = { RLIMIT_NPROC, { 0, 0 } };
	struct sw_request request = { .fields = SW_IDS, .ids = &ids };
	struct sw_child child;

	scene_hold_shell(scene, &request);
	request.fields |= SW_RLIMITS;
	request.rlimits = &limit;
	request.rlimit_count = 1;
	for (int i = 0; i < 2 * LEAST; i++)
		scene_refuses(scene, &request, -EAGAIN, SW_EXEC, 0);
	assert_int_equal(scene_try(scene, &request, &child), -EAGAIN);
	assert_false(child.in_flight);
	assert_int_equal(sw_confirm(scene->handle, &child, -1), -EINVAL);
	scene_drop(scene);
}

/* There is room for us, a helper, and nobody else; then for somebody. */
static const char *be_alone(struct scene *scene)
{
	const bool has_helper = scene->strategy->traits & SW_NEEDS_EARLY_OPEN;
	const struct rlimit alone = { has_helper ? 2 : 1, 1000 };
	const struct rlimit enough = { 1000, 1000 };
	const struct sw_request good = {
		.path = "/bin/true",
		.argv = ARGV("true"),
	};
	struct sw_child child;

	COMPLAIN_UNLESS(!setgid(STRANGER) && !setuid(STRANGER));
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	COMPLAIN_UNLESS(!setrlimit(RLIMIT_NPROC, &alone));
	for (int i = 0; i < 2 * LEAST; i++) {
		COMPLAIN_UNLESS(scene_try(scene, &good, &child) == -EAGAIN);
		COMPLAIN_UNLESS(!child.in_flight);
		COMPLAIN_UNLESS(child.stage == SW_BIRTH ||
				!(scene->strategy->honours & SW_UMASK));
	}
	COMPLAIN_UNLESS(!setrlimit(RLIMIT_NPROC, &enough));
	COMPLAIN_UNLESS(scene_try(scene, &good, &child) == 0);
	return NULL;
}

static void failed_birth_may_say_eagain(void **state)
{
	scene_in_copy(*state, be_alone);
}

const struct check flight_checks[] = {
	{ .name = "all slots are taken, refused, and come back",
	  .run = slots_come_back,
	  .needs = SW_ASYNCHRONOUS },
	{ .name = "failures give their slots back",
	  .run = failures_give_slots_back },
	{ .name = "a confirm that waits blocks nobody",
	  .run = waiting_blocks_nobody,
	  .needs = SW_ASYNCHRONOUS | SW_THREAD_SAFE,
	  .honours = SW_FDACTIONS },
	{ .name = "only a confirmed child is reaped",
	  .run = only_who_is_confirmed_is_reaped },
	{ .name = "a child is answered once", .run = one_answer_is_given },
	{ .name = "a failed exec may say EAGAIN, and that is an answer",
	  .run = failed_exec_may_say_eagain,
	  .honours = SW_IDS | SW_RLIMITS,
	  .obstacle = not_root },
	{ .name = "a failed birth may say EAGAIN, and that is an answer",
	  .run = failed_birth_may_say_eagain,
	  .obstacle = not_root },
	{ .name = NULL },
};
