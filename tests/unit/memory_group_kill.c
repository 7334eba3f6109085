/* SPDX-License-Identifier: MIT */
/*
 * Whatever kills the runner, its group and all that is in it are gone within
 * one second.
 */
#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "bench/machine/cgroup.h"
#include "tests/unit/memory_group_scene.h"

#define MOMENTS 20

/* What a lab does, over and over: groups with members in them, one of which
 * is about to be killed. */
static _Noreturn void runner_main(int fd)
{
	struct memory_group group;
	char why[512];

	setpgid(0, 0);
	if (write(fd, "", 1) != 1)
		_exit(1);
	while (!memory_group_open(&group, 4 * MIB, why, sizeof(why))) {
		pid_t pids[2] = { scene_eater(&group, 65536, -1),
				  scene_eater(&group, 8 * MIB, -1) };

		waitpid(pids[1], NULL, 0);
		memory_group_close(&group);
		waitpid(pids[0], NULL, 0);
	}
	_exit(1);
}

static pid_t runner_start(void)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t runner = fork();
	if (runner == 0)
		runner_main(ends[1]);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return runner;
}

/* We are the subreaper: orphans of the runner, its watchdog among them, are
 * ours, and when no child is left no process is. */
static void assert_all_end(long long since_ms)
{
	while (waitpid(-1, NULL, WNOHANG) >= 0) {
		assert_true(scene_now_ms() - since_ms < PROMISE_MS);
		poll(NULL, 0, 1);
	}
	assert_int_equal(errno, ECHILD);
}

static int count_groups(pid_t runner)
{
	struct cgroup own;
	struct dirent *entry;
	char prefix[64];
	int count = 0;

	snprintf(prefix, sizeof(prefix), "spawnwise-%d-", (int)runner);
	assert_int_equal(cgroup_of(0, "memory", &own), 0);
	do {
		DIR *groups = opendir(own.directory);

		while (groups && (entry = readdir(groups)))
			count +=
				!strncmp(entry->d_name, prefix, strlen(prefix));
		if (groups)
			closedir(groups);
		*strrchr(own.directory, '/') = '\0';
	} while (strlen(own.directory) >= strlen(own.mount));
	return count;
}

static void the_runner_is_killed_at_any_moment(void **state)
{
	(void)state;
	for (int moment = 0; moment < MOMENTS; moment++) {
		pid_t runner = runner_start();
		/* Every other time with all that is of its process group. */
		pid_t target = moment % 2 ? -runner : runner;

		poll(NULL, 0, moment % 7);
		for (volatile int i = 0; i < moment * 100000; i++)
			;
		long long killed_ms = scene_now_ms();
		assert_int_equal(kill(target, SIGKILL), 0);
		assert_all_end(killed_ms);
		assert_int_equal(count_groups(runner), 0);
	}
}

static pid_t runner_with_watchdog(pid_t *watchdog)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t runner = fork();
	if (runner == 0) {
		struct memory_group group;
		char why[512];

		if (memory_group_open(&group, 4 * MIB, why, sizeof(why)) ||
		    scene_eater(&group, 65536, -1) < 0 ||
		    write(ends[1], &group.watchdog.pid, sizeof(pid_t)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], watchdog, sizeof(pid_t)), sizeof(pid_t));
	close(ends[0]);
	close(ends[1]);
	return runner;
}

/* Kill both, and wait until they are dead: a dying watchdog still holds the
 * lock of its group. */
static pid_t runner_that_left_a_group(void)
{
	pid_t watchdog;
	pid_t runner = runner_with_watchdog(&watchdog);
	struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, watchdog, 0),
			      .events = POLLIN };

	assert_int_equal(kill(watchdog, SIGKILL), 0);
	assert_int_equal(poll(&end, 1, -1), 1);
	close(end.fd);
	assert_int_equal(kill(runner, SIGKILL), 0);
	assert_int_equal(waitpid(runner, NULL, 0), runner);
	return runner;
}

/* A lab that another test starts now is a next start as well: it may have
 * removed the group before we look, or be about to, with the lock of the group,
 * while ours goes on without. */
static void the_next_start_removes_what_both_left(void **state)
{
	struct memory_group group;
	pid_t runner = runner_that_left_a_group();

	(void)state;
	for (int i = 0; !count_groups(runner); i++) {
		assert_true(i < MOMENTS);
		runner = runner_that_left_a_group();
	}
	scene_open(&group, 4 * MIB);
	for (long long since_ms = scene_now_ms(); count_groups(runner);)
		assert_true(scene_now_ms() - since_ms < PROMISE_MS);
	memory_group_close(&group);
	assert_all_end(scene_now_ms());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_runner_is_killed_at_any_moment),
		cmocka_unit_test(the_next_start_removes_what_both_left),
	};
	int skipped = scene_skip();

	if (skipped)
		return skipped;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
