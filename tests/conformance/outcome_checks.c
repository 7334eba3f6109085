/* SPDX-License-Identifier: MIT */
/*
 * How a spawn ends: the status of what ran, the reason of what did not.
 *
 * The libc's posix_spawn(3) is the referee: for one and the same request a
 * strategy must answer the errno that it answers.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define LONG_NAME_LENGTH 300	    /* more than NAME_MAX */
#define LONG_PATH_LENGTH 5000	    /* more than PATH_MAX */
#define LONG_ARGUMENT_LENGTH 140000 /* more than MAX_ARG_STRLEN */

static void statuses_come_back(void **state)
{
	struct scene *scene = *state;
	int status = scene_shell(scene, "exit 0");

	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = scene_shell(scene, "exit 42");
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	status = scene_shell(scene, "kill -TERM $$");
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void child_runs_once(void **state)
{
	struct scene *scene = *state;
	struct stat file;

	assert_int_equal(scene_shell(scene, "printf x >>ran"), 0);
	assert_int_equal(stat("ran", &file), 0);
	assert_int_equal(file.st_size, 1);
}

static void child_is_ours(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	const pid_t pid = scene_hold(scene, &request);

	assert_int_equal(status_field(pid, "PPid", 10), getpid());
	assert_int_equal(status_field(pid, "NSpgid", 10), getpgrp());
	assert_int_equal(getsid(pid), getsid(0));
	scene_drop(scene);
}

static void signal_reaches_child(void **state)
{
	struct scene *scene = *state;
	const struct sw_request request = {
		.path = "/bin/sleep",
		.argv = ARGV("sleep", "60"),
	};

	for (int i = 0; i < 50; i++) {
		struct sw_child child;
		int status;

		assert_int_equal(scene_try(scene, &request, &child), 0);
		assert_int_equal(kill(child.pid, SIGTERM), 0);
		assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGTERM);
	}
}

/* What the libc's own call answers, as a negative errno. */
static int referee(const struct sw_request *request)
{
	pid_t pid;
	int error = (request->search ? posix_spawnp : posix_spawn)(
		&pid, request->path, NULL, NULL, request->argv, environ);

	if (!error)
		waitpid(pid, NULL, 0);
	return -error;
}

/* The strategy's answer is the referee's, and nothing is left behind. */
static void refused_as_by_referee(struct scene *scene,
				  const struct sw_request *request,
				  int expected)
{
	const int children = children_count();
	const int descriptors = descriptors_count(0);
	struct sw_child child;
	const int error = scene_try(scene, request, &child);

	if (error != referee(request) || error != expected)
		fail_msg("%.40s: %s, the libc says %s, expected %s",
			 request->path, strerror(-error),
			 strerror(-referee(request)), strerror(-expected));
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
}

static char *long_text(size_t length)
{
	static char text[LONG_ARGUMENT_LENGTH + 1];

	memset(text, 'x', length);
	text[length] = '\0';
	return text;
}

static void bad_paths_are_refused(void **state)
{
	static const struct {
		const char *path;
		int expected;
	} cases[] = {
		{ "./missing", -ENOENT },  { "", -ENOENT },
		{ "./plain", -EACCES },	   { ".", -EACCES },
		{ "./text", -ENOEXEC },	   { "./orphan", -ENOENT },
		{ "./loop", -ELOOP },	   { "./plain/x", -ENOTDIR },
		{ "./dangling", -ENOENT },
	};
	struct scene *scene = *state;

	scene_write(scene, "plain", "exit 0\n", 0644);
	scene_write(scene, "text", "exit 0\n", 0755);
	scene_write(scene, "orphan", "#!/nonexistent/shell\n", 0755);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(symlink("missing", "dangling"), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sw_request request = {
			.path = cases[i].path,
			.argv = ARGV("bad"),
		};

		refused_as_by_referee(scene, &request, cases[i].expected);
	}
}

static void long_texts_are_refused(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("long") };

	request.path = long_text(LONG_NAME_LENGTH);
	refused_as_by_referee(scene, &request, -ENAMETOOLONG);
	request.search = true;
	refused_as_by_referee(scene, &request, -ENAMETOOLONG);
	request.search = false;
	request.path = long_text(LONG_PATH_LENGTH);
	refused_as_by_referee(scene, &request, -ENAMETOOLONG);
	request.path = "/bin/true";
	request.argv = ARGV("true", long_text(LONG_ARGUMENT_LENGTH));
	refused_as_by_referee(scene, &request, -E2BIG);
}

/* Every argument is small enough, all together are not. */
static void many_arguments_are_refused(void **state)
{
	static char *argv[200];
	struct scene *scene = *state;
	struct sw_request request = { .path = "/bin/true", .argv = argv };

	for (size_t i = 0; i + 1 < COUNT(argv); i++)
		argv[i] = long_text(100000);
	refused_as_by_referee(scene, &request, -E2BIG);
}

/* Linux 6.11 dropped this refusal and 6.12 took it back. */
static void busy_program_is_refused(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.path = "./busy",
		.argv = ARGV("busy"),
	};
	int fd;

	assert_int_equal(scene_shell(scene, "cp /bin/true busy"), 0);
	fd = open("busy", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	refused_as_by_referee(scene, &request, referee(&request));
	close(fd);
	assert_int_equal(scene_run(scene, &request), 0);
}

static void bad_descriptor_is_refused(void **state)
{
	struct scene *scene = *state;
	const struct sw_request requests[] = {
		{ .path = "/bin/true", .argv = ARGV("true"), .stdin_fd = 900 },
		{ .path = "/bin/true", .argv = ARGV("true"), .stdout_fd = 900 },
		{ .path = "/bin/true", .argv = ARGV("true"), .stderr_fd = 900 },
	};
	const int children = children_count();
	struct sw_child child;

	for (size_t i = 0; i < COUNT(requests); i++)
		assert_int_equal(scene_try(scene, &requests[i], &child),
				 -EBADF);
	assert_no_new_child(children);
	assert_int_equal(scene_shell(scene, "exit 0"), 0);
}

const struct check outcome_checks[] = {
	{ .name = "exit statuses and death by signal come back",
	  .run = statuses_come_back },
	{ .name = "the program runs, and once", .run = child_runs_once },
	{ .name = "parent, group and session are ours", .run = child_is_ours },
	{ .name = "a signal sent at once reaches the child",
	  .run = signal_reaches_child },
	{ .name = "bad paths are refused as by the libc",
	  .run = bad_paths_are_refused },
	{ .name = "texts that are too long are refused as by the libc",
	  .run = long_texts_are_refused },
	{ .name = "too many arguments are refused as by the libc",
	  .run = many_arguments_are_refused },
	{ .name = "a program open for writing is refused",
	  .run = busy_program_is_refused },
	{ .name = "a bad descriptor is refused",
	  .run = bad_descriptor_is_refused },
	{ .name = NULL },
};
