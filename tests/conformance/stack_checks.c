/* SPDX-License-Identifier: MIT */
/* A caller that has little stack. */

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

/* Everything that is called for a spawn, the deepest ways. */
static void *spawn_in_a_corner(void *data)
{
	struct scene *scene = data;
	static const char *const names[] = { "true", "spawnwise-missing" };
	struct sw_request request = {
		.search = true,
		.fields = SW_SESSION & scene->strategy->honours,
	};
	struct sw_handle *handle;
	struct sw_child child;
	int errors[2] = { -1, -1 };

	if (sw_open(scene->strategy, &handle))
		return NULL;
	for (int i = 0; i < 2; i++) {
		request.path = names[i];
		request.argv = (char *const[]){ (char *)names[i], NULL };
		errors[i] = sw_spawn(handle, &request, &child);
		if (!errors[i])
			errors[i] = sw_confirm(handle, &child, -1);
		if (!errors[i])
			errors[i] = sw_reap(handle, &child, NULL);
	}
	sw_poll_fd(handle);
	if (sw_refresh(handle))
		errors[0] = -1;
	sw_close(handle);
	/* -EACCES: some folder of PATH is closed to us (execvp(3)). */
	if (errors[0] || (errors[1] != -ENOENT && errors[1] != -EACCES))
		return NULL;
	return data;
}

/* musl's least is too little for a program's own calls. */
#define SMALL_STACK_BYTES ((size_t)16 * 1024)

static void small_stacks_are_enough(void **state)
{
	const long least = sysconf(_SC_THREAD_STACK_MIN);
	pthread_attr_t attributes;
	pthread_t thread;
	void *result;

	pthread_attr_init(&attributes);
	assert_int_equal(pthread_attr_setstacksize(
				 &attributes, least > (long)SMALL_STACK_BYTES
						      ? (size_t)least
						      : SMALL_STACK_BYTES),
			 0);
	assert_int_equal(
		pthread_create(&thread, &attributes, spawn_in_a_corner, *state),
		0);
	pthread_attr_destroy(&attributes);
	pthread_join(thread, &result);
	assert_ptr_equal(result, *state);
}

static const char *stacks_are_bigger(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return "a sanitizer needs more stack";
#else
	return NULL;
#endif
}

const struct check stack_checks[] = {
	{ .name = "a thread with the smallest stack spawns",
	  .run = small_stacks_are_enough,
	  .obstacle = stacks_are_bigger },
	{ .name = NULL },
};
