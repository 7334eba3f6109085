/* SPDX-License-Identifier: MIT */
/*
 * The step below the guardian: the setting itself.
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(the_setting_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
