/* SPDX-License-Identifier: MIT */
/*
 * The watchdog's own half: hold one group, and sweep it away in the end.
 *
 * SIGKILL ends stopped processes, those that a version 2 group has frozen,
 * and those that wait for memory in a version 1 group without OOM killer
 * (mm/memcontrol-v1.c sleeps killable). A zombie keeps no group busy.
 */
#include "bench/labs/group_watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/machine/text.h"

#define BATCH 64 /* processes killed in one round */
#define RETRY_MS 1
#define PATIENT_RETRY_MS 100 /* the runner is gone, a process does not die */

struct group_watchdog {
	struct watchdog_post post;
	char directory[PATH_MAX]; /* empty: it holds nothing */
	int lock_fd;		  /* of the directory that it holds */
};

struct listing {
	int count;
	bool foreign; /* "0": a process of another pid namespace */
	pid_t pids[BATCH];
};

static void listing_read(const char *directory, struct listing *list)
{
	char text[4096];
	char *at = text;

	*list = (struct listing){ .count = 0 };
	if (text_read_at(text, sizeof(text), "%s/cgroup.procs", directory))
		return;
	while (*at) {
		const pid_t pid = (pid_t)strtol(at, &at, 10);

		/* Text that fills the buffer may end within a number. */
		if (at == text + sizeof(text) - 1)
			return;
		if (pid > 0 && list->count < BATCH)
			list->pids[list->count++] = pid;
		list->foreign |= pid == 0;
		at += *at != '\0';
	}
}

static bool listed(const struct listing *list, pid_t pid)
{
	for (int i = 0; i < list->count; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

/* A pid may be somebody else's by now; but one that is listed still after its
 * pidfd was opened is the process that the pidfd means, or that one is dead. */
static void kill_listed(const char *directory, const struct listing *first)
{
	struct listing second;
	int fds[BATCH];

	for (int i = 0; i < first->count; i++)
		fds[i] = (int)syscall(SYS_pidfd_open, first->pids[i], 0);
	listing_read(directory, &second);
	for (int i = 0; i < first->count; i++) {
		if (fds[i] < 0)
			continue;
		if (listed(&second, first->pids[i]))
			syscall(SYS_pidfd_send_signal, fds[i], SIGKILL, NULL,
				0);
		close(fds[i]);
	}
}

/* One round: 0 once the group is gone. */
static int sweep_once(const char *directory, bool foreign_stay, bool *killed)
{
	struct listing list;

	if (!rmdir(directory) || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return -errno;
	listing_read(directory, &list);
	if (foreign_stay && list.foreign)
		return -EPERM;
	*killed |= list.count > 0 || list.foreign;
	/* Version 2 since Linux 5.14 kills a group as one, forks included. */
	if (foreign_stay || text_write_at("1", "%s/cgroup.kill", directory))
		kill_listed(directory, &list);
	return -EBUSY;
}

int group_watchdog_sweep(const char *directory, bool foreign_stay, int wait_ms,
			 bool *killed)
{
	int error = sweep_once(directory, foreign_stay, killed);

	for (int i = 0; error == -EBUSY && i < wait_ms / RETRY_MS; i++) {
		poll(NULL, 0, RETRY_MS);
		error = sweep_once(directory, foreign_stay, killed);
	}
	return error;
}

/* Whether the name still means what was opened: it may have been removed, and
 * even made anew, before we had the lock. */
static bool is_named(int fd, const char *directory)
{
	struct stat opened, named;

	return !fstat(fd, &opened) && !stat(directory, &named) &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

int group_watchdog_lock(const char *directory)
{
	const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		error = errno == EWOULDBLOCK ? -EBUSY : -ENOLCK;
	else if (!is_named(fd, directory))
		error = -ENOENT;
	if (error)
		close(fd);
	return error ? error : fd;
}

static int clear_group(struct group_watchdog *watchdog)
{
	bool killed = false;
	int error;

	if (!*watchdog->directory)
		return 0;
	error = group_watchdog_sweep(watchdog->directory, false,
				     WATCHDOG_SWEEP_MS, &killed);
	if (error)
		return error;
	close(watchdog->lock_fd);
	*watchdog->directory = '\0';
	return killed;
}

static int make_group(struct group_watchdog *watchdog, const char *directory)
{
	if (mkdir(directory, 0755))
		return -errno;
	watchdog->lock_fd = group_watchdog_lock(directory);
	/* Another run has removed the group as a leftover of ours. */
	if (watchdog->lock_fd == -EBUSY || watchdog->lock_fd == -ENOENT)
		return -EEXIST;
	if (watchdog->lock_fd < 0) {
		rmdir(directory);
		return watchdog->lock_fd;
	}
	snprintf(watchdog->directory, PATH_MAX, "%s", directory);
	return 0;
}

/* Its life, a watchdog_life: context is its struct group_watchdog. */
static void live(void *context)
{
	struct group_watchdog *watchdog = context;
	char request[PATH_MAX];
	int keep[] = { watchdog->post.runner_fd, watchdog->post.socket_fd };
	int error = watchdog_settle("spawnwise-keep", keep, 2);
	bool stopped = false;
	int heard = 0;

	watchdog_answer(&watchdog->post, error);
	if (error)
		_exit(0);
	while (!stopped && heard >= 0) {
		heard = watchdog_hear(&watchdog->post, request, sizeof request,
				      -1);
		if (heard <= 0)
			continue;
		stopped = !*request;
		watchdog_answer(&watchdog->post,
				stopped ? clear_group(watchdog)
					: make_group(watchdog, request));
	}
	/* The runner is gone, or wants nothing more: leave nothing behind. */
	while (clear_group(watchdog) == -EBUSY)
		poll(NULL, 0, PATIENT_RETRY_MS);
	_exit(0);
}

int group_watchdog_birth(struct watchdog *watchdog)
{
	struct group_watchdog life = { .directory = "" };

	return watchdog_birth(watchdog, &life.post, live, &life);
}
