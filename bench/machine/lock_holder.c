/* SPDX-License-Identifier: MIT */
/*
 * Who holds the lock of the setting: a guardian, by the descriptors it has.
 *
 * /proc/locks names the process that took a lock (proc_locks(5)), which may
 * have died since and its pid be another's: the descriptors are the proof.
 * Who may not look at them takes a guardian's parent that took the lock: a
 * process whose parent has died is no child of anybody born later.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bench/machine/guard.h"
#include "bench/machine/lock.h"
#include "bench/machine/process.h"
#include "bench/machine/text.h"

/* Numbers in another PID namespace's /proc are not ours to tell. */
static bool proc_is_ours(void)
{
	char self[16] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 &&
	       strtol(self, NULL, 10) == getpid();
}

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
	DIR *fds = opendir(path);
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
	closedir(fds);
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

void lock_holder_find(int fd, struct lock_holder *holder)
{
	const struct dirent *entry;
	struct process_stat stat;
	struct stat file;

	*holder = (struct lock_holder){ 0 };
	DIR *proc =
		!fstat(fd, &file) && proc_is_ours() ? opendir("/proc") : NULL;
	if (!proc)
		return;
	const pid_t locker = find_locker(&file);
	while ((entry = readdir(proc))) {
		const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && examine(pid, locker, &file, holder))
			break;
	}
	closedir(proc);
	if (holder->run_pid <= 0 || process_stat_read(holder->run_pid, &stat) ||
	    strchr("ZX", stat.state))
		holder->run_pid = 0;
	else
		holder->stopped = strchr("Tt", stat.state);
}
