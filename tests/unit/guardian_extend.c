/* SPDX-License-Identifier: MIT */
/*
 * A long window that is made of short leases.
 */
#include <errno.h>

#include "tests/unit/guardian_scene.h"

/* One of a millisecond and its second of grace would be over by then. */
static void a_lease_can_be_extended(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_extend(&guardian, 60000), -ETIMEDOUT);
	assert_int_equal(guardian_lease(&guardian, 1, 1), 0);
	assert_int_equal(guardian_extend(&guardian, 0), -EINVAL);
	assert_int_equal(guardian_extend(&guardian, 60000), 0);
	assert_int_equal(scene_await_knob(scene, '0', 1500), -1);
	assert_int_equal(guardian_extend(&guardian, 1), 0);
	assert_true(scene_await_knob(scene, '0', 3000) >= 0);
	assert_int_equal(guardian_extend(&guardian, 60000), -ETIMEDOUT);
	assert_int_equal(scene_knob(scene), '0');
	assert_int_equal(guardian_stop(&guardian), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_lease_can_be_extended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
