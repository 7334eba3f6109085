/* SPDX-License-Identifier: MIT */
/* Controlling terminals: a new session takes one, a group its foreground. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

struct terminal {
	int master_fd;
	int slave_fd;
};

static bool terminal_open(struct terminal *terminal)
{
	const char *name;

	terminal->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal->master_fd < 0 || unlockpt(terminal->master_fd))
		return false;
	name = ptsname(terminal->master_fd);
	terminal->slave_fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return terminal->slave_fd >= 0;
}

static void terminal_close(const struct terminal *terminal)
{
	close(terminal->slave_fd);
	close(terminal->master_fd);
}

static const char *no_terminal(void)
{
	struct terminal terminal;

	if (!terminal_open(&terminal))
		return "there are no pseudo terminals";
	terminal_close(&terminal);
	return NULL;
}

/* Fields 7 and 8 of /proc/PID/stat: tty_nr and tpgid. */
static void session_takes_terminal(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_SESSION | SW_CTTY,
	};
	struct terminal terminal;
	struct stat slave;
	pid_t pid;

	assert_true(terminal_open(&terminal));
	assert_int_equal(fstat(terminal.slave_fd, &slave), 0);
	request.ctty_fd = request.stdin_fd = terminal.slave_fd;
	pid = scene_hold(scene, &request);
	assert_int_equal(getsid(pid), pid);
	assert_int_equal(stat_field(pid, 7), slave.st_rdev);
	assert_int_equal(stat_field(pid, 8), pid);
	scene_drop(scene);
	request.path = "/bin/sh";
	request.argv = ARGV("sh", "-c", "exec </dev/tty");
	assert_int_equal(scene_run(scene, &request), 0);
	terminal_close(&terminal);
}

static void bad_terminals_are_refused(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_SESSION | SW_CTTY,
		.ctty_fd = scene->null_fd,
	};

	scene_refuses(scene, &request, -ENOTTY, SW_CTTY, 0);
	request.fields = SW_PGROUP | SW_CTTY;
	scene_refuses(scene, &request, -ENOTTY, SW_CTTY, 0);
}

/* The caller leads a session with a terminal, in the background of which it
 * would be stopped if the child did not block SIGTTOU. */
static const char *hand_over(struct scene *scene, bool by_action)
{
	struct sw_action action = { .kind = SW_FOREGROUND };
	struct sw_request request = {
		.path = "/bin/cat",
		.argv = ARGV("cat"),
		.fields = SW_PGROUP | (by_action ? SW_FDACTIONS : SW_CTTY),
		.actions = &action,
		.action_count = 1,
	};
	struct terminal terminal;
	struct sw_child child;
	int status;

	COMPLAIN_UNLESS(terminal_open(&terminal));
	COMPLAIN_UNLESS(!ioctl(terminal.slave_fd, TIOCSCTTY, 0));
	COMPLAIN_UNLESS(tcgetpgrp(terminal.slave_fd) == getpgrp());
	/* A helper that is there already has no terminal. */
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	request.stdin_fd = request.ctty_fd = action.fd = terminal.slave_fd;
	COMPLAIN_UNLESS(!scene_try(scene, &request, &child));
	COMPLAIN_UNLESS(tcgetpgrp(terminal.slave_fd) == child.pid);
	/* Whoever is in the foreground gets the signals of the keyboard. */
	COMPLAIN_UNLESS(write(terminal.master_fd, "\003", 1) == 1);
	COMPLAIN_UNLESS(waitpid(child.pid, &status, 0) == child.pid);
	COMPLAIN_UNLESS(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	return NULL;
}

static const char *hand_over_by_field(struct scene *scene)
{
	return hand_over(scene, false);
}

static const char *hand_over_by_action(struct scene *scene)
{
	return hand_over(scene, true);
}

static void group_takes_foreground(void **state)
{
	scene_in_copy(*state, hand_over_by_field);
}

static void action_takes_foreground(void **state)
{
	scene_in_copy(*state, hand_over_by_action);
}

const struct check terminal_checks[] = {
	{ .name = "a session takes its controlling terminal",
	  .run = session_takes_terminal,
	  .honours = SW_SESSION | SW_CTTY,
	  .obstacle = no_terminal },
	{ .name = "what is no terminal is refused",
	  .run = bad_terminals_are_refused,
	  .honours = SW_SESSION | SW_PGROUP | SW_CTTY },
	{ .name = "a process group takes the foreground",
	  .run = group_takes_foreground,
	  .honours = SW_PGROUP | SW_CTTY,
	  .obstacle = no_terminal },
	{ .name = "an action takes the foreground",
	  .run = action_takes_foreground,
	  .honours = SW_PGROUP | SW_FDACTIONS,
	  .obstacle = no_terminal },
	{ .name = NULL },
};
