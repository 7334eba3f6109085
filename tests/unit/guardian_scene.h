/* SPDX-License-Identifier: MIT */
/*
 * A stage for the guardian's tests: a plain file in place of the kernel's
 * setting, a state directory of its own, and a runner to be killed.
 */
#ifndef GUARDIAN_SCENE_H
#define GUARDIAN_SCENE_H

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/machine/guardian.h"
#include "bench/machine/overcommit.h"

#define DEADLINE_MS 1000 /* the promise: back within one second */

struct scene {
	char directory[64];
	char knob[96];
	char state[96];
};

/* The value of the setting, by its character. */
static inline char scene_knob(const struct scene *scene)
{
	char value = '?';
	int fd = open(scene->knob, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && pread(fd, &value, 1, 0) != 1)
		value = '?';
	if (fd >= 0)
		close(fd);
	return value;
}

/* What a third party does. */
static inline void scene_write_knob(const struct scene *scene, char value)
{
	const char text[2] = { value, '\n' };
	int fd = open(scene->knob, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, sizeof(text), 0), 2);
	close(fd);
}

static inline bool scene_has(const struct scene *scene, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", scene->state, name);
	return access(path, F_OK) == 0;
}

static inline int scene_open(void **context)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	strcpy(scene->directory, "/tmp/spawnwise-guardian-XXXXXX");
	if (!mkdtemp(scene->directory))
		return -1;
	snprintf(scene->knob, sizeof(scene->knob), "%s/knob", scene->directory);
	snprintf(scene->state, sizeof(scene->state), "%s/state",
		 scene->directory);
	scene_write_knob(scene, '0');
	setenv("SPAWNWISE_KNOB", scene->knob, 1);
	setenv("SPAWNWISE_STATE_DIR", scene->state, 1);
	*context = scene;
	return 0;
}

static inline int scene_close(void **context)
{
	struct scene *scene = *context;
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", scene->directory);
	int error = system(command);
	free(scene);
	return error;
}

static inline long long scene_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Wait until the setting has that value; the time it took, or -1. */
static inline long long scene_await_knob(const struct scene *scene, char value,
					 int wait_ms)
{
	long long start_ms = scene_now_ms();
	bool there;

	while (!(there = scene_knob(scene) == value) &&
	       scene_now_ms() - start_ms < wait_ms)
		poll(NULL, 0, 1);
	return there ? scene_now_ms() - start_ms : -1;
}

static inline bool scene_is_locked(const struct scene *scene)
{
	const int fd = open(scene->knob, O_RDONLY | O_CLOEXEC);
	const bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0;

	close(fd);
	return locked;
}

/* Wait until the guardian is gone: its lock is the last that it gives up. */
static inline bool scene_await_end(const struct scene *scene)
{
	long long start_ms = scene_now_ms();
	bool locked;

	while ((locked = scene_is_locked(scene)) &&
	       scene_now_ms() - start_ms < DEADLINE_MS)
		poll(NULL, 0, 1);
	return !locked;
}

/* A runner in a process group of its own, steered by one letter at a time:
 * l lease, r release, s stop, e end without a word. It answers with an int. */
struct runner {
	pid_t pid;
	pid_t guardian_pid;
	int started;
	int fd;
};

#define RUNNER_LEASE_MS 100

static inline int runner_obey(struct guardian *guardian, char order)
{
	switch (order) {
	case 'l':
		return guardian_lease(guardian, 1, RUNNER_LEASE_MS);
	case 'r':
		return guardian_release(guardian);
	case 's':
		return guardian_stop(guardian);
	default:
		_exit(0);
	}
}

static inline _Noreturn void runner_main(int fd)
{
	struct guardian guardian;
	int started[2];
	char order;

	setpgid(0, 0);
	started[0] = guardian_start(&guardian);
	started[1] = started[0] ? guardian.leftover.holder.guardian_pid
				: guardian.watchdog.pid;
	if (write(fd, started, sizeof(started)) != sizeof(started))
		_exit(1);
	while (read(fd, &order, 1) == 1) {
		int answer = runner_obey(&guardian, order);

		if (write(fd, &answer, sizeof(answer)) != sizeof(answer))
			_exit(1);
	}
	_exit(0);
}

static inline void runner_start(struct runner *runner)
{
	int ends[2];
	int started[2] = { -1, -1 };

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	runner->pid = fork();
	assert_true(runner->pid >= 0);
	if (runner->pid == 0) {
		close(ends[0]);
		runner_main(ends[1]);
	}
	close(ends[1]);
	runner->fd = ends[0];
	assert_int_equal(read(runner->fd, started, sizeof(started)),
			 sizeof(started));
	runner->started = started[0];
	runner->guardian_pid = started[1];
}

static inline void runner_send(const struct runner *runner, char order)
{
	assert_int_equal(write(runner->fd, &order, 1), 1);
}

static inline int runner_hear(const struct runner *runner)
{
	int answer = 1;

	assert_int_equal(read(runner->fd, &answer, sizeof(answer)),
			 sizeof(answer));
	return answer;
}

static inline int runner_ask(const struct runner *runner, char order)
{
	runner_send(runner, order);
	return runner_hear(runner);
}

/* A runner that holds a lease of mode 1. */
static inline void runner_lease(struct runner *runner)
{
	runner_start(runner);
	assert_int_equal(runner->started, 0);
	assert_int_equal(runner_ask(runner, 'l'), 0);
}

static inline void runner_reap(struct runner *runner)
{
	assert_int_equal(waitpid(runner->pid, NULL, 0), runner->pid);
	close(runner->fd);
}

/* A test that opens a scene before and closes it after. */
#define scene_test(name)                                                       \
	cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

#endif
