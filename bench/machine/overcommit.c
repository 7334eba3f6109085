/* SPDX-License-Identifier: MIT */
/*
 * The setting vm.overcommit_memory: read it, write it, put it back.
 *
 * Every access is pread(2) or pwrite(2) at offset 0: a second write(2) on the
 * same descriptor succeeds and is ignored, because its offset is no longer 0
 * (proc_first_pos_non_zero_ignore() in kernel/sysctl.c).
 */
#include "bench/machine/overcommit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bench/machine/owned.h"
#include "bench/machine/state.h"

#define REPAIR_WAIT_MS 1000

static int open_knob(int flags, int *knob_fd)
{
	*knob_fd = open(overcommit_path(), flags | O_CLOEXEC);
	return *knob_fd < 0 ? -errno : 0;
}

int overcommit_open(int *knob_fd)
{
	return open_knob(O_RDWR, knob_fd);
}

int overcommit_read(int knob_fd, int *mode)
{
	char text[16];
	ssize_t length;

	do
		length = pread(knob_fd, text, sizeof(text), 0);
	while (length < 0 && errno == EINTR);
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
	ssize_t written;
	int now;

	if (mode < 0 || mode > 2)
		return -EINVAL;
	do
		written = pwrite(knob_fd, text, sizeof(text), 0);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	int error = overcommit_read(knob_fd, &now);
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
	int error = open_knob(O_RDONLY, &knob_fd);

	return error ? error : overcommit_read(knob_fd, mode);
}

/* Is this the state of a mode that is set now and not the user's? */
static bool explains(const struct state *state, int now)
{
	bool same_boot;

	return state->ours == now && state->original != now &&
	       !state_same_boot(state, &same_boot) && same_boot;
}

int overcommit_look(struct overcommit_view *view)
{
	struct lock_holder holder;
	struct state state;
	OWNED_FD directory_fd = -1;
	bool explained = false;
	int error = 0;

	*view = (struct overcommit_view){ .owner = OVERCOMMIT_USER };
	state_open(false, &directory_fd);
	/* Twice, for a window that opens between the two looks. */
	for (int i = 0; i < 2 && !error && !explained; i++) {
		bool found = !state_read(directory_fd, &state);

		error = overcommit_get(&view->now);
		explained = !error && found && explains(&state, view->now);
	}
	view->mode = view->now;
	if (explained) {
		view->mode = state.original;
		view->owner = overcommit_holder(0, &holder)
				      ? OVERCOMMIT_RUN
				      : OVERCOMMIT_LEFTOVER;
	}
	return error;
}

int overcommit_holder(int wait_ms, struct lock_holder *holder)
{
	OWNED_FD directory_fd = -1;
	OWNED_FD knob_fd = -1;

	open_knob(O_RDONLY, &knob_fd);
	state_open(false, &directory_fd);
	return lock_probe(knob_fd, directory_fd, wait_ms, holder);
}

int overcommit_hold(int wait_ms, struct lock_holder *holder)
{
	struct lock lock;
	OWNED_FD knob_fd = -1;
	int error = open_knob(O_RDONLY, &knob_fd);

	if (error)
		return 0;
	error = lock_take(&lock, knob_fd, -1, wait_ms, holder);
	return error == -EBUSY ? error : 0;
}

bool overcommit_may_write(void)
{
	OWNED_FD knob_fd = -1;

	return !overcommit_open(&knob_fd);
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
static int repair_value(const struct state *state, struct repair *repair)
{
	OWNED_FD knob_fd = -1;
	int error = overcommit_get(&repair->found);

	/* Who may not write may still learn that there is nothing to do. */
	if (!error)
		error = open_knob(repair->found == state->ours &&
						  state->ours != state->original
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
	struct state state = { .pid = 0 };
	bool same_boot = false;
	int error = state_read(directory_fd, &state);

	memset(repair, 0, sizeof(*repair));
	if (error ==
	    -ENOENT) { /* at most one that was not written to its end */
		state_remove(directory_fd);
		return 0;
	}
	if (error == -EBADMSG) {
		repair->action = REPAIR_UNREADABLE;
		return state_remove(directory_fd);
	}
	if (!error)
		error = state_same_boot(&state, &same_boot);
	if (error)
		return error;

	repair->pid = state.pid;
	repair->original = state.original;
	repair->ours = state.ours;
	repair->action = REPAIR_OTHER_BOOT;
	if (same_boot)
		error = repair_value(&state, repair);
	return error ? error : state_remove(directory_fd);
}

int overcommit_repair(struct repair *repair)
{
	struct lock lock;
	struct state state;
	OWNED_FD directory_fd = -1;
	OWNED_FD knob_fd = -1;
	int error = state_open(false, &directory_fd);

	memset(repair, 0, sizeof(*repair));
	if (error && error != -ENOENT)
		return error;
	/* Whoever may not take the lock may still learn that all is well. */
	if (state_read(directory_fd, &state) == -ENOENT)
		return 0;
	if (error)
		error = state_open(true, &directory_fd);
	if (!error)
		error = open_knob(O_RDONLY, &knob_fd);
	if (error)
		return error;
	error = lock_take(&lock, knob_fd, directory_fd, REPAIR_WAIT_MS,
			  &repair->holder);
	if (error)
		return error;
	error = overcommit_repair_locked(directory_fd, repair);
	lock_release(&lock, directory_fd);
	return error;
}
