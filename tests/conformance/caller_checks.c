/* SPDX-License-Identifier: MIT */
/* What a spawn leaves as it was: everything of the caller. */

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define SOME_ERRNO 117

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};
static const struct sw_request bad = {
	.path = "./missing",
	.argv = ARGV("missing"),
};

static void errno_is_kept(void **state)
{
	struct scene *scene = *state;
	struct sw_handle *handle;
	struct sw_child child;

	errno = SOME_ERRNO;
	assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
	assert_int_equal(errno, SOME_ERRNO);
	assert_int_equal(scene_try(scene, &good, &child), 0);
	assert_int_equal(errno, SOME_ERRNO);
	waitpid(child.pid, NULL, 0);
	errno = SOME_ERRNO;
	assert_int_equal(sw_open(scene->strategy, &handle), 0);
	assert_int_equal(errno, SOME_ERRNO);
	sw_close(handle);
	assert_int_equal(errno, SOME_ERRNO);
}

static void folder_and_umask_are_kept(void **state)
{
	struct scene *scene = *state;
	const mode_t before = umask(0137);
	struct stat was, is;
	struct sw_child child;

	assert_int_equal(stat(".", &was), 0);
	assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
	assert_int_equal(scene_run(scene, &good), 0);
	assert_int_equal(stat(".", &is), 0);
	assert_int_equal(is.st_ino, was.st_ino);
	assert_int_equal(umask(before), 0137);
}

static void open_and_close_leave_nothing(void **state)
{
	struct scene *scene = *state;
	const int children = children_count();
	const int descriptors = descriptors_count(0);

	for (int i = 0; i < REPEAT(200); i++) {
		struct sw_handle *handle;

		assert_int_equal(sw_open(scene->strategy, &handle), 0);
		sw_close(handle);
	}
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
	assert_int_equal(scene_run(scene, &good), 0);
}

const struct check caller_checks[] = {
	{ .name = "errno is kept", .run = errno_is_kept },
	{ .name = "working folder and umask are kept",
	  .run = folder_and_umask_are_kept },
	{ .name = "200 times open and close leave nothing",
	  .run = open_and_close_leave_nothing },
	{ .name = NULL },
};
