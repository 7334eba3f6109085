/* SPDX-License-Identifier: MIT */
/*
 * What outlives a killed run: the state file.
 *
 * It lives in /run/spawnwise or $SPAWNWISE_STATE_DIR, beside the lock file
 * (lock.h), says what to put back and exists, on the disk, whenever the
 * setting may not be the user's.
 * Nothing here allocates: the guardian calls it.
 */
#ifndef MACHINE_STATE_H
#define MACHINE_STATE_H

#include <stdbool.h>
#include <sys/types.h>

#define STATE_BOOT_ID_SIZE 40

struct state {
	char boot_id[STATE_BOOT_ID_SIZE]; /* settings do not survive a boot */
	pid_t pid;			  /* the guardian's */
	unsigned long long start_ticks;	  /* of pid, which may be reused */
	int original;			  /* the user's overcommit mode */
	int ours;			  /* the one that was written */
};

/* Open the directory, made first if create is set. *directory_fd is the
 * caller's. */
int state_open(bool create, int *directory_fd);

/* Fill in who we are: boot_id, pid and start_ticks of the caller. */
int state_identify(struct state *state);

/* Is the state of this boot? */
int state_same_boot(const struct state *state, bool *same);

/* Replace the state file and the key; when this returns 0 it is on the disk. */
int state_write(int directory_fd, const struct state *state);

/* What was written in this directory or, without such a file, elsewhere on this
 * kernel; the directory may be -1. -ENOENT: nothing, or it was put back since;
 * -EBADMSG: not one of ours. */
int state_read(int directory_fd, struct state *state);

/* Remove both; 0 also when there is none. */
int state_remove(int directory_fd);

#endif
