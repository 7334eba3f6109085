/* SPDX-License-Identifier: MIT */
/*
 * Making a group, holding it and sweeping it away; see group_watchdog.h.
 *
 * The watchdog holds a lock on the directory, which tells all others, in
 * whatever pid namespace they are, that the group is in use (flock(2), which is
 * about the directory and knows no namespaces).
 *
 * SIGKILL ends stopped processes, those that a version 2 group has frozen,
 * and those that wait for memory in a version 1 group without OOM killer
 * (mm/memcontrol-v1.c sleeps killable). A zombie keeps no group busy.
 */
#include "bench/labs/group_watchdog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/machine/text.h"

#define BATCH 64      /* processes killed in one round */
#define SWEEP_MS 2000 /* for one group */
#define RETRY_MS 1
#define PATIENT_RETRY_MS 100 /* a process does not die */
#define STOP_WAIT_MS (SWEEP_MS + 1000)

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

static bool is_member(const char *directory, pid_t pid)
{
	struct listing list;

	listing_read(directory, &list);
	for (int i = 0; i < list.count; i++)
		if (list.pids[i] == pid)
			return true;
	return false;
}

/* A pid may be somebody else's by now; but one that is listed still after its
 * pidfd was opened is the process that the pidfd means, or that one is dead. */
static void kill_listed(const char *directory, const struct listing *list)
{
	for (int i = 0; i < list->count; i++) {
		const int fd = (int)syscall(SYS_pidfd_open, list->pids[i], 0);

		if (fd < 0)
			continue;
		if (is_member(directory, list->pids[i]))
			syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
		close(fd);
	}
}

/* One round: 0 once the group is gone; -EBUSY: not yet; -EPERM: foreign_stay is
 * set and a process of another pid namespace is in it: nothing was done. */
static int sweep_once(const char *directory, bool foreign_stay)
{
	struct listing list;

	if (!rmdir(directory) || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return -errno;
	listing_read(directory, &list);
	if (foreign_stay && list.foreign)
		return -EPERM;
	/* Version 2 since Linux 5.14 kills a group as one, forks included. */
	if (foreign_stay || text_write_at("1", "%s/cgroup.kill", directory))
		kill_listed(directory, &list);
	return -EBUSY;
}

/* Kill all processes of a group and remove it, as long as that may take. */
static int sweep(const char *directory, bool foreign_stay)
{
	int error = sweep_once(directory, foreign_stay);

	for (int i = 0; error == -EBUSY && i < SWEEP_MS / RETRY_MS; i++) {
		poll(NULL, 0, RETRY_MS);
		error = sweep_once(directory, foreign_stay);
	}
	return error;
}

/* A descriptor of the directory, the caller's also after an error; -1: none.
 * -EBUSY: it is locked, or has been removed, and perhaps made anew, before we
 * had the lock; -ENOLCK: flock(2) is refused. */
static int lock(const char *directory, int *lock_fd)
{
	struct stat locked, named;

	*lock_fd = open(directory,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*lock_fd < 0)
		return -errno;
	if (flock(*lock_fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -ENOLCK;
	return fstat(*lock_fd, &locked) || stat(directory, &named) ||
			       locked.st_ino != named.st_ino
		       ? -EBUSY
		       : 0;
}

static int make_group(const char *directory, int *lock_fd)
{
	int error;

	if (mkdir(directory, 0755))
		return -errno;
	error = lock(directory, lock_fd);
	/* Another run has removed the group as a leftover of ours. */
	if (error == -EBUSY || error == -ENOENT)
		return -EEXIST;
	if (error)
		rmdir(directory);
	return error;
}

/* A watchdog_life: context is the directory. */
static void live(struct watchdog *self, void *context)
{
	const char *directory = context;
	const int keep[] = { self->pid_fd, self->socket_fd };
	OWNED_FD lock_fd = -1;
	char stop;
	int error = watchdog_settle("spawnwise-keep", keep, 2);

	if (!error)
		error = make_group(directory, &lock_fd);
	watchdog_answer(self, error);
	if (error)
		return;
	/* Until the runner is gone, or wants nothing more. */
	while (!watchdog_hear(self, &stop, sizeof stop, -1))
		;
	error = sweep(directory, false);
	watchdog_answer(self, error);
	while (error == -EBUSY) {
		poll(NULL, 0, PATIENT_RETRY_MS);
		error = sweep_once(directory, false);
	}
}

int group_watchdog_birth(struct watchdog *watchdog, char *directory)
{
	return watchdog_birth(watchdog, live, directory);
}

void group_watchdog_end(struct watchdog *watchdog, const char *directory)
{
	const int answer = watchdog_ask(watchdog, "", 1, STOP_WAIT_MS);

	if (!answer || answer == -EPIPE)
		watchdog_reap(watchdog);
	else
		watchdog_forget(watchdog);
	if (answer == -EPIPE)
		sweep(directory, false);
}

/* A name like ours, and no runner of our pid namespace that is alive. */
static bool is_left(const char *name)
{
	int end = 0;
	int runner;

	return sscanf(name, "spawnwise-%d-%*d%n", &runner, &end) == 1 && end &&
	       !name[end] && runner > 0 && kill(runner, 0) && errno == ESRCH;
}

/* A runner of another namespace lives as long as its watchdog does, which holds
 * the lock. */
void group_watchdog_repair(const char *parent)
{
	OWNED_DIR groups = opendir(parent);
	struct dirent *entry;
	char path[PATH_MAX];

	while (groups && (entry = readdir(groups))) {
		if (!is_left(entry->d_name) ||
		    snprintf(path, PATH_MAX, "%s/%s", parent, entry->d_name) >=
			    PATH_MAX)
			continue;
		OWNED_FD lock_fd = -1;
		if (!lock(path, &lock_fd))
			sweep(path, true);
	}
}
