/* SPDX-License-Identifier: MIT */
/* Pid namespaces: children that are born in another, and a caller in one that
 * /proc does not show. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

static const char *no_namespaces(void)
{
	static int status = -1;

	if (status < 0) {
		const pid_t pid = fork();

		if (!pid)
			_exit(unshare(CLONE_NEWPID) ? 1 : 0);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			status = 1;
	}
	return status ? "a pid namespace cannot be made" : NULL;
}

/* As the init of a new namespace, which the handle's opening has left to it. */
static const char *open_before_init(struct scene *scene)
{
	const struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", "exit $((6 + $$))"),
	};
	struct sw_handle *handle;
	struct sw_child child;
	int status;

	COMPLAIN_UNLESS(!unshare(CLONE_NEWPID));
	COMPLAIN_UNLESS(!sw_open(scene->strategy, &handle));
	COMPLAIN_UNLESS(!sw_spawn(handle, &request, &child));
	COMPLAIN_UNLESS(!sw_confirm(handle, &child, -1));
	COMPLAIN_UNLESS(!sw_reap(handle, &child, &status));
	COMPLAIN_UNLESS(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	sw_close(handle);
	return NULL;
}

/* Processes that have not come through exec; /proc shows them to who looks
 * there for a child of the same number. */
static pid_t decoy;

/* The next child has the decoy's number, where the kernel lets us choose it
 * (CONFIG_CHECKPOINT_RESTORE); proc(5). */
static void take_number_of_decoy(void)
{
	const int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);

	if (fd >= 0)
		dprintf(fd, "%d", (int)decoy - 1);
	close(fd);
}

/* NULL, or what is wrong: the answer has to come while the program waits. */
static const char *spawn_beside(struct scene *scene, unsigned fields)
{
	struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", "read line; exit 7"),
		.fields = fields & scene->strategy->honours,
	};
	struct sw_child child;
	int gate[2], status;

	COMPLAIN_UNLESS(!pipe2(gate, O_CLOEXEC));
	request.stdin_fd = gate[0];
	take_number_of_decoy();
	COMPLAIN_UNLESS(!scene_try(scene, &request, &child));
	close(gate[1]);
	close(gate[0]);
	COMPLAIN_UNLESS(!sw_reap(scene->handle, &child, &status));
	COMPLAIN_UNLESS(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	request.path = "./missing";
	request.stdin_fd = 0;
	take_number_of_decoy();
	COMPLAIN_UNLESS(scene_try(scene, &request, &child) == -ENOENT);
	return NULL;
}

static const char *spawn_in_session(struct scene *scene)
{
	const char *complaint = spawn_beside(scene, 0);

	if (!complaint)
		complaint = spawn_beside(scene, SW_PGROUP);
	if (!complaint)
		complaint = spawn_beside(scene, SW_SESSION);
	return complaint;
}

/* The init of a namespace whose /proc is that of the one above it. */
static const char *spawn_as_init(struct scene *scene)
{
	const char *complaint;
	pid_t pid;
	int status;

	COMPLAIN_UNLESS((decoy = fork()) >= 0);
	if (!decoy) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	COMPLAIN_UNLESS(!unshare(CLONE_NEWPID) && (pid = fork()) >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* no alarm(2) ends an init */
		sw_close(scene->handle);
		complaint = sw_open(scene->strategy, &scene->handle)
				    ? "the strategy does not open"
				    : spawn_in_session(scene);
		scene_end_copy(scene, complaint);
	}
	COMPLAIN_UNLESS(waitpid(pid, &status, 0) == pid);
	kill(decoy, SIGKILL);
	waitpid(decoy, NULL, 0);
	COMPLAIN_UNLESS(!status);
	return NULL;
}

static void foreign_proc_is_not_believed(void **state)
{
	scene_in_copy(*state, spawn_as_init);
}

static void open_bears_no_init(void **state)
{
	scene_in_copy(*state, open_before_init);
}

static bool is_init_of_the_next(void)
{
	const pid_t pid = fork();
	int status;

	if (!pid)
		_exit(getpid() == 1 ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && !status;
}

/* Neither a new handle nor a renewal; the old helper serves, out of the
 * namespace that its caller is in himself. */
static const char *bear_no_helper(struct scene *scene)
{
	struct sw_handle *handle;

	COMPLAIN_UNLESS(!unshare(CLONE_NEWPID));
	COMPLAIN_UNLESS(sw_open(scene->strategy, &handle) == -ENOTSUP);
	COMPLAIN_UNLESS(sw_refresh(scene->handle) == -ENOTSUP);
	COMPLAIN_UNLESS(is_init_of_the_next());
	COMPLAIN_UNLESS(sw_open(scene->strategy, &handle) == -ENOTSUP);
	return NULL;
}

static void no_helper_is_an_init(void **state)
{
	scene_in_copy(*state, bear_no_helper);
}

const struct check namespace_checks[] = {
	{ .name = "no helper is born in another pid namespace",
	  .run = no_helper_is_an_init,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_namespaces },
	{ .name = "open leaves a new pid namespace to the first child",
	  .run = open_bears_no_init,
	  .lacks = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_namespaces },
	{ .name = "the /proc of another pid namespace is not believed",
	  .run = foreign_proc_is_not_believed,
	  .obstacle = no_namespaces },
	{ .name = NULL },
};
