/* SPDX-License-Identifier: MIT */
/* The lock of the setting; see lock.h. */

#include "bench/machine/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bench/machine/process.h"
#include "bench/machine/text.h"

#define RETRY_MS 10

/* "1: FLOCK  ADVISORY  WRITE 4711 00:04:4026531837 0 EOF" */
static pid_t find_locker(const struct stat *file)
{
	TEXT_STREAM locks = text_open("/proc/locks");
	char line[256], object[64], wanted[64];
	pid_t found = 0;
	int pid;

	snprintf(wanted, sizeof(wanted), "%02x:%02x:%ju", major(file->st_dev),
		 minor(file->st_dev), (uintmax_t)file->st_ino);
	while (locks && !found && fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*s FLOCK %*s WRITE %d %63s", &pid, object) ==
			    2 &&
		    !strcmp(object, wanted))
			found = pid;
	return found;
}

/* 1: pid has a locked descriptor of the file; 0: it has none; -1: we may not
 * look. *watched_pid is whom a pidfd of it stands for, -1 or 0 if that one has
 * ended. A descriptor alone is no lock: before Linux 6.9 a pidfd was on the
 * inode of eventfds too. */
static int has_lock(pid_t pid, const struct stat *file, int *watched_pid)
{
	char path[64], text[512];
	const struct dirent *entry;
	struct stat open_file;
	int found = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	OWNED_DIR fds = opendir(path);
	if (!fds)
		return -1;
	while ((entry = readdir(fds))) {
		if (text_read_at(text, sizeof(text), "/proc/%d/fdinfo/%s",
				 (int)pid, entry->d_name))
			continue;
		if (strstr(text, " FLOCK ") &&
		    !fstatat(dirfd(fds), entry->d_name, &open_file, 0) &&
		    open_file.st_dev == file->st_dev &&
		    open_file.st_ino == file->st_ino)
			found = 1;
		const char *line = strstr(text, "\nPid:");
		if (line)
			sscanf(line, "\nPid: %d", watched_pid);
	}
	return found;
}

static bool examine(pid_t pid, pid_t locker, const struct stat *file,
		    struct lock_holder *holder)
{
	struct process_stat stat;
	int watched_pid = 0;

	if (process_stat_read(pid, &stat))
		return false;
	const bool guards = !strcmp(stat.name, GUARD_NAME);
	if (!guards && pid != locker)
		return false;
	const int locked = has_lock(pid, file, &watched_pid);
	if (!locked || (locked < 0 && (!guards || stat.parent_pid != locker)))
		return false;
	if (locked < 0)
		watched_pid = locker;
	holder->run_pid = guards ? watched_pid : pid;
	holder->guardian_pid = guards ? pid : 0;
	return true;
}

/*
 * Who holds it: a guardian, by the descriptors it has.
 *
 * /proc/locks names the process that took a lock (proc_locks(5)), which may
 * have died since and its pid be another's: the descriptors are the proof.
 * Who may not look at them takes a guardian's parent that took the lock: a
 * process whose parent has died is no child of anybody born later.
 */
static void find_holder(int fd, struct lock_holder *holder)
{
	struct process_stat stat;
	struct stat file;
	pid_t pid;

	*holder = (struct lock_holder){ 0 };
	if (fstat(fd, &file) || !process_numbers_are_ours())
		return;
	OWNED_DIR proc = opendir("/proc");
	const pid_t locker = find_locker(&file);
	while ((pid = process_next(proc)) &&
	       !examine(pid, locker, &file, holder))
		;
	if (holder->run_pid <= 0 || process_stat_read(holder->run_pid, &stat) ||
	    strchr("ZX", stat.state))
		holder->run_pid = 0;
	else
		holder->stopped = strchr("Tt", stat.state);
}

const char *overcommit_path(void)
{
	const char *path = getenv("SPAWNWISE_KNOB");

	return path && *path ? path : "/proc/sys/vm/overcommit_memory";
}

static bool is_scarce(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* What is locked for the setting, as much of it as there is. By the file
 * system, not by the path: any procfs shows this kernel's setting. */
static int open_parts(struct lock *lock, int knob_fd)
{
	struct statfs system;

	*lock = LOCK_NONE;
	if (fstatfs(knob_fd, &system) || system.f_type != PROC_SUPER_MAGIC) {
		lock->fds[0] = fcntl(knob_fd, F_DUPFD_CLOEXEC, 0);
		return lock->fds[0] < 0 ? -errno : 0;
	}
	lock->fds[0] = eventfd(0, EFD_CLOEXEC);
	if (lock->fds[0] < 0 && is_scarce(errno))
		return -errno;
	lock->fds[1] = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	return lock->fds[1] < 0 && is_scarce(errno) ? -errno : 0;
}

/* One try. On -EBUSY *busy_fd is the one that is held. */
static int lock_once(struct lock *lock, int knob_fd, int how, int *busy_fd)
{
	int error = open_parts(lock, knob_fd);
	bool had = false;

	for (int i = 0; i < LOCK_COUNT && !error; i++) {
		*busy_fd = lock->fds[i];
		if (*busy_fd < 0)
			continue;
		if (!flock(*busy_fd, how | LOCK_NB))
			had = true;
		else if (errno == EWOULDBLOCK)
			error = -EBUSY;
	}
	return !error && !had && how == LOCK_EX ? -ENOLCK : error;
}

void lock_release(struct lock *lock)
{
	for (int i = 0; i < LOCK_COUNT; i++)
		if (lock->fds[i] >= 0)
			flock(lock->fds[i], LOCK_UN);
	lock_forget(lock);
}

int lock_take(struct lock *lock, int knob_fd, int how, int wait_ms,
	      struct lock_holder *holder)
{
	int busy_fd = -1;
	int error;

	*holder = (struct lock_holder){ 0 };
	while ((error = lock_once(lock, knob_fd, how, &busy_fd)) == -EBUSY &&
	       wait_ms > 0) {
		lock_release(lock);
		poll(NULL, 0, RETRY_MS);
		wait_ms -= RETRY_MS;
	}
	if (error == -EBUSY)
		find_holder(busy_fd, holder);
	if (error)
		lock_release(lock);
	return error;
}

void lock_forget(struct lock *lock)
{
	for (int i = 0; i < LOCK_COUNT; i++)
		if (lock->fds[i] >= 0)
			close(lock->fds[i]);
	*lock = LOCK_NONE;
}
