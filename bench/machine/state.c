/* SPDX-License-Identifier: MIT */
/*
 * What outlives a killed run: the lock and the state file.
 *
 * The state file is replaced by rename(2) after fsync(2), so that a reader
 * finds the old one, the new one or none, but never half of one.
 */
#include "bench/machine/state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/machine/process.h"
#include "bench/machine/text.h"

#define LOCK_NAME "lock"
#define STATE_NAME "state"
#define STATE_NEXT_NAME "state.next"
#define LOCK_RETRY_MS 10
#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

int state_open(bool create, int *directory_fd)
{
	const char *path = getenv("SPAWNWISE_STATE_DIR");

	if (!path || !*path)
		path = "/run/spawnwise";
	if (create && mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	*directory_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *directory_fd < 0 ? -errno : 0;
}

/* Say who holds the lock, to whoever may ask. It is for people only, so an
 * error does not matter. */
static void sign_lock(int lock_fd)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (fchmod(lock_fd, 0644) || ftruncate(lock_fd, 0) ||
	    pwrite(lock_fd, text, (size_t)length, 0) != length)
		return;
}

/* One try. The holder removes the file before it lets go: what we locked
 * counts only if it is still the file of that name. */
static int lock_once(int directory_fd, int *lock_fd)
{
	struct stat locked;
	struct stat named;
	int fd = openat(directory_fd, LOCK_NAME,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 &&
	    fstatat(directory_fd, LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) ==
		    0 &&
	    locked.st_ino == named.st_ino) {
		sign_lock(fd);
		*lock_fd = fd;
		return 0;
	}
	close(fd);
	return -EBUSY;
}

int state_lock(int directory_fd, int wait_ms, int *lock_fd)
{
	int error;

	*lock_fd = -1;
	while ((error = lock_once(directory_fd, lock_fd)) == -EBUSY &&
	       wait_ms > 0) {
		poll(NULL, 0, LOCK_RETRY_MS);
		wait_ms -= LOCK_RETRY_MS;
	}
	return error;
}

static int find_holder(int directory_fd, pid_t *pid)
{
	int fd = openat(directory_fd, LOCK_NAME,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[16] = "";
	int error = 0;

	*pid = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (flock(fd, LOCK_SH | LOCK_NB)) {
		error = -EBUSY;
		if (pread(fd, text, sizeof(text) - 1, 0) > 0)
			*pid = (pid_t)strtol(text, NULL, 10);
	}
	close(fd);
	return error;
}

int state_holder(int directory_fd, int wait_ms, pid_t *pid)
{
	int error;

	while ((error = find_holder(directory_fd, pid)) == -EBUSY &&
	       wait_ms > 0) {
		poll(NULL, 0, LOCK_RETRY_MS);
		wait_ms -= LOCK_RETRY_MS;
	}
	return error;
}

void state_unlock(int directory_fd, int lock_fd)
{
	unlinkat(directory_fd, LOCK_NAME, 0);
	close(lock_fd);
}

static int start_ticks_of(pid_t pid, unsigned long long *ticks)
{
	struct process_stat stat;
	int error = process_stat_read(pid, &stat);

	if (error)
		return error;
	if (strchr("ZX", stat.state))
		return -ESRCH;
	*ticks = stat.start_ticks;
	return 0;
}

int state_identify(struct state *state)
{
	int error =
		text_read(BOOT_ID_PATH, state->boot_id, sizeof(state->boot_id));

	state->pid = getpid();
	return error ? error : start_ticks_of(state->pid, &state->start_ticks);
}

bool state_alive(const struct state *state)
{
	unsigned long long ticks;

	return start_ticks_of(state->pid, &ticks) == 0 &&
	       ticks == state->start_ticks;
}

int state_same_boot(const struct state *state, bool *same)
{
	char boot_id[STATE_BOOT_ID_SIZE];
	int error = text_read(BOOT_ID_PATH, boot_id, sizeof(boot_id));

	*same = !error && strcmp(boot_id, state->boot_id) == 0;
	return error;
}

int state_write(int directory_fd, const struct state *state)
{
	char text[256];
	int length = snprintf(text, sizeof(text),
			      "boot_id %s\npid %d\nstart_ticks %llu\n"
			      "original %d\nours %d\n",
			      state->boot_id, (int)state->pid,
			      state->start_ticks, state->original, state->ours);
	int fd = openat(directory_fd, STATE_NEXT_NAME,
			O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0644);
	int error = 0;

	if (fd < 0)
		return -errno;
	ssize_t written = write(fd, text, (size_t)length);
	if (written != length)
		error = written < 0 ? -errno : -ENOSPC;
	else if (fsync(fd) ||
		 renameat(directory_fd, STATE_NEXT_NAME, directory_fd,
			  STATE_NAME) ||
		 fsync(directory_fd))
		error = -errno;
	close(fd);
	if (error) {
		unlinkat(directory_fd, STATE_NEXT_NAME, 0);
		unlinkat(directory_fd, STATE_NAME, 0);
	}
	return error;
}

int state_read(int directory_fd, struct state *state)
{
	char text[256];
	int pid;
	int end = 0;
	int fd = openat(directory_fd, STATE_NAME,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	int error = length < 0 ? -errno : 0;
	close(fd);
	if (error)
		return error;
	text[length] = '\0';
	if (sscanf(text,
		   "boot_id %39s pid %d start_ticks %llu original %d ours %d"
		   " %n",
		   state->boot_id, &pid, &state->start_ticks, &state->original,
		   &state->ours, &end) != 5 ||
	    end != length || pid <= 0)
		return -EBADMSG;
	state->pid = pid;
	return 0;
}

int state_remove(int directory_fd)
{
	if (unlinkat(directory_fd, STATE_NAME, 0) && errno != ENOENT)
		return -errno;
	return 0;
}
