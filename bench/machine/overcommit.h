/* SPDX-License-Identifier: MIT */
/*
 * The setting vm.overcommit_memory: read it, write it, write down what to put
 * back, put it back.
 *
 * It belongs to the whole machine. Only the guardian changes it; this module
 * holds the steps it takes, and the repair after a run and its guardian were
 * killed together. overcommit_ratio and overcommit_kbytes are never written:
 * writing either sets the other to zero, even when zero is written
 * (overcommit_ratio_handler() in mm/util.c), so they could not be put back
 * by a guardian that is killed between two writes.
 */
#ifndef MACHINE_OVERCOMMIT_H
#define MACHINE_OVERCOMMIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/machine/lock.h"

/* The mode now: 0 heuristic, 1 always, 2 strict. */
int overcommit_get(int *mode);

/* Whose the mode is. */
enum overcommit_owner {
	OVERCOMMIT_USER,
	OVERCOMMIT_RUN,	     /* a run at work has set it for a moment */
	OVERCOMMIT_LEFTOVER, /* a killed run has left it behind */
};

struct overcommit_view {
	int mode; /* the user's, now or when the run has put it back */
	int now;  /* the one that is set */
	enum overcommit_owner owner;
};

/* Look at the mode as it is without us, by what a guardian has written down.
 * 0, or -errno as overcommit_get(). */
int overcommit_look(struct overcommit_view *view);

/* Whether another run is at work, in whatever container; waits up to wait_ms
 * for one that ends. 0, or -EBUSY with whose it is. how: LOCK_SH only looks;
 * LOCK_EX keeps other runs out until this process and its copies end, as one
 * that never writes the setting, which any user may: 0 without such a lock too.
 */
int overcommit_holder(int how, int wait_ms, struct lock_holder *holder);

/* May this process open the setting for writing? */
bool overcommit_may_write(void);

/* What to do about it where this process may not, as the begin of a sentence:
 * "Run as root". */
const char *overcommit_cure(void);

/* The three steps below take an open descriptor of the setting, so that they
 * work when nothing can be opened any more. They allocate nothing. */
int overcommit_open(int flags, int *knob_fd);
int overcommit_read(int knob_fd, int *mode);

/* Write and read back. -EIO: the kernel kept another value. */
int overcommit_write(int knob_fd, int mode);

/* Write original if the value is still ours. 0: it is the original again.
 * -ESTALE: somebody else wrote another value; it stays. */
int overcommit_put_back(int knob_fd, int ours, int original);

/* What a guardian writes down. */
#define STATE_BOOT_ID_SIZE 40

struct overcommit_state {
	char boot_id[STATE_BOOT_ID_SIZE]; /* settings do not survive a boot */
	pid_t pid;			  /* the guardian's */
	unsigned long long start_ticks;	  /* of pid, which may be reused */
	int original;			  /* the user's overcommit mode */
	int ours;			  /* the one that was written */
};

enum repair_action {
	REPAIR_NOTHING,	   /* nothing was left behind */
	REPAIR_OTHER_BOOT, /* left before a reboot: only a file to remove */
	REPAIR_DONE,	   /* the user's value is back */
	REPAIR_FOREIGN,	   /* somebody else wrote a value since: it stays */
	REPAIR_UNREADABLE, /* not a state file of ours: removed, value kept */
};

struct repair {
	enum repair_action action;
	struct overcommit_state state; /* what was left; pid 0: nothing that
					* could be read */
	struct lock_holder holder;     /* with -EBUSY: who is at work */
	int found;		       /* what the setting said when we came */
};

/*
 * Put back what a killed run left behind. 0: see repair->action; the state
 * file is gone. -EBUSY: a guardian is at work (waits up to a second for one
 * that finishes). -ENOLCK as lock_take(). -EACCES, -EPERM, -EROFS: something
 * was left behind that this user may not put back.
 */
int overcommit_repair(struct repair *repair);

/* The same for a caller that holds the lock of lock.h. */
int overcommit_repair_locked(int directory_fd, struct repair *repair);

/*
 * What outlives a killed run: the state file. It lives in /run/spawnwise or
 * $SPAWNWISE_STATE_DIR, says what to put back and exists, on the disk, whenever
 * the setting may not be the user's.
 * Nothing of it allocates: the guardian calls it.
 */

/* Open the directory, made first if create is set. *directory_fd is the
 * caller's. */
int state_open(bool create, int *directory_fd);

/* Fill in who we are: boot_id, pid and start_ticks of the caller. */
int state_identify(struct overcommit_state *state);

/* Replace the state file and the key; when this returns 0 it is on the disk. */
int state_write(int directory_fd, const struct overcommit_state *state);

/* What was written in this directory or, without such a file, elsewhere on this
 * kernel; the directory may be -1. -ENOENT: nothing, or it was put back since;
 * -EBADMSG: not one of ours. */
int state_read(int directory_fd, struct overcommit_state *state);

/* Remove both; 0 also when there is none. */
int state_remove(int directory_fd);

#endif
