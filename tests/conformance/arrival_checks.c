/* SPDX-License-Identifier: MIT */
/* What arrives at the child: arguments, environment, descriptors. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define MANY_ARGUMENTS 1000
#define BYTES_MAX (256 * 1024)

/* The child's /proc file must be exactly these strings, each with its NUL. */
static void assert_strings(pid_t pid, const char *file, char *const *strings)
{
	static char expected[BYTES_MAX], seen[BYTES_MAX];
	size_t length = 0;

	for (; *strings; strings++) {
		assert_true(length + strlen(*strings) < sizeof expected);
		length += strlen(strcpy(expected + length, *strings)) + 1;
	}
	assert_int_equal(proc_read(pid, file, seen, sizeof seen), length);
	assert_memory_equal(seen, expected, length);
}

static void assert_arrives(struct scene *scene, char *const *argv)
{
	struct sw_request request = { .argv = argv };

	assert_strings(scene_hold(scene, &request), "cmdline", argv);
	scene_drop(scene);
}

static void argv_arrives(void **state)
{
	struct scene *scene = *state;

	assert_arrives(scene, ARGV("another name"));
	assert_arrives(scene, ARGV("", "", "a b", " ", "-c", "*", "$HOME",
				   "new\nline", "\xff\x01", ""));
}

static void many_arguments_arrive(void **state)
{
	static char numbers[MANY_ARGUMENTS][64];
	static char *argv[MANY_ARGUMENTS + 1];

	for (int i = 0; i < MANY_ARGUMENTS; i++) {
		snprintf(numbers[i], sizeof numbers[i], "%060d", i);
		argv[i] = numbers[i];
	}
	assert_arrives(*state, argv);
}

static void envp_arrives(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.envp = ARGV("A=1", "EMPTY=", "no equals sign", "A=2", ""),
	};

	assert_strings(scene_hold(scene, &request), "environ", request.envp);
	scene_drop(scene);
	request.envp = ARGV(NULL);
	assert_strings(scene_hold(scene, &request), "environ", request.envp);
	scene_drop(scene);
}

/* The environment of the time of the call, not of the time of sw_open(). */
static void environ_arrives(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };

	setenv("SPAWNWISE_TEST", "set after open", 1);
	assert_strings(scene_hold(scene, &request), "environ", environ);
	scene_drop(scene);
	unsetenv("SPAWNWISE_TEST");
	assert_strings(scene_hold(scene, &request), "environ", environ);
	scene_drop(scene);
}

/* As clearenv(3) leaves it. */
static void no_environ_is_an_empty_one(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	char **const kept = environ;
	pid_t pid;

	environ = NULL;
	pid = scene_hold(scene, &request);
	environ = kept;
	assert_strings(pid, "environ", ARGV(NULL));
	scene_drop(scene);
}

static void descriptors_are_replaced(void **state)
{
	struct scene *scene = *state;
	int in[2], out[2], err[2];
	struct sw_request request = { .argv = ARGV("held") };
	pid_t pid;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	request.stdin_fd = in[0];
	request.stdout_fd = out[1];
	request.stderr_fd = err[1];
	pid = scene_hold(scene, &request);
	assert_true(same_file(pid, 0, in[0]));
	assert_true(same_file(pid, 1, out[1]));
	assert_true(same_file(pid, 2, err[1]));
	assert_int_equal(descriptors_count(pid), 3);
	scene_drop(scene);
	for (int end = 0; end < 2; end++) {
		close(in[end]);
		close(out[end]);
		close(err[end]);
	}
}

static void descriptors_are_inherited(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	const pid_t pid = scene_hold(scene, &request);

	for (int fd = 0; fd < 3; fd++)
		assert_true(same_file(pid, fd, fd));
	assert_int_equal(descriptors_count(pid), 3);
	scene_drop(scene);
}

static void stderr_follows_stdout(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.stdout_fd = scene->null_fd,
		.stderr_fd = 1,
	};
	const pid_t pid = scene_hold(scene, &request);

	assert_true(same_file(pid, 1, scene->null_fd));
	assert_true(same_file(pid, 2, scene->null_fd));
	scene_drop(scene);
}

/* The assignments are made in order: 0 first. */
static void order_of_assignments(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.stdin_fd = 1,
		.stdout_fd = scene->null_fd,
	};
	pid_t pid = scene_hold(scene, &request);

	assert_true(same_file(pid, 0, 1));
	assert_true(same_file(pid, 1, scene->null_fd));
	scene_drop(scene);
	request = (struct sw_request){
		.argv = ARGV("held"),
		.stdin_fd = scene->null_fd,
		.stdout_fd = 2,
	};
	pid = scene_hold(scene, &request);
	assert_true(same_file(pid, 0, scene->null_fd));
	assert_true(same_file(pid, 1, 2));
	scene_drop(scene);
}

static void naming_stdout_keeps_it_open(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held"), .stdout_fd = 1 };
	pid_t pid;

	assert_int_equal(fcntl(1, F_SETFD, FD_CLOEXEC), 0);
	pid = scene_hold(scene, &request);
	assert_true(same_file(pid, 1, 1));
	assert_int_equal(fcntl(1, F_GETFD), FD_CLOEXEC);
	fcntl(1, F_SETFD, 0);
	scene_drop(scene);
}

static void closed_stdin_stays_closed(void **state)
{
	struct scene *scene = *state;
	const int saved_fd = fcntl(0, F_DUPFD_CLOEXEC, 10);
	struct sw_request request = { .argv = ARGV("held") };
	pid_t pid;

	assert_true(saved_fd >= 0);
	close(0);
	pid = scene_hold(scene, &request);
	assert_int_equal(dup2(saved_fd, 0), 0);
	close(saved_fd);
	assert_false(same_file(pid, 0, 0));
	assert_true(same_file(pid, 1, 1));
	assert_int_equal(descriptors_count(pid), 2);
	scene_drop(scene);
}

/* A caller without stdin and stdout opens files in their place. */
static void low_source_descriptors(void **state)
{
	struct scene *scene = *state;
	const int saved_fd = fcntl(0, F_DUPFD_CLOEXEC, 10);
	struct sw_request request = { .argv = ARGV("held") };
	int ends[2];
	pid_t pid;

	close(0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(ends[0], 0);
	request.stdout_fd = ends[1];
	pid = scene_hold(scene, &request);
	assert_true(same_file(pid, 1, ends[1]));
	scene_drop(scene);
	assert_int_equal(dup2(saved_fd, 0), 0);
	close(saved_fd);
	close(ends[1]);
}

static void data_flows(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", "cat; echo wrong >&2"),
		.stderr_fd = 1,
	};
	char text[64] = "";
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(write(in[1], "through\n", 8), 8);
	close(in[1]);
	request.stdin_fd = in[0];
	request.stdout_fd = out[1];
	assert_int_equal(scene_run(scene, &request), 0);
	close(out[1]);
	assert_int_equal(read(out[0], text, sizeof text - 1), 14);
	assert_string_equal(text, "through\nwrong\n");
	assert_int_equal(read(out[0], text, 1), 0);
	close(in[0]);
	close(out[0]);
}

const struct check arrival_checks[] = {
	{ .name = "argv arrives exactly", .run = argv_arrives },
	{ .name = "1,000 arguments arrive", .run = many_arguments_arrive },
	{ .name = "envp arrives exactly", .run = envp_arrives },
	{ .name = "environ arrives as it is now", .run = environ_arrives },
	{ .name = "no environ is an empty one",
	  .run = no_environ_is_an_empty_one },
	{ .name = "descriptors are replaced", .run = descriptors_are_replaced },
	{ .name = "0, 1 and 2 are inherited, and nothing else",
	  .run = descriptors_are_inherited },
	{ .name = "stderr_fd 1 is where stdout goes",
	  .run = stderr_follows_stdout },
	{ .name = "descriptors are assigned in order",
	  .run = order_of_assignments },
	{ .name = "stdout_fd 1 outlives its close-on-exec flag",
	  .run = naming_stdout_keeps_it_open },
	{ .name = "a closed stdin stays closed",
	  .run = closed_stdin_stays_closed },
	{ .name = "sources below 3 work", .run = low_source_descriptors },
	{ .name = "data flows, then ends", .run = data_flows },
	{ .name = NULL },
};
