/* SPDX-License-Identifier: MIT */
/*
 * Real memory control groups: their bounds hold, their counters count, and
 * nothing of them is left behind.
 */
#include <stdlib.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/text.h"
#include "tests/unit/memory_group_scene.h"

static void assert_limit(const struct memory_group *group, uint64_t bytes)
{
	uint64_t limit_bytes;

	assert_int_equal(cgroup_number_read(group->directory,
					    group->version == 1
						    ? "memory.limit_in_bytes"
						    : "memory.max",
					    &limit_bytes),
			 0);
	assert_int_equal(limit_bytes, bytes);
}

static void limits_are_set(void **state)
{
	struct memory_group group;

	(void)state;
	scene_open(&group, 16 * MIB);
	assert_limit(&group, 16 * MIB);
	assert_int_equal(memory_group_set_limit(&group, 8 * MIB), 0);
	assert_limit(&group, 8 * MIB);
	assert_int_equal(memory_group_set_limit(&group, 32 * MIB), 0);
	assert_limit(&group, 32 * MIB);
	assert_int_equal(memory_group_set_limit(&group, 8 * MIB + 17), -EIO);
	memory_group_close(&group);
	assert_int_equal(access(group.directory, F_OK), -1);
}

static void who_takes_too_much_is_killed(void **state)
{
	struct memory_group group;
	struct memory_group_reading now;

	(void)state;
	scene_open(&group, 8 * MIB);
	scene_assert_killed(scene_eater(&group, 16 * MIB, -1));
	assert_int_equal(memory_group_read(&group, &now), 0);
	assert_int_equal(now.oom_kill, 1);
	assert_true(now.usage_bytes < MIB);
	if (group.version == 2)
		assert_true(now.max > 0 && now.oom > 0);
	else
		assert_true(now.failcnt > 0);
	memory_group_close(&group);
	assert_int_equal(access(group.directory, F_OK), -1);
}

/* One that runs, one that is stopped. */
static void who_is_left_is_killed(void **state)
{
	struct memory_group group;
	int ready[2];
	pid_t pids[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	scene_open(&group, 8 * MIB);
	for (int i = 0; i < 2; i++) {
		pids[i] = scene_eater(&group, MIB, ready[1]);
		assert_int_equal(read(ready[0], &byte, 1), 1);
	}
	assert_int_equal(kill(pids[1], SIGSTOP), 0);
	memory_group_close(&group);
	scene_assert_killed(pids[0]);
	scene_assert_killed(pids[1]);
	assert_int_equal(access(group.directory, F_OK), -1);
	close(ready[0]);
	close(ready[1]);
}

/* Each of a chain lives just long enough to have a successor. */
static void who_keeps_forking_is_killed(void **state)
{
	struct memory_group group;

	(void)state;
	scene_open(&group, 8 * MIB);
	for (int i = 0; i < 3; i++) {
		pid_t pid = scene_member(&group);

		while (pid == 0)
			if (fork() > 0)
				_exit(0);
	}
	memory_group_close(&group);
	assert_int_equal(access(group.directory, F_OK), -1);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Version 1 lets a process wait for memory instead of killing it. */
static void who_waits_for_memory_is_killed(void **state)
{
	char text[256] = "";
	struct memory_group group;
	long long start_ms = scene_now_ms();

	(void)state;
	scene_open(&group, 8 * MIB);
	int error =
		text_write_at("1", "%s/memory.oom_control", group.directory);
	if (error == 0) {
		pid_t pid = scene_eater(&group, 16 * MIB, -1);

		while (!strstr(text, "under_oom 1") &&
		       scene_now_ms() - start_ms < 5000)
			text_read_at(text, sizeof text, "%s/memory.oom_control",
				     group.directory);
		assert_non_null(strstr(text, "under_oom 1"));
		memory_group_close(&group);
		scene_assert_killed(pid);
	} else {
		memory_group_close(&group);
	}
	assert_int_equal(access(group.directory, F_OK), -1);
}

static void groups_do_not_mix(void **state)
{
	struct memory_group groups[2];
	struct memory_group_reading now;
	int ready[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	scene_open(&groups[0], 8 * MIB);
	scene_open(&groups[1], 32 * MIB);
	assert_string_not_equal(groups[0].directory, groups[1].directory);
	pid_t survivor = scene_eater(&groups[1], 16 * MIB, ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	scene_assert_killed(scene_eater(&groups[0], 16 * MIB, -1));
	memory_group_close(&groups[0]);
	assert_int_equal(memory_group_read(&groups[1], &now), 0);
	assert_int_equal(now.oom_kill, 0);
	assert_true(now.usage_bytes >= 16 * MIB);
	assert_int_equal(waitpid(survivor, NULL, WNOHANG), 0);
	memory_group_close(&groups[1]);
	scene_assert_killed(survivor);
	close(ready[0]);
	close(ready[1]);
}

static void a_group_can_die_as_one(void **state)
{
	struct memory_group group;
	struct memory_group_reading now;

	(void)state;
	scene_open(&group, 8 * MIB);
	int error = memory_group_set_oom_group(&group);
	if (group.version == 1)
		assert_int_equal(error, -ENOTSUP);
	if (error == 0) {
		pid_t bystander = scene_eater(&group, MIB, -1);

		scene_assert_killed(scene_eater(&group, 16 * MIB, -1));
		scene_assert_killed(bystander);
		assert_int_equal(memory_group_read(&group, &now), 0);
		assert_true(now.oom_kill >= 2);
		assert_int_equal(now.oom_group_kill, 1);
	}
	memory_group_close(&group);
}

static void the_watchdog_stays_outside(void **state)
{
	struct memory_group group;
	char text[4096];

	(void)state;
	scene_open(&group, 8 * MIB);
	assert_int_equal(text_read_at(text, sizeof(text), "/proc/%d/comm",
				      (int)group.watchdog.pid),
			 0);
	assert_string_equal(text, "spawnwise-keep");
	assert_int_equal(text_read_at(text, sizeof(text), "/proc/%d/cgroup",
				      (int)group.watchdog.pid),
			 0);
	assert_null(strstr(text, strrchr(group.directory, '/')));
	assert_int_equal(getsid(group.watchdog.pid), group.watchdog.pid);
	memory_group_close(&group);
}

static void a_lost_watchdog_is_replaced(void **state)
{
	struct memory_group group;

	(void)state;
	scene_open(&group, 8 * MIB);
	pid_t pid = scene_eater(&group, MIB, -1);
	assert_int_equal(kill(group.watchdog.pid, SIGKILL), 0);
	memory_group_close(&group);
	scene_assert_killed(pid);
	assert_int_equal(access(group.directory, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_set),
		cmocka_unit_test(who_takes_too_much_is_killed),
		cmocka_unit_test(who_is_left_is_killed),
		cmocka_unit_test(who_keeps_forking_is_killed),
		cmocka_unit_test(who_waits_for_memory_is_killed),
		cmocka_unit_test(groups_do_not_mix),
		cmocka_unit_test(a_group_can_die_as_one),
		cmocka_unit_test(the_watchdog_stays_outside),
		cmocka_unit_test(a_lost_watchdog_is_replaced),
	};
	int skipped = scene_skip();

	return skipped ? skipped : cmocka_run_group_tests(tests, NULL, NULL);
}
