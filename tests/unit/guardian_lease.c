/* SPDX-License-Identifier: MIT */
/*
 * Leases of a living runner: opened, closed, run out, spoilt and lost.
 */
#include <dirent.h>
#include <errno.h>

#include "bench/machine/text.h"
#include "tests/unit/guardian_scene.h"

static void a_lease_is_given_and_released(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian.leftover.action, REPAIR_NOTHING);
	assert_false(scene_has(scene, "state"));
	assert_int_equal(guardian_release(&guardian), 0);
	for (int mode = 1; mode <= 2; mode++) {
		assert_int_equal(guardian_lease(&guardian, mode, 60000), 0);
		assert_int_equal(scene_knob(scene), '0' + mode);
		assert_true(scene_has(scene, "state"));
		assert_false(scene_has(scene, "state.next"));
		assert_int_equal(guardian_release(&guardian), 0);
		assert_int_equal(scene_knob(scene), '0');
		assert_false(scene_has(scene, "state"));
	}
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_false(scene_is_locked(scene));
}

static void a_lease_within_a_lease_goes_back_first(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	assert_int_equal(guardian_lease(&guardian, 2, 60000), 0);
	assert_int_equal(scene_knob(scene), '2');
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_int_equal(scene_knob(scene), '0');
}

static void the_mode_of_now_needs_no_write(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 0, 60000), 0);
	assert_false(scene_has(scene, "state"));
	assert_int_equal(guardian_release(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 0, 60000), 0);
	scene_write_knob(scene, '1');
	assert_int_equal(guardian_release(&guardian), -ESTALE);
	assert_int_equal(scene_knob(scene), '1');
	assert_int_equal(guardian_stop(&guardian), 0);
}

static void nonsense_is_refused(void **context)
{
	struct guardian guardian;

	(void)context;
	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 3, 1), -EINVAL);
	assert_int_equal(guardian_lease(&guardian, -1, 1), -EINVAL);
	assert_int_equal(guardian_lease(&guardian, 1, 0), -EINVAL);
	assert_int_equal(guardian_stop(&guardian), 0);
}

static void a_lease_runs_out(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 1), 0);
	assert_true(scene_await_knob(scene, '0', 3000) >= 0);
	assert_int_equal(guardian_release(&guardian), -ETIMEDOUT);
	assert_int_equal(guardian_release(&guardian), 0);

	/* A new lease must not hide that the old one ran out. */
	assert_int_equal(guardian_lease(&guardian, 1, 1), 0);
	assert_true(scene_await_knob(scene, '0', 3000) >= 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), -ETIMEDOUT);
	assert_int_equal(scene_knob(scene), '0');
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_int_equal(scene_knob(scene), '0');
}

static void a_third_partys_value_is_kept(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	scene_write_knob(scene, '2');
	assert_int_equal(guardian_release(&guardian), -ESTALE);
	assert_int_equal(scene_knob(scene), '2');
	assert_false(scene_has(scene, "state"));

	/* It may be another's for a moment: it is never taken for the user's,
	 * who had 0 when the run began. */
	assert_int_equal(guardian_lease(&guardian, 1, 60000), -ECANCELED);
	assert_int_equal(scene_knob(scene), '2');
	assert_false(scene_has(scene, "state"));
	scene_write_knob(scene, '0');
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	scene_write_knob(scene, '2');
	assert_int_equal(guardian_lease(&guardian, 2, 60000), -ESTALE);
	assert_int_equal(scene_knob(scene), '2');
	assert_int_equal(guardian_stop(&guardian), 0);
}

static void a_second_instance_is_refused(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	struct runner other;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	runner_start(&other);
	assert_int_equal(other.started, -EBUSY);
	assert_int_equal(other.guardian_pid, guardian.watchdog.pid);
	assert_int_equal(scene_knob(scene), '1');
	runner_send(&other, 'e');
	runner_reap(&other);
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_int_equal(scene_knob(scene), '0');
}

static void a_killed_guardian_is_noticed(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	struct repair repair;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	assert_int_equal(kill(guardian.watchdog.pid, SIGKILL), 0);
	assert_int_equal(guardian_release(&guardian), -EPIPE);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), -EPIPE);
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_DONE);
	assert_int_equal(repair.state.pid, guardian.watchdog.pid);
	assert_int_equal(scene_knob(scene), '0');
	assert_int_equal(guardian_stop(&guardian), -EPIPE);
	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_stop(&guardian), 0);
}

static void a_mute_guardian_does_not_hang_us(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	struct repair repair;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	assert_int_equal(kill(guardian.watchdog.pid, SIGSTOP), 0);
	assert_int_equal(guardian_release(&guardian), -EPIPE);
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_DONE);
	assert_int_equal(scene_knob(scene), '0');
	assert_int_equal(guardian_stop(&guardian), -EPIPE);
}

static void a_child_may_forget_the_guardian(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	int status;

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	pid_t child = fork();
	if (child == 0) {
		watchdog_forget(&guardian.watchdog);
		_exit(guardian_release(&guardian) == -EPIPE &&
				      guardian_stop(&guardian) == 0
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(scene_knob(scene), '1');
	assert_int_equal(guardian_release(&guardian), 0);
	assert_int_equal(guardian_stop(&guardian), 0);
}

static size_t count_fds(pid_t pid)
{
	char path[64];
	size_t count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static void the_guardian_owns_only_what_it_needs(void **context)
{
	struct guardian guardian;
	char text[2048];
	size_t before = count_fds(getpid());

	(void)context;
	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	assert_int_equal(count_fds(guardian.watchdog.pid), 5);
	assert_int_equal(getsid(guardian.watchdog.pid), guardian.watchdog.pid);
	assert_int_equal(text_read_at(text, sizeof(text), "/proc/%d/comm",
				      (int)guardian.watchdog.pid),
			 0);
	assert_string_equal(text, "spawnwise-guard");
	/* All that can be blocked are: not SIGKILL, SIGSTOP, and the two that
	 * the libc keeps for itself. */
	assert_int_equal(text_read_at(text, sizeof(text), "/proc/%d/status",
				      (int)guardian.watchdog.pid),
			 0);
	assert_non_null(strstr(text, "SigBlk:\tfffffffe7ffbfeff"));
	assert_int_equal(fcntl(guardian.watchdog.socket_fd, F_GETFD),
			 FD_CLOEXEC);
	assert_int_equal(fcntl(guardian.watchdog.pid_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_int_equal(count_fds(getpid()), before);
}

static void a_missing_setting_is_refused(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	size_t before = count_fds(getpid());

	assert_int_equal(unlink(scene->knob), 0);
	assert_int_equal(guardian_start(&guardian), -ENOENT);
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_int_equal(access(scene->state, F_OK), -1);
	assert_int_equal(count_fds(getpid()), before);
}

static void signals_do_not_disturb_requests(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	sigset_t before;
	sigset_t after;

	sigprocmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(guardian_start(&guardian), 0);
	sigprocmask(SIG_SETMASK, NULL, &after);
	for (int signal = 1; signal < 65; signal++)
		assert_int_equal(sigismember(&before, signal),
				 sigismember(&after, signal));
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	for (int signal = 1; signal < 32; signal++)
		if (signal != SIGKILL && signal != SIGSTOP)
			kill(guardian.watchdog.pid, signal);
	assert_int_equal(guardian_release(&guardian), 0);
	assert_int_equal(scene_knob(scene), '0');
	assert_int_equal(guardian_stop(&guardian), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_lease_is_given_and_released),
		scene_test(a_lease_within_a_lease_goes_back_first),
		scene_test(the_mode_of_now_needs_no_write),
		scene_test(nonsense_is_refused),
		scene_test(a_lease_runs_out),
		scene_test(a_third_partys_value_is_kept),
		scene_test(a_second_instance_is_refused),
		scene_test(a_killed_guardian_is_noticed),
		scene_test(a_mute_guardian_does_not_hang_us),
		scene_test(a_child_may_forget_the_guardian),
		scene_test(the_guardian_owns_only_what_it_needs),
		scene_test(a_missing_setting_is_refused),
		scene_test(signals_do_not_disturb_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
