/* SPDX-License-Identifier: MIT */
/* Pid namespaces: children that are born in another, and a caller in one that
 * /proc does not show. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define LAST_PID "/proc/sys/kernel/ns_last_pid"
#define TWO_LOOKS_MS 1100 /* of a helper around itself */

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

/* The next child gets that pid, where the kernel lets us choose it
 * (CONFIG_CHECKPOINT_RESTORE); proc(5). */
static bool choose_next_pid(pid_t pid)
{
	const int fd = open(LAST_PID, O_WRONLY | O_CLOEXEC);
	const bool chosen = dprintf(fd, "%d", (int)pid - 1) > 0;

	close(fd);
	return chosen;
}

/* It has not come through exec; who asks /proc for its number sees it. */
static pid_t decoy;

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
	choose_next_pid(decoy);
	COMPLAIN_UNLESS(!scene_try(scene, &request, &child));
	close(gate[1]);
	close(gate[0]);
	COMPLAIN_UNLESS(!sw_reap(scene->handle, &child, &status));
	COMPLAIN_UNLESS(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	request.path = "./missing";
	request.stdin_fd = 0;
	choose_next_pid(decoy);
	COMPLAIN_UNLESS(scene_try(scene, &request, &child) == -ENOENT);
	return NULL;
}

static const char *spawn_in_session(struct scene *scene)
{
	const unsigned ways[] = { 0, SW_PGROUP, SW_SESSION };
	const char *complaint = NULL;

	for (size_t i = 0; i < COUNT(ways) && !complaint; i++)
		complaint = spawn_beside(scene, ways[i]);
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

/* Somebody who is not ours: he ends when told to. */
static pid_t start_stranger(int gate)
{
	const pid_t pid = fork();
	char byte;

	if (!pid) {
		alarm(20);
		_exit(read(gate, &byte, 1) == 1 ? 0 : 1);
	}
	return pid;
}

static const char *spawn_once(struct sw_handle *handle)
{
	const struct sw_request request = { .path = "/bin/true",
					    .argv = ARGV("true") };
	struct sw_child child;

	COMPLAIN_UNLESS(!sw_spawn(handle, &request, &child));
	COMPLAIN_UNLESS(!sw_confirm(handle, &child, -1));
	COMPLAIN_UNLESS(!sw_reap(handle, &child, NULL));
	return NULL;
}

/* In a namespace where our pid is that of the stranger in /proc. */
static const char *outlive(struct scene *scene, int gate)
{
	struct sw_handle *handle;
	const char *complaint;

	COMPLAIN_UNLESS(!sw_open(scene->strategy, &handle));
	complaint = spawn_once(handle);
	COMPLAIN_UNLESS(write(gate, "", 1) == 1);
	poll(NULL, 0, TWO_LOOKS_MS);
	if (!complaint)
		complaint = spawn_once(handle);
	sw_close(handle);
	return complaint;
}

/* As the init of a namespace: the next one born gets that pid. */
static _Noreturn void bear(pid_t pid, struct scene *scene, int gate)
{
	int status;
	pid_t child;

	if (!choose_next_pid(pid))
		_exit(2);
	child = fork();
	if (!child) {
		scene->handle = NULL;
		scene_end_copy(scene, getpid() == pid ? outlive(scene, gate)
						      : "another pid");
	}
	waitpid(child, &status, 0);
	_exit(status ? 1 : 0);
}

static const char *live_under_another_name(struct scene *scene)
{
	int gate[2], status;
	pid_t stranger, init;

	COMPLAIN_UNLESS(!pipe2(gate, O_CLOEXEC));
	stranger = start_stranger(gate[0]);
	COMPLAIN_UNLESS(!unshare(CLONE_NEWPID));
	init = fork();
	if (!init)
		bear(stranger, scene, gate[1]);
	COMPLAIN_UNLESS(waitpid(init, &status, 0) == init && !status);
	return NULL;
}

/* /proc is that of the outer namespace, where our pid is another's. */
static void strangers_do_not_matter(void **state)
{
	scene_in_copy(*state, live_under_another_name);
}

static const char *no_choice_of_pids(void)
{
	return access(LAST_PID, W_OK) ? "a pid cannot be chosen"
				      : no_namespaces();
}

/* Where /proc is gone nothing can be seen, and nothing has changed. */
static const char *lose_proc(struct scene *scene)
{
	struct sw_child child;
	const struct sw_request missing = { .path = "./missing",
					    .argv = ARGV("missing") };

	COMPLAIN_UNLESS(!chroot("."));
	poll(NULL, 0, TWO_LOOKS_MS);
	COMPLAIN_UNLESS(scene_try(scene, &missing, &child) == -ENOENT);
	return NULL;
}

static void lost_proc_is_no_change(void **state)
{
	scene_in_copy(*state, lose_proc);
}

const struct check namespace_checks[] = {
	{ .name = "a process that has our pid in /proc does not matter",
	  .run = strangers_do_not_matter,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_choice_of_pids },
	{ .name = "a caller that leaves /proc behind goes on",
	  .run = lost_proc_is_no_change,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = not_root },
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
