/* SPDX-License-Identifier: MIT */
/*
 * Every way in which a state file can be found, and what repair does.
 */
#include <errno.h>
#include <limits.h>

#include "tests/unit/guardian_scene.h"

/* Leave a state file as a run would that was killed with its guardian. The
 * pid is that of a process that has ended. */
static void leave(const struct scene *scene, struct overcommit_state *state)
{
	int fd;

	(void)scene;
	assert_int_equal(state_open(true, &fd), 0);
	assert_int_equal(state_identify(state), 0);
	state->original = 0;
	state->ours = 1;
	state->pid = fork();
	if (state->pid == 0)
		_exit(0);
	assert_int_equal(waitpid(state->pid, NULL, 0), state->pid);
	assert_int_equal(state_write(fd, state), 0);
	close(fd);
}

static void rewrite(const struct overcommit_state *state)
{
	int fd;

	assert_int_equal(state_open(true, &fd), 0);
	assert_int_equal(state_write(fd, state), 0);
	close(fd);
}

static void nothing_to_do_without_a_directory(void **context)
{
	struct repair repair;

	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_NOTHING);
	assert_int_equal(access(((struct scene *)*context)->state, F_OK), -1);
}

static void nothing_to_do_without_a_state(void **context)
{
	struct scene *scene = *context;
	struct repair repair;

	assert_int_equal(mkdir(scene->state, 0755), 0);
	scene_write_knob(scene, '1');
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_NOTHING);
	assert_int_equal(scene_knob(scene), '1');
}

static void our_value_is_put_back(void **context)
{
	struct scene *scene = *context;
	struct repair repair;
	struct overcommit_state state;

	leave(scene, &state);
	scene_write_knob(scene, '1');
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_DONE);
	assert_int_equal(repair.state.pid, state.pid);
	assert_int_equal(repair.state.original, 0);
	assert_int_equal(repair.state.ours, 1);
	assert_int_equal(repair.found, 1);
	assert_int_equal(scene_knob(scene), '0');
	assert_false(scene_has(scene, "state"));
	assert_false(scene_is_locked(scene));
}

static void a_state_before_the_write_does_no_harm(void **context)
{
	struct scene *scene = *context;
	struct repair repair;
	struct overcommit_state state;

	leave(scene, &state);
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_DONE);
	assert_int_equal(repair.found, 0);
	assert_int_equal(scene_knob(scene), '0');
	assert_false(scene_has(scene, "state"));
}

static void a_foreign_value_is_kept(void **context)
{
	struct scene *scene = *context;
	struct repair repair;
	struct overcommit_state state;

	leave(scene, &state);
	scene_write_knob(scene, '2');
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_FOREIGN);
	assert_int_equal(repair.found, 2);
	assert_int_equal(scene_knob(scene), '2');
	assert_false(scene_has(scene, "state"));
}

static void another_boot_only_loses_the_file(void **context)
{
	struct scene *scene = *context;
	struct repair repair;
	struct overcommit_state state;

	leave(scene, &state);
	strcpy(state.boot_id, "00000000-0000-0000-0000-000000000000");
	rewrite(&state);
	scene_write_knob(scene, '1');
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_OTHER_BOOT);
	assert_int_equal(scene_knob(scene), '1');
	assert_false(scene_has(scene, "state"));
}

/* Whoever holds the lock is at work, not whoever has the pid. */
static void a_living_guardian_is_left_alone(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	struct repair repair;
	struct overcommit_state state;

	leave(scene, &state);
	state.pid = getpid();
	rewrite(&state);
	scene_write_knob(scene, '1');
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_DONE);
	assert_int_equal(scene_knob(scene), '0');

	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian_lease(&guardian, 1, 60000), 0);
	assert_int_equal(overcommit_repair(&repair), -EBUSY);
	assert_int_equal(repair.holder.guardian_pid, guardian.watchdog.pid);
	assert_int_equal(repair.holder.run_pid, getpid());
	assert_int_equal(scene_knob(scene), '1');
	assert_int_equal(guardian_stop(&guardian), 0);
	assert_int_equal(scene_knob(scene), '0');
}

/* Two containers have two folders and one setting. */
static void another_folder_repairs_too(void **context)
{
	struct scene *scene = *context;
	struct repair repair;
	struct overcommit_state state = { .original = 0, .ours = 1 };
	char other[PATH_MAX];
	int directory_fd;

	assert_int_equal(state_identify(&state), 0);
	assert_int_equal(state_open(true, &directory_fd), 0);
	assert_int_equal(state_write(directory_fd, &state), 0);
	scene_write_knob(scene, '1');
	snprintf(other, sizeof(other), "%s/other", scene->directory);
	setenv("SPAWNWISE_STATE_DIR", other, 1);
	if (state_read(-1, &state) == -ENOENT) {
		close(directory_fd);
		print_message("no keyrings here\n");
		skip();
	}
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_DONE);
	assert_int_equal(scene_knob(scene), '0');

	/* Now 1 is somebody's wish: the file that is left is no news. */
	scene_write_knob(scene, '1');
	setenv("SPAWNWISE_STATE_DIR", scene->state, 1);
	assert_true(scene_has(scene, "state"));
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.action, REPAIR_NOTHING);
	assert_int_equal(scene_knob(scene), '1');
	close(directory_fd);

	/* Nor is it when a run with another folder is killed after that. */
	setenv("SPAWNWISE_STATE_DIR", other, 1);
	state.original = 1;
	state.ours = 2;
	rewrite(&state);
	setenv("SPAWNWISE_STATE_DIR", scene->state, 1);
	assert_true(scene_has(scene, "state"));
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(repair.state.original, 1);
	assert_int_equal(scene_knob(scene), '1');
}

static void a_held_lock_refuses(void **context)
{
	struct scene *scene = *context;
	struct repair repair;
	struct overcommit_state state;
	struct lock lock;
	int knob_fd;

	leave(scene, &state);
	assert_int_equal(overcommit_open(O_RDWR, &knob_fd), 0);
	assert_int_equal(lock_take(&lock, knob_fd, LOCK_EX, 0, &repair.holder),
			 0);
	assert_int_equal(overcommit_repair(&repair), -EBUSY);
	assert_int_equal(repair.holder.run_pid, getpid());
	assert_int_equal(repair.holder.guardian_pid, 0);
	lock_release(&lock);
	assert_int_equal(overcommit_repair(&repair), 0);
	close(knob_fd);
}

static void garbage_is_removed_and_told(void **context)
{
	static const char *const garbage[] = {
		"",
		"garbage",
		"boot_id x\npid 1\n",
		"boot_id x\npid 0\nstart_ticks 1\noriginal 0\nours 1\n",
		"boot_id x\npid 1\nstart_ticks 1\noriginal 0\nours 1\nmore\n",
	};
	struct scene *scene = *context;
	struct repair repair;
	char path[PATH_MAX];

	assert_int_equal(mkdir(scene->state, 0755), 0);
	snprintf(path, sizeof(path), "%s/state", scene->state);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		FILE *stream = fopen(path, "we");

		assert_non_null(stream);
		fputs(garbage[i], stream);
		fclose(stream);
		assert_int_equal(overcommit_repair(&repair), 0);
		assert_int_equal(repair.action, REPAIR_UNREADABLE);
		assert_false(scene_has(scene, "state"));
	}
	assert_int_equal(scene_knob(scene), '0');
}

static void a_lost_setting_keeps_the_state(void **context)
{
	struct scene *scene = *context;
	struct repair repair;
	struct overcommit_state state;

	leave(scene, &state);
	assert_int_equal(unlink(scene->knob), 0);
	assert_int_equal(overcommit_repair(&repair), -ENOENT);
	assert_true(scene_has(scene, "state"));
	scene_write_knob(scene, '1');
	assert_int_equal(overcommit_repair(&repair), 0);
	assert_int_equal(scene_knob(scene), '0');
}

static void the_start_repairs_first(void **context)
{
	struct scene *scene = *context;
	struct guardian guardian;
	struct overcommit_state state;

	leave(scene, &state);
	scene_write_knob(scene, '1');
	assert_int_equal(guardian_start(&guardian), 0);
	assert_int_equal(guardian.leftover.action, REPAIR_DONE);
	assert_int_equal(scene_knob(scene), '0');
	assert_int_equal(guardian_stop(&guardian), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(nothing_to_do_without_a_directory),
		scene_test(nothing_to_do_without_a_state),
		scene_test(our_value_is_put_back),
		scene_test(a_state_before_the_write_does_no_harm),
		scene_test(a_foreign_value_is_kept),
		scene_test(another_boot_only_loses_the_file),
		scene_test(a_living_guardian_is_left_alone),
		scene_test(another_folder_repairs_too),
		scene_test(a_held_lock_refuses),
		scene_test(garbage_is_removed_and_told),
		scene_test(a_lost_setting_keeps_the_state),
		scene_test(the_start_repairs_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
