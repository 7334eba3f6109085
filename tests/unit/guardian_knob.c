/* SPDX-License-Identifier: MIT */
/*
 * The basic promise on the kernel's own setting: mode 1 only, never 2.
 *
 * Exits 77 where it cannot run: without the right to write the setting,
 * where mode 1 is the user's own choice, or while another run is at work
 * (hence the default state directory).
 */
#include <errno.h>
#include <sys/file.h>

#include "tests/unit/guardian_scene.h"

#define SKIPPED 77

static struct scene kernel = {
	.knob = "/proc/sys/vm/overcommit_memory",
	.state = "/run/spawnwise",
};

static char original;

static void a_killed_runner_leaves_the_kernel_as_it_was(void **context)
{
	struct runner runner;

	(void)context;
	runner_lease(&runner);
	assert_int_equal(scene_knob(&kernel), '1');
	assert_int_equal(kill(-runner.pid, SIGKILL), 0);
	assert_true(scene_await_knob(&kernel, original, DEADLINE_MS) >= 0);
	runner_reap(&runner);
}

static void leases_follow_each_other_on_one_descriptor(void **context)
{
	struct guardian guardian;

	(void)context;
	assert_int_equal(guardian_start(&guardian), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(guardian_lease(&guardian, 1, 1000), 0);
		assert_int_equal(scene_knob(&kernel), '1');
		assert_int_equal(guardian_release(&guardian), 0);
		assert_int_equal(scene_knob(&kernel), original);
	}
	assert_int_equal(guardian_stop(&guardian), 0);
}

static int skip_all(const char *reason)
{
	printf("# SKIP %s\n", reason);
	return SKIPPED;
}

/* As keep_setting of tests/helpers.bash, until our end. */
static void keep_setting(void)
{
	const int next_fd =
		open("/proc/sys/vm/overcommit_ratio", O_RDONLY | O_CLOEXEC);

	flock(next_fd, LOCK_EX);
	flock(open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC),
	      LOCK_EX);
	close(next_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_runner_leaves_the_kernel_as_it_was),
		cmocka_unit_test(leases_follow_each_other_on_one_descriptor),
	};
	struct guardian guardian;

	unsetenv("SPAWNWISE_KNOB");
	unsetenv("SPAWNWISE_STATE_DIR");
	if (!overcommit_may_write())
		return skip_all("this user may not set vm.overcommit_memory");
	keep_setting();
	int error = guardian_start(&guardian);
	if (error == -EBUSY)
		return skip_all("another run holds the setting");
	if (error)
		return skip_all("no guardian can be started here");
	original = scene_knob(&kernel);
	guardian_stop(&guardian);
	if (original == '1')
		return skip_all("the setting is 1 already");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
