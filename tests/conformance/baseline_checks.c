/* SPDX-License-Identifier: MIT */
/* What is true of baselines, whose API keeps the child to itself. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

/* Run to the end by the strategy's own API; the status. */
static int run(struct scene *scene, const struct sw_request *request)
{
	struct sw_child child;

	assert_int_equal(sw_run(scene->handle, request, &child), 0);
	return child.status;
}

static int run_script(struct scene *scene, const char *script)
{
	const struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("/bin/sh", "-c", (char *)script),
		.stderr_fd = scene->null_fd, /* shells tell of deaths */
	};

	return run(scene, &request);
}

/* Run with standard output to a pipe; what arrived there. */
static const char *output_of(struct scene *scene, struct sw_request *request)
{
	static char text[256];
	int ends[2];
	ssize_t length;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	request->stdout_fd = ends[1];
	assert_int_equal(run(scene, request), 0);
	close(ends[1]);
	length = read(ends[0], text, sizeof text - 1);
	assert_true(length >= 0);
	text[length] = '\0';
	close(ends[0]);
	return text;
}

static void statuses_arrive(void **state)
{
	struct scene *scene = *state;
	const struct sw_request absent = {
		.path = "./absent",
		.argv = ARGV("./absent"),
		.stderr_fd = scene->null_fd,
	};
	int status = run_script(scene, "exit 42");

	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	status = run_script(scene, "kill -TERM $$");
	assert_true(status == SIGTERM || status == (128 + SIGTERM) << 8);
	assert_int_equal(run_script(scene, "exit 0"), 0);
	assert_int_equal(WEXITSTATUS(run(scene, &absent)), 127);
}

static void output_arrives(void **state)
{
	struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("/bin/sh", "-c", "echo out; echo err >&2"),
		.stderr_fd = STDOUT_FILENO,
	};

	assert_string_equal(output_of(*state, &request), "out\nerr\n");
}

static void input_arrives(void **state)
{
	struct scene *scene = *state;
	const struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("/bin/sh", "-c", "read a && test $a = word"),
		.stdin_fd = 9,
	};
	int fd;

	scene_write(scene, "input", "word\n", 0600);
	fd = open("input", O_RDONLY | O_CLOEXEC);
	assert_int_equal(dup2(fd, 9), 9);
	close(fd);
	assert_int_equal(run(scene, &request), 0);
	close(9);
}

static void words_arrive_as_they_are(void **state)
{
	struct sw_request request = {
		.path = "/usr/bin/printf",
		.argv = ARGV("/usr/bin/printf", "%s|", "", "it's", "a b",
			     "$HOME", "`x`", "\"", "\\", "*", "a\nb", ";", "'"),
	};

	assert_string_equal(output_of(*state, &request),
			    "|it's|a b|$HOME|`x`|\"|\\|*|a\nb|;|'|");
}

static void searched_name_is_found(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.path = "our-own",
		.argv = ARGV("our-own"),
		.search = true,
	};

	scene_write(scene, "our-own", "#!/bin/sh\necho found\n", 0700);
	setenv("PATH", scene->folder, 1);
	assert_string_equal(output_of(scene, &request), "found\n");
}

static void nothing_is_left(void **state)
{
	struct scene *scene = *state;
	const int children = children_count();
	const int descriptors = descriptors_count(0);

	for (int i = 0; i < 100; i++) {
		struct sw_request request = {
			.path = "/bin/true",
			.argv = ARGV("/bin/true"),
			.stdout_fd = scene->null_fd,
		};

		assert_int_equal(run(scene, &request), 0);
	}
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
}

static void standard_descriptors_come_back(void **state)
{
	struct scene *scene = *state;
	const struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("/bin/true"),
		.stdout_fd = STDOUT_FILENO,
		.stderr_fd = scene->null_fd,
	};
	const int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	const int errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	assert_int_equal(fcntl(STDOUT_FILENO, F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(close(STDERR_FILENO), 0);
	errno = EDOM;
	assert_int_equal(run(scene, &request), 0);
	assert_int_equal(errno, EDOM);
	assert_true(same_file(0, STDOUT_FILENO, output));
	assert_int_equal(fcntl(STDOUT_FILENO, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFD), -1);
	assert_int_equal(dup2(output, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(dup2(errors, STDERR_FILENO), STDERR_FILENO);
	close(output);
	close(errors);
}

static void what_no_line_carries_is_refused(void **state)
{
	struct scene *scene = *state;
	const struct sw_request refused[] = {
		{ .path = "/bin/true", .argv = ARGV("true") },
		{ .path = "true", .argv = ARGV("true") },
		{ .path = "/bin/true",
		  .argv = ARGV("/bin/true"),
		  .envp = ARGV("A=1") },
		{ .path = "/bin/true",
		  .argv = ARGV("/bin/true"),
		  .fields = SW_CWD,
		  .cwd = "/" },
		{ .path = "/bin/true", .argv = (char *[]){ NULL } },
	};
	const int children = children_count();
	struct sw_child child;

	for (size_t i = 0; i < COUNT(refused); i++)
		assert_int_equal(sw_spawn(scene->handle, &refused[i], &child),
				 -ENOTSUP);
	assert_no_new_child(children);
}

const struct check baseline_checks[] = {
	{ .name = "statuses arrive", .run = statuses_arrive },
	{ .name = "standard output and error arrive", .run = output_arrives },
	{ .name = "standard input arrives", .run = input_arrives },
	{ .name = "words arrive as they are", .run = words_arrive_as_they_are },
	{ .name = "a searched name is found", .run = searched_name_is_found },
	{ .name = "no zombie and no descriptor is left",
	  .run = nothing_is_left },
	{ .name = "the caller's 0, 1 and 2 come back",
	  .run = standard_descriptors_come_back },
	{ .name = "what a shell line cannot carry is refused",
	  .run = what_no_line_carries_is_refused },
	{ .name = NULL },
};
