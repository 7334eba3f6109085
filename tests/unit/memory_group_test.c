/* SPDX-License-Identifier: MIT */
/*
 * Memory control groups without one: recorded and odd texts of both versions,
 * places that are none, and what the user is told about them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/labs/group_watchdog.h"
#include "bench/labs/memory_group.h"
#include "tests/unit/source.h"

#define ABSENT BYTES_UNKNOWN

static struct memory_group_reading read_recorded(int version, const char *name)
{
	struct memory_group group = { .version = version };
	struct memory_group_reading reading;

	snprintf(group.directory, PATH_MAX, "tests/data/cgroup/%s", name);
	assert_int_equal(memory_group_read(&group, &reading), 0);
	return reading;
}

static void version_one_is_read(void **state)
{
	struct memory_group_reading now = read_recorded(1, "linux-6.1-v1");

	(void)state;
	assert_int_equal(now.usage_bytes, 16384);
	assert_int_equal(now.failcnt, 0);
	assert_int_equal(now.oom_kill, 1);
	assert_true(now.low == ABSENT && now.high == ABSENT);
	assert_true(now.max == ABSENT && now.oom == ABSENT);
	assert_true(now.oom_group_kill == ABSENT);
}

static void version_two_is_read(void **state)
{
	static const char *const names[] = { "linux-6.1-v2", "linux-6.12-v2" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct memory_group_reading now = read_recorded(2, names[i]);

		assert_int_equal(now.usage_bytes, 16384);
		assert_true(now.low == 0 && now.high == 0);
		assert_int_equal(now.max, 35);
		assert_int_equal(now.oom, 1);
		assert_int_equal(now.oom_kill, 1);
		assert_int_equal(now.oom_group_kill, 0);
		assert_true(now.failcnt == ABSENT);
	}
}

static void old_kernels_tell_less(void **state)
{
	struct memory_group_reading now = read_recorded(1, "old-v1");

	(void)state;
	assert_true(now.oom_kill == ABSENT && now.failcnt == ABSENT);
	now = read_recorded(2, "old-v2");
	assert_true(now.oom_group_kill == ABSENT);
	assert_int_equal(now.low, 1);
	assert_int_equal(now.high, 2);
	assert_int_equal(now.max, 3);
	assert_int_equal(now.oom, 4);
	assert_int_equal(now.oom_kill, 5);
}

static void odd_values_are_refused(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(cgroup_number_parse("17", &value), 0);
	assert_int_equal(value, 17);
	assert_int_equal(cgroup_number_parse("max\n", &value), 0);
	assert_true(value == ABSENT);
	assert_int_equal(cgroup_number_parse("\n", &value), -EBADMSG);
	assert_int_equal(cgroup_number_parse("-1\n", &value), -EBADMSG);
	assert_int_equal(cgroup_number_parse("12k\n", &value), -EBADMSG);
	assert_int_equal(cgroup_number_parse("99999999999999999999\n", &value),
			 -EBADMSG);
}

static void odd_counters_are_refused(void **state)
{
	const char *text = "new_one x\noom_kill 7\n\nmax 3\nlow none\n";
	struct memory_group_reading now;
	FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	(void)state;
	assert_non_null(stream);
	assert_int_equal(memory_group_parse_counters(stream, &now), -EBADMSG);
	fclose(stream);
	assert_int_equal(now.oom_kill, 7);
	assert_int_equal(now.max, 3);
	assert_true(now.high == ABSENT);
}

/* A plain folder gets groups without files: no controller anywhere. */
static void a_place_without_controller_is_left_clean(void **state)
{
	char top[] = "/tmp/spawnwise-place-XXXXXX";
	struct cgroup own = { .version = 2 };
	struct memory_group group = { .version = 0 };

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(own.mount, PATH_MAX, "%s", top);
	snprintf(own.directory, PATH_MAX, "%s/own", top);
	assert_int_equal(mkdir(own.directory, 0755), 0);
	assert_int_equal(memory_group_place(&group, &own), -ENOENT);
	assert_int_equal(rmdir(own.directory), 0);
	assert_int_equal(rmdir(top), 0);
}

static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void groups_of_dead_runners_are_removed(void **state)
{
	char top[] = "/tmp/spawnwise-repair-XXXXXX";
	char names[4][64];
	pid_t dead = dead_pid();

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(names[0], 64, "%s/spawnwise-%d-1", top, (int)dead);
	snprintf(names[1], 64, "%s/spawnwise-%d-1", top, (int)getpid());
	snprintf(names[2], 64, "%s/spawnwise-%d-1x", top, (int)dead);
	snprintf(names[3], 64, "%s/spawnwise-%d", top, (int)dead);
	for (int i = 0; i < 4; i++)
		assert_int_equal(mkdir(names[i], 0755), 0);
	group_watchdog_repair(top);
	assert_int_equal(access(names[0], F_OK), -1);
	for (int i = 1; i < 4; i++)
		assert_int_equal(rmdir(names[i]), 0);
	assert_int_equal(rmdir(top), 0);
	group_watchdog_repair(top);
}

/* Its runner's pid says nothing where it belongs to another namespace. */
static void a_group_with_a_watchdog_is_left_alone(void **state)
{
	char top[] = "/tmp/spawnwise-watchdog-XXXXXX";
	char directory[PATH_MAX];
	struct watchdog watchdog;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(directory, PATH_MAX, "%s/spawnwise-%d-1", top,
		 (int)dead_pid());
	assert_int_equal(group_watchdog_birth(&watchdog, directory), 0);
	group_watchdog_repair(top);
	assert_int_equal(access(directory, F_OK), 0);
	group_watchdog_end(&watchdog, directory);
	assert_int_equal(rmdir(top), 0);
}

static void a_watchdog_makes_no_group_of_another(void **state)
{
	char top[] = "/tmp/spawnwise-watchdog-XXXXXX";
	char nowhere[] = "/nowhere/at/all";
	struct watchdog watchdog;

	(void)state;
	assert_non_null(mkdtemp(top));
	assert_int_equal(group_watchdog_birth(&watchdog, top), -EEXIST);
	assert_int_equal(rmdir(top), 0);
	assert_int_equal(group_watchdog_birth(&watchdog, nowhere), -ENOENT);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
}

static void every_error_comes_with_a_cure(void **state)
{
	const struct {
		int error;
		const char *reason;
	} cases[] = {
		{ -ENOENT, "no memory controller" },
		{ -EACCES, "this user may not" },
		{ -EPERM, "this user may not" },
		{ -EROFS, "/cg is read-only" },
		{ -EBUSY, "`mkdir /cg/own/shell && echo $$ > /cg/own/shell/" },
		{ -ENOTRECOVERABLE, "pidfd_open(2) is refused" },
		{ -ENOLCK, "flock(2) is refused" },
		{ -ENOSYS, "below /cg/own failed: Function not implemented" },
		{ -ENOTSUP, "swapaccount=1" },
		{ -EIO, "below /cg/own failed: Input/output error" },
	};
	const struct cgroup own = { .version = 2,
				    .mount = "/cg",
				    .directory = "/cg/own" };
	char why[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memory_group_explain(cases[i].error, &own, why, sizeof(why));
		assert_non_null(strstr(why, cases[i].reason));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_one_is_read),
		cmocka_unit_test(version_two_is_read),
		cmocka_unit_test(old_kernels_tell_less),
		cmocka_unit_test(odd_values_are_refused),
		cmocka_unit_test(odd_counters_are_refused),
		cmocka_unit_test(a_place_without_controller_is_left_clean),
		cmocka_unit_test(groups_of_dead_runners_are_removed),
		cmocka_unit_test(a_group_with_a_watchdog_is_left_alone),
		cmocka_unit_test(a_watchdog_makes_no_group_of_another),
		cmocka_unit_test(every_error_comes_with_a_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
