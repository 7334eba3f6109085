/* SPDX-License-Identifier: MIT */
/*
 * Whatever kills the runner, the setting is back within one second.
 */
#include <errno.h>

#include "tests/unit/guardian_scene.h"

/* At which a busy runner is killed, in each of two tests. */
#define MOMENTS 20

static void assert_all_is_back(const struct scene *scene)
{
	assert_true(scene_await_knob(scene, '0', DEADLINE_MS) >= 0);
	assert_true(scene_await_end(scene));
	assert_false(scene_has(scene, "state"));
}

static void the_runner_is_killed(void **context)
{
	struct scene *scene = *context;
	struct runner runner;

	runner_lease(&runner);
	assert_int_equal(scene_knob(scene), '1');
	assert_int_equal(kill(runner.pid, SIGKILL), 0);
	assert_all_is_back(scene);
	runner_reap(&runner);
}

static void the_group_is_killed(void **context)
{
	struct scene *scene = *context;
	struct runner runner;

	runner_lease(&runner);
	assert_int_equal(getpgid(runner.pid), runner.pid);
	assert_int_not_equal(getpgid(runner.guardian_pid), runner.pid);
	assert_int_equal(kill(-runner.pid, SIGKILL), 0);
	assert_all_is_back(scene);
	runner_reap(&runner);
}

static _Noreturn void heir_main(int fd)
{
	struct guardian guardian;
	pid_t heir;

	if (guardian_start(&guardian) || guardian_lease(&guardian, 1, 60000))
		_exit(1);
	heir = fork();
	if (heir == 0)
		for (;;)
			pause();
	if (write(fd, &heir, sizeof(heir)) != sizeof(heir))
		_exit(1);
	for (;;)
		pause();
}

/* A child of the runner that holds copies of all its descriptors must not
 * keep the guardian waiting. */
static void the_runner_is_killed_but_not_its_heir(void **context)
{
	struct scene *scene = *context;
	int pair[2];
	pid_t heir = 0;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid_t runner = fork();
	if (runner == 0)
		heir_main(pair[1]);
	assert_int_equal(read(pair[0], &heir, sizeof(heir)), sizeof(heir));
	assert_int_equal(scene_knob(scene), '1');
	assert_int_equal(kill(runner, SIGKILL), 0);
	assert_all_is_back(scene);
	assert_int_equal(kill(heir, SIGKILL), 0);
	assert_int_equal(waitpid(runner, NULL, 0), runner);
	close(pair[0]);
	close(pair[1]);
}

static void the_runner_leaves_without_a_word(void **context)
{
	struct scene *scene = *context;
	struct runner runner;

	runner_lease(&runner);
	runner_send(&runner, 'e');
	assert_all_is_back(scene);
	runner_reap(&runner);
}

/* The lease ends a second after its length; its runner learns it. */
static void the_runner_is_stopped(void **context)
{
	struct scene *scene = *context;
	struct runner runner;

	runner_start(&runner);
	assert_int_equal(runner.started, 0);
	long long leased_ms = scene_now_ms();
	assert_int_equal(runner_ask(&runner, 'l'), 0);
	assert_int_equal(kill(runner.pid, SIGSTOP), 0);
	assert_true(scene_await_knob(scene, '0', 3000) >= 0);
	assert_true(scene_now_ms() - leased_ms >= RUNNER_LEASE_MS + 1000);
	assert_true(scene_is_locked(scene));
	runner_send(&runner, 'r');
	assert_int_equal(kill(runner.pid, SIGCONT), 0);
	assert_int_equal(runner_hear(&runner), -ETIMEDOUT);
	assert_int_equal(runner_ask(&runner, 'l'), 0);
	assert_int_equal(runner_ask(&runner, 's'), 0);
	assert_all_is_back(scene);
	runner_send(&runner, 'e');
	runner_reap(&runner);
}

static void a_third_party_wrote_before_the_kill(void **context)
{
	struct scene *scene = *context;
	struct runner runner;

	runner_lease(&runner);
	scene_write_knob(scene, '2');
	assert_int_equal(kill(runner.pid, SIGKILL), 0);
	assert_true(scene_await_end(scene));
	assert_int_equal(scene_knob(scene), '2');
	assert_false(scene_has(scene, "state"));
	runner_reap(&runner);
}

static void both_are_killed(void **context)
{
	struct scene *scene = *context;
	struct runner runner;
	struct repair repair;

	runner_lease(&runner);
	assert_int_equal(kill(runner.guardian_pid, SIGKILL), 0);
	assert_int_equal(kill(runner.pid, SIGKILL), 0);
	runner_reap(&runner);
	assert_int_equal(scene_knob(scene), '1');
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_DONE);
	assert_int_equal(repair.state.pid, runner.guardian_pid);
	assert_int_equal(scene_knob(scene), '0');
}

static void both_are_killed_and_the_next_start_repairs(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	struct runner runner;

	runner_lease(&runner);
	assert_int_equal(kill(runner.guardian_pid, SIGKILL), 0);
	assert_int_equal(kill(runner.pid, SIGKILL), 0);
	runner_reap(&runner);
	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian.leftover.action, REPAIR_DONE);
	assert_int_equal(scene_knob(scene), '0');
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_false(scene_has(scene, "state"));
}

static void the_next_start_waits_for_an_orphan(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	struct runner runner;

	runner_lease(&runner);
	assert_int_equal(kill(runner.pid, SIGKILL), 0);
	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(scene_knob(scene), '0');
	runner_reap(&runner);
	assert_int_equal(guardian_stop(&guardian), 0);
}

/* Lease and release without a pause, after telling who the guardian is. */
static _Noreturn void busy_main(int fd)
{
	struct guardian guardian;

	setpgid(0, 0);
	if (guardian_start(&guardian) ||
	    write(fd, &guardian.watchdog.pid, sizeof(pid_t)) != sizeof(pid_t))
		_exit(1);
	for (int mode = 1; mode > 0; mode = 3 - mode)
		if (guardian_lease(&guardian, mode, 60000) ||
		    guardian_release(&guardian))
			_exit(1);
	_exit(1);
}

/* The moment is left to chance: how long the two get to run is up to the
 * scheduler, and each round lets them go on a little longer. */
static pid_t busy_runner(pid_t *guardian_pid, int moment)
{
	int pair[2];

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid_t runner = fork();
	if (runner == 0)
		busy_main(pair[1]);
	assert_int_equal(read(pair[0], guardian_pid, sizeof(pid_t)),
			 sizeof(pid_t));
	for (volatile int i = 0; i < moment * 30000; i++)
		;
	close(pair[0]);
	close(pair[1]);
	return runner;
}

static void a_busy_runner_is_killed_at_any_moment(void **context)
{
	struct scene *scene = *context;

	for (int moment = 0; moment < MOMENTS; moment++) {
		pid_t guardian_pid;
		pid_t runner = busy_runner(&guardian_pid, moment);

		assert_int_equal(kill(-runner, SIGKILL), 0);
		assert_int_equal(waitpid(runner, NULL, 0), runner);
		assert_all_is_back(scene);
	}
}

static void both_are_killed_at_any_moment(void **context)
{
	struct scene *scene = *context;
	struct repair repair;

	for (int moment = 0; moment < MOMENTS; moment++) {
		pid_t guardian_pid;
		pid_t runner = busy_runner(&guardian_pid, moment);

		assert_int_equal(kill(guardian_pid, SIGKILL), 0);
		kill(-runner, SIGKILL);
		assert_int_equal(waitpid(runner, NULL, 0), runner);
		assert_int_equal(overcommit_repair(&repair), 0);
		assert_true(repair.action == REPAIR_NOTHING ||
			    repair.action == REPAIR_DONE);
		assert_int_equal(scene_knob(scene), '0');
		assert_false(scene_has(scene, "state"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(the_runner_is_killed),
		scene_test(the_group_is_killed),
		scene_test(the_runner_is_killed_but_not_its_heir),
		scene_test(the_runner_leaves_without_a_word),
		scene_test(the_runner_is_stopped),
		scene_test(a_third_party_wrote_before_the_kill),
		scene_test(both_are_killed),
		scene_test(both_are_killed_and_the_next_start_repairs),
		scene_test(the_next_start_waits_for_an_orphan),
		scene_test(a_busy_runner_is_killed_at_any_moment),
		scene_test(both_are_killed_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
