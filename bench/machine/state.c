/* SPDX-License-Identifier: MIT */
/*
 * What outlives a killed run: the state file.
 *
 * The state file is replaced by rename(2) after fsync(2), so that a reader
 * finds the old one, the new one or none, but never half of one.
 */
#include "bench/machine/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/machine/process.h"
#include "bench/machine/text.h"

#define STATE_NAME "state"
#define STATE_NEXT_NAME "state.next"
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
