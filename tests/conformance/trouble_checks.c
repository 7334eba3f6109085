/* SPDX-License-Identifier: MIT */
/* A helper in trouble at any moment: killed, stopped, or given garbage. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define DEATHS 1000
#define IN_FLIGHT 3
#define STOPS 300
#define GARBLES 300
#define PATIENCE_MS 20000

/* How often this program's line is in the file that all write to. */
static int count_runs(const char *line)
{
	static char text[1 << 18];
	const int fd = open("ran", O_RDONLY | O_CLOEXEC);
	const ssize_t length = read(fd, text, sizeof text - 1);
	int count = 0;

	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	for (char *at = text; (at = strstr(at, line)); at++)
		count++;
	return count;
}

/* Wait a while that is too short for any clock. */
static void dawdle(unsigned turns)
{
	for (volatile unsigned turn = 0; turn < turns; turn++)
		;
}

/*
 * Whatever it is doing: a request that was confirmed has run once when its
 * child is reaped, one that was not has not, and will not.
 */
static void death_at_random(void **state)
{
	struct scene *scene = *state;
	const int fd =
		open("ran", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	unsigned seed = 1;
	int confirmed = 0;

	for (int death = 0; death < DEATHS; death++) {
		const pid_t helper = helper_find();
		struct sw_child flock[IN_FLIGHT];
		char lines[IN_FLIGHT][32];

		for (int i = 0; i < IN_FLIGHT; i++) {
			struct sw_request request = {
				.path = "/bin/echo",
				.argv = ARGV("echo", lines[i]),
				.stdout_fd = fd,
			};

			snprintf(lines[i], sizeof lines[i], "<%d>", i);
			assert_int_equal(
				sw_spawn(scene->handle, &request, &flock[i]),
				0);
		}
		dawdle((unsigned)rand_r(&seed) % 400000);
		kill(helper, SIGKILL);
		for (int i = 0; i < IN_FLIGHT; i++) {
			const int error = sw_confirm(scene->handle, &flock[i],
						     PATIENCE_MS);

			assert_true(error == 0 || error == -EPIPE);
			if (!error)
				waitpid(flock[i].pid, NULL, 0);
			assert_int_equal(count_runs(lines[i]), !error);
			confirmed += !error;
		}
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(sw_refresh(scene->handle), 0);
	}
	close(fd);
	/* Not always too early, and not always too late. */
	assert_true(confirmed > 0 && confirmed < DEATHS * IN_FLIGHT);
}

static void *stop_and_go(void *data)
{
	const pid_t helper = *(pid_t *)data;
	unsigned seed = 1;

	for (int i = 0; i < STOPS; i++) {
		kill(helper, SIGSTOP);
		sched_yield();
		kill(helper, SIGCONT);
		dawdle((unsigned)rand_r(&seed) % 200000);
	}
	return NULL;
}

static void stops_at_random(void **state)
{
	struct scene *scene = *state;
	const struct sw_request quick = scene_quick(scene);
	pid_t helper = helper_find();
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, stop_and_go, &helper),
			 0);
	for (int i = 0; i < STOPS; i++) {
		struct sw_child child;
		int error = sw_spawn(scene->handle, &quick, &child);

		assert_int_equal(error, 0);
		do
			error = sw_confirm(scene->handle, &child, i % 3);
		while (error == -EAGAIN);
		assert_int_equal(error, 0);
		assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	}
	pthread_join(thread, NULL);
	assert_no_new_child(1);
}

/* What we share with a helper, as /proc tells it. */
static uint64_t *shared_memory(size_t *words)
{
	static char text[1 << 18];
	const size_t length = proc_read(0, "maps", text, sizeof text);
	unsigned long start, end;
	char *line;

	text[length] = '\0';
	line = strstr(text, "rw-s");
	assert_non_null(line);
	while (line > text && line[-1] != '\n')
		line--;
	assert_int_equal(sscanf(line, "%lx-%lx", &start, &end), 2);
	*words = (end - start) / sizeof(uint64_t);
	return (uint64_t *)start; /* NOLINT: an address in a text */
}

/*
 * Requests are spoiled while the helper is stopped. Words that are no
 * addresses: a caller can harm itself in better ways. The first request lies
 * where the memory begins.
 */
static void garbage_is_survived(void **state)
{
	struct scene *scene = *state;
	const struct sw_request quick = scene_quick(scene);
	unsigned seed = 1;
	size_t words;
	uint64_t *memory = shared_memory(&words);
	int refused = 0;

	for (int garble = 0; garble < GARBLES; garble++) {
		const pid_t helper = helper_find();
		struct sw_child child;
		int error;

		helper_stop(helper);
		assert_int_equal(sw_spawn(scene->handle, &quick, &child), 0);
		for (int i = 0; i < 8; i++)
			memory[(unsigned)rand_r(&seed) % 64] =
				UINT64_C(0xdead) << 48 |
				((unsigned)rand_r(&seed) & 0x3ffff);
		kill(helper, SIGCONT);
		error = sw_confirm(scene->handle, &child, PATIENCE_MS);
		assert_int_not_equal(error, -EAGAIN);
		if (!error)
			waitpid(child.pid, NULL, 0);
		refused += error < 0;
		assert_int_equal(scene_run(scene, &quick), 0);
		assert_int_equal(helper_find(), helper);
	}
	assert_true(refused > 0);
}

const struct check trouble_checks[] = {
	{ .name = "a helper killed at random runs nothing twice",
	  .run = death_at_random,
	  NEEDS_HELPER },
	{ .name = "a helper stopped at random loses nothing",
	  .run = stops_at_random,
	  NEEDS_HELPER },
	{ .name = "a helper survives garbage",
	  .run = garbage_is_survived,
	  NEEDS_HELPER },
	{ .name = NULL },
};
