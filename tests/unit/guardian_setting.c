/* SPDX-License-Identifier: MIT */
/*
 * The steps below the guardian: the setting itself, and the lock.
 */
#include <errno.h>
#include <limits.h>
#include <sys/file.h>

#include "tests/unit/guardian_scene.h"

static void the_setting_is_checked(void **context)
{
	struct scene *scene = *context;
	int knob_fd;
	int mode;

	assert_int_equal(overcommit_get(&mode), 0);
	assert_int_equal(mode, 0);
	assert_true(overcommit_may_write());
	assert_int_equal(overcommit_open(O_RDWR, &knob_fd), 0);
	assert_int_equal(overcommit_write(knob_fd, 3), -EINVAL);
	/* Twice on one descriptor: the second must not be ignored. */
	assert_int_equal(overcommit_write(knob_fd, 1), 0);
	assert_int_equal(overcommit_write(knob_fd, 2), 0);
	assert_int_equal(overcommit_put_back(knob_fd, 1, 0), -ESTALE);
	assert_int_equal(overcommit_put_back(knob_fd, 2, 0), 0);
	assert_int_equal(overcommit_put_back(knob_fd, 2, 0), 0);
	scene_write_knob(scene, '7');
	assert_int_equal(overcommit_read(knob_fd, &mode), -EBADMSG);
	close(knob_fd);
	assert_int_equal(unlink(scene->knob), 0);
	assert_int_equal(overcommit_get(&mode), -ENOENT);
	assert_false(overcommit_may_write());
}

/* The holder removes the file before it lets go. Who has opened the old file
 * meanwhile must not believe that it holds the lock of that name. */
static void a_removed_lock_does_not_count(void **context)
{
	struct scene *scene = *context;
	char path[PATH_MAX];
	int directory_fd;
	int knob_fd;
	int stale_fd;
	struct lock lock;
	struct lock_holder holder;

	assert_int_equal(state_open(true, &directory_fd), 0);
	snprintf(path, sizeof(path), "%s/lock", scene->state);
	stale_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(stale_fd, LOCK_EX), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(overcommit_open(O_RDWR, &knob_fd), 0);
	assert_int_equal(
		lock_take(&lock, knob_fd, directory_fd, LOCK_EX, 0, &holder),
		0);
	lock_release(&lock, directory_fd);
	close(knob_fd);
	close(stale_fd);
	close(directory_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(the_setting_is_checked),
		scene_test(a_removed_lock_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
