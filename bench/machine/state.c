/* SPDX-License-Identifier: MIT */
/*
 * What outlives a killed run: the state file.
 *
 * The state file is replaced by rename(2) after fsync(2), so that a reader
 * finds the old one, the new one or none, but never half of one.
 *
 * Other containers have other files and the same setting: the text is also a
 * key in the user's keyring (user-keyring(7)), which is the kernel's and
 * outlives every process. Where keys are refused there is only the file.
 */
#include "bench/machine/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/machine/lock.h"
#include "bench/machine/owned.h"
#include "bench/machine/process.h"
#include "bench/machine/text.h"

#define STATE_NAME "state"
#define STATE_NEXT_NAME "state.next"
#define RECORD_LINE "record 1\n"    /* there is a key too */
#define KEY_FOR_ITS_USER 0x3f3f0000 /* all, without possession: keyctl(2) */
#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

int state_open(bool create, int *directory_fd)
{
	const char *path = getenv("SPAWNWISE_STATE_DIR");

	if (!path || !*path)
		path = "/run/spawnwise";
	*directory_fd = -1;
	if (create && mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	*directory_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *directory_fd < 0 ? -errno : 0;
}

int state_identify(struct state *state)
{
	int error =
		text_read(BOOT_ID_PATH, state->boot_id, sizeof(state->boot_id));

	struct process_stat stat = { 0 };

	if (!error)
		error = process_stat_read(getpid(), &stat);
	state->pid = getpid();
	state->start_ticks = stat.start_ticks;
	return error;
}

int state_same_boot(const struct state *state, bool *same)
{
	char boot_id[STATE_BOOT_ID_SIZE];
	int error = text_read(BOOT_ID_PATH, boot_id, sizeof(boot_id));

	*same = !error && strcmp(boot_id, state->boot_id) == 0;
	return error;
}

/* What the key is called: each stand-in has its own. */
static const char *record_name(char name[PATH_MAX])
{
	snprintf(name, PATH_MAX, "spawnwise %s", overcommit_path());
	return name;
}

static long find_record(void)
{
	char name[PATH_MAX];

	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user",
		       record_name(name), 0);
}

static bool write_record(const char *text, size_t length)
{
	char name[PATH_MAX];
	const long key = syscall(SYS_add_key, "user", record_name(name), text,
				 length, KEY_SPEC_USER_KEYRING);

	return key >= 0 &&
	       !syscall(SYS_keyctl, KEYCTL_SETPERM, key, KEY_FOR_ITS_USER);
}

/* Its length, or -1. */
static ssize_t read_record(char *text, size_t size)
{
	const long key = find_record();
	const long length =
		key < 0 ? key
			: syscall(SYS_keyctl, KEYCTL_READ, key, text, size);

	return length > (long)size ? -1 : length;
}

static void remove_record(void)
{
	const long key = find_record();

	if (key >= 0)
		syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING);
}

int state_write(int directory_fd, const struct state *state)
{
	char text[256];
	int length = snprintf(text, sizeof(text),
			      "boot_id %s\npid %d\nstart_ticks %llu\n"
			      "original %d\nours %d\n",
			      state->boot_id, (int)state->pid,
			      state->start_ticks, state->original, state->ours);

	if (write_record(text, (size_t)length))
		length = (int)strlen(strcat(text, RECORD_LINE));
	OWNED_FD fd = openat(
		directory_fd, STATE_NEXT_NAME,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
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
	if (error)
		state_remove(directory_fd);
	return error;
}

/* The file; without one the record. */
static ssize_t read_text(int directory_fd, char *text, size_t size)
{
	OWNED_FD fd = openat(directory_fd, STATE_NAME,
			     O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t length;

	if (fd < 0) {
		const int error = errno == EBADF ? -ENOENT : -errno;

		length = read_record(text, size);
		return length < 0 ? error : length;
	}
	length = read(fd, text, size);
	return length < 0 ? -errno : length;
}

int state_read(int directory_fd, struct state *state)
{
	char text[256];
	char *record;
	int pid;
	int end = 0;
	const ssize_t length = read_text(directory_fd, text, sizeof(text) - 1);

	if (length < 0)
		return (int)length;
	text[length] = '\0';
	record = strstr(text, RECORD_LINE);
	if (record)
		*record = '\0';
	if (sscanf(text,
		   "boot_id %39s pid %d start_ticks %llu original %d ours %d"
		   " %n",
		   state->boot_id, &pid, &state->start_ticks, &state->original,
		   &state->ours, &end) != 5 ||
	    end != (int)strlen(text) || pid <= 0)
		return -EBADMSG;
	state->pid = pid;
	/* Put back already, by a run in another container. */
	if (record && find_record() < 0 && errno == ENOKEY)
		return -ENOENT;
	return 0;
}

int state_remove(int directory_fd)
{
	const int failed = unlinkat(directory_fd, STATE_NAME, 0);
	const int error = failed && errno != ENOENT ? -errno : 0;

	/* A guardian that was killed while it wrote has left this. */
	unlinkat(directory_fd, STATE_NEXT_NAME, 0);
	remove_record();
	return error;
}
