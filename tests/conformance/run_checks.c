/* SPDX-License-Identifier: MIT */
/* The calls that are made of others: sw_run() and sw_supported(). Baselines
 * pass these as well. */

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

static bool is_baseline(const struct scene *scene)
{
	return scene->strategy->traits & SW_BASELINE;
}

static int run_script(struct scene *scene, const char *script)
{
	const struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("/bin/sh", "-c", (char *)script),
		.stderr_fd = scene->null_fd, /* shells tell of deaths */
	};
	struct sw_child child;

	assert_int_equal(sw_run(scene->handle, &request, &child), 0);
	assert_false(child.in_flight);
	assert_true(is_baseline(scene) || child.pid > 0);
	return child.status;
}

static void run_tells_the_end(void **state)
{
	struct scene *scene = *state;
	const int children = children_count();
	int status;

	assert_int_equal(run_script(scene, "exit 0"), 0);
	assert_int_equal(run_script(scene, "exit 42"), 42 << 8);
	status = run_script(scene, "kill -TERM $$");
	assert_true(status == SIGTERM ||
		    (is_baseline(scene) && status == (128 + SIGTERM) << 8));
	assert_no_new_child(children);
}

static void assert_run_fails(struct scene *scene,
			     const struct sw_request *request, int error,
			     unsigned stage, int action)
{
	struct sw_child child;

	assert_int_equal(sw_run(scene->handle, request, &child), error);
	assert_int_equal(child.pid, 0);
	if (child.stage || scene->strategy->honours & SW_UMASK) {
		assert_int_equal(child.stage, stage);
		assert_int_equal(child.action, action);
	}
}

static void run_tells_the_step_that_failed(void **state)
{
	struct scene *scene = *state;
	const int children = children_count();
	const int descriptors = descriptors_count(0);
	const struct sw_request absent = { .path = "./absent",
					   .argv = ARGV("absent") };
	const struct sw_request bad_fd = { .path = "/bin/true",
					   .argv = ARGV("true"),
					   .stdout_fd = -1 };
	const struct sw_request bad_action = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_CLOSE, .fd = 9 },
			{ SW_CHDIR, .path = "./absent" })
	};

	assert_run_fails(scene, &absent, -ENOENT, SW_EXEC, 0);
	assert_run_fails(scene, &bad_fd, -EINVAL, SW_STDIO, 1);
	assert_run_fails(scene, &bad_action, -ENOENT, SW_FDACTIONS, 1);
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
}

/* The status is lost (wait(2), NOTES); the pid says that the program ran. */
static const char *ignore_ends(struct scene *scene)
{
	const struct sw_request request = { .path = "/bin/true",
					    .argv = ARGV("true") };
	struct sw_child child;

	signal(SIGCHLD, SIG_IGN);
	COMPLAIN_UNLESS(sw_run(scene->handle, &request, &child) == -ECHILD);
	COMPLAIN_UNLESS(child.pid > 0 && !child.in_flight);
	COMPLAIN_UNLESS(sw_supported(scene->strategy) == 0);
	return NULL;
}

static void run_says_that_a_status_is_lost(void **state)
{
	scene_in_copy(*state, ignore_ends);
}

static void run_is_refused_in_a_copy(void **state)
{
	struct scene *scene = *state;
	const pid_t pid = fork();
	int status;

	if (!pid) {
		const struct sw_request request = { .path = "/bin/true",
						    .argv = ARGV("true") };
		struct sw_child child = { .pid = 1 };

		_exit(sw_run(scene->handle, &request, &child) != -ECHILD ||
		      child.pid);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void supported_leaves_nothing(void **state)
{
	struct scene *scene = *state;
	const int children = children_count();
	const int descriptors = descriptors_count(0);

	errno = E2BIG;
	for (int i = 0; i < 20; i++)
		assert_int_equal(sw_supported(scene->strategy), 0);
	assert_int_equal(errno, E2BIG);
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
}

const struct check run_checks[] = {
	{ .name = "sw_run tells how the program ended",
	  .run = run_tells_the_end },
	{ .name = "sw_run tells the step that failed",
	  .run = run_tells_the_step_that_failed,
	  .lacks = SW_BASELINE },
	{ .name = "sw_run tells that a status is lost",
	  .run = run_says_that_a_status_is_lost,
	  .lacks = SW_BASELINE },
	{ .name = "sw_run is refused in a fork's copy",
	  .run = run_is_refused_in_a_copy },
	{ .name = "sw_supported says yes, and leaves nothing behind",
	  .run = supported_leaves_nothing },
	{ .name = NULL },
};
