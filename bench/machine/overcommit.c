/* SPDX-License-Identifier: MIT */
/*
 * The setting vm.overcommit_memory: read it, write it, put it back.
 *
 * Every access is pread(2) or pwrite(2) at offset 0: a second write(2) on the
 * same descriptor succeeds and is ignored, because its offset is no longer 0
 * (proc_first_pos_non_zero_ignore() in kernel/sysctl.c).
 *
 * The state file is replaced by rename(2) after fsync(2), so that a reader
 * finds the old one, the new one or none, but never half of one. Other
 * containers have other files and the same setting: the text is also a key in
 * the user's keyring (user-keyring(7)), which is the kernel's and outlives
 * every process. Where keys are refused there is only the file. Longer than
 * other files: what is written down and what is put back by it must agree.
 */

#include "bench/machine/overcommit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/machine/process.h"
#include "bench/machine/text.h"

#define REPAIR_WAIT_MS 1000
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

int state_identify(struct overcommit_state *state)
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

/* Is the state of this boot? 1, 0, or -errno. */
static int state_same_boot(const struct overcommit_state *state)
{
	char boot_id[STATE_BOOT_ID_SIZE];
	int error = text_read(BOOT_ID_PATH, boot_id, sizeof(boot_id));

	return error ? error : !strcmp(boot_id, state->boot_id);
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

int state_write(int directory_fd, const struct overcommit_state *state)
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
			     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t length;

	if (fd < 0) {
		const int error = errno == EBADF ? -ENOENT : -errno;

		length = read_record(text, size);
		return length < 0 ? error : length;
	}
	length = read(fd, text, size);
	return length < 0 ? -errno : length;
}

int state_read(int directory_fd, struct overcommit_state *state)
{
	char text[256], newest[256];
	char *record;
	int pid;
	int end = 0;
	ssize_t length = read_text(directory_fd, text, sizeof(text) - 1);

	if (length < 0)
		return (int)length;
	text[length] = '\0';
	record = strstr(text, RECORD_LINE);
	if (record) {
		*record = '\0';
		/* A run in another container has put back what this file says,
		 * and the next one has written a record of its own. */
		length = read_record(newest, sizeof(newest) - 1);
		if (length > 0) {
			newest[length] = '\0';
			strcpy(text, newest);
		}
	}
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
	const bool none = errno == ENOENT || errno == EBADF; /* no folder */
	const int error = failed && !none ? -errno : 0;

	/* A guardian that was killed while it wrote has left this. */
	unlinkat(directory_fd, STATE_NEXT_NAME, 0);
	remove_record();
	return error;
}

int overcommit_open(int flags, int *knob_fd)
{
	*knob_fd = open(overcommit_path(), flags | O_CLOEXEC);
	return *knob_fd < 0 ? -errno : 0;
}

int overcommit_read(int knob_fd, int *mode)
{
	char text[16];
	const ssize_t length = pread(knob_fd, text, sizeof(text), 0);

	if (length < 0)
		return -errno;
	if (length < 1 || text[0] < '0' || text[0] > '2' ||
	    (length > 1 && text[1] != '\n'))
		return -EBADMSG;
	*mode = text[0] - '0';
	return 0;
}

int overcommit_write(int knob_fd, int mode)
{
	const char text[2] = { (char)('0' + mode), '\n' };
	int now, error;

	if (mode < 0 || mode > 2)
		return -EINVAL;
	if (pwrite(knob_fd, text, sizeof(text), 0) < 0)
		return -errno;
	error = overcommit_read(knob_fd, &now);
	if (error)
		return error;
	return now == mode ? 0 : -EIO;
}

int overcommit_put_back(int knob_fd, int ours, int original)
{
	int now = -1;
	int error = overcommit_read(knob_fd, &now);

	if (error)
		return error;
	if (now == original)
		return 0;
	if (now != ours)
		return -ESTALE;
	return overcommit_write(knob_fd, original);
}

int overcommit_get(int *mode)
{
	OWNED_FD knob_fd = -1;
	int error = overcommit_open(O_RDONLY, &knob_fd);

	return error ? error : overcommit_read(knob_fd, mode);
}

int overcommit_look(struct overcommit_view *view)
{
	struct lock_holder holder;
	struct overcommit_state state;
	OWNED_FD directory_fd = -1;
	bool explained = false;
	int error = 0;

	*view = (struct overcommit_view){ .owner = OVERCOMMIT_USER };
	state_open(false, &directory_fd);
	/* Twice, for a window that opens between the two looks. */
	for (int i = 0; i < 2 && !error && !explained; i++) {
		bool found = !state_read(directory_fd, &state) &&
			     state_same_boot(&state) > 0;

		error = overcommit_get(&view->now);
		explained = !error && found && state.ours == view->now &&
			    state.original != view->now;
	}
	view->mode = view->now;
	if (explained) {
		view->mode = state.original;
		view->owner = overcommit_holder(LOCK_SH, 0, &holder)
				      ? OVERCOMMIT_RUN
				      : OVERCOMMIT_LEFTOVER;
	}
	return error;
}

int overcommit_holder(int how, int wait_ms, struct lock_holder *holder)
{
	struct lock lock;
	OWNED_FD knob_fd = -1;
	int error;

	overcommit_open(O_RDONLY, &knob_fd);
	error = lock_take(&lock, knob_fd, how, wait_ms, holder);
	if (how == LOCK_SH)
		lock_forget(&lock);
	return error == -EBUSY ? error : 0;
}

bool overcommit_may_write(void)
{
	OWNED_FD knob_fd = -1;

	return !overcommit_open(O_RDWR, &knob_fd);
}

/* By the mount: who lacks rights besides gets EACCES, and not EROFS. */
const char *overcommit_cure(void)
{
	struct statvfs system;

	if (access(overcommit_path(), F_OK))
		return "/proc/sys is not mounted here: run where it is";
	if (!statvfs(overcommit_path(), &system) && system.f_flag & ST_RDONLY)
		return "/proc/sys is read-only here: run where it can be "
		       "written";
	return geteuid() ? "Run as root"
			 : "Run as a root with more rights, as outside of a "
			   "container";
}

/* A state file of this boot whose guardian is gone. */
static int repair_value(struct repair *repair)
{
	const struct overcommit_state *state = &repair->state;
	OWNED_FD knob_fd = -1;
	int error = overcommit_get(&repair->found);

	/* Who may not write may still learn that there is nothing to do. */
	if (!error)
		error = overcommit_open(repair->found == state->ours &&
							state->ours !=
								state->original
						? O_RDWR
						: O_RDONLY,
					&knob_fd);
	if (!error)
		error = overcommit_put_back(knob_fd, state->ours,
					    state->original);
	repair->action = error == -ESTALE ? REPAIR_FOREIGN : REPAIR_DONE;
	return error == -ESTALE ? 0 : error;
}

int overcommit_repair_locked(int directory_fd, struct repair *repair)
{
	int error, same_boot;

	memset(repair, 0, sizeof(*repair));
	error = state_read(directory_fd, &repair->state);
	if (error ==
	    -ENOENT) { /* at most one that was not written to its end */
		state_remove(directory_fd);
		return 0;
	}
	if (error == -EBADMSG) {
		repair->action = REPAIR_UNREADABLE;
		return state_remove(directory_fd);
	}
	if (error)
		return error;
	same_boot = state_same_boot(&repair->state);
	if (same_boot < 0)
		return same_boot;
	repair->action = REPAIR_OTHER_BOOT;
	if (same_boot)
		error = repair_value(repair);
	return error ? error : state_remove(directory_fd);
}

int overcommit_repair(struct repair *repair)
{
	struct lock lock;
	struct overcommit_state state;
	OWNED_FD directory_fd = -1;
	OWNED_FD knob_fd = -1;
	int error = state_open(false, &directory_fd);

	memset(repair, 0, sizeof(*repair));
	if (error && error != -ENOENT)
		return error;
	/* All is well, whoever is at work. */
	if (state_read(directory_fd, &state) == -ENOENT)
		return 0;
	error = overcommit_open(O_RDONLY, &knob_fd);
	if (error)
		return error;
	error = lock_take(&lock, knob_fd, LOCK_EX, REPAIR_WAIT_MS,
			  &repair->holder);
	if (error)
		return error;
	error = overcommit_repair_locked(directory_fd, repair);
	lock_release(&lock);
	return error;
}
