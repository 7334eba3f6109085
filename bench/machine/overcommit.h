/* SPDX-License-Identifier: MIT */
/*
 * The setting vm.overcommit_memory: read it, write it, put it back.
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

/* Whether another run is at work, in whatever container; waits up to
 * wait_ms for one that ends. 0, or -EBUSY with whose it is. */
int overcommit_holder(int wait_ms, struct lock_holder *holder);

/* Keep other runs out until this process and its copies end, as one that never
 * writes the setting; any user may. 0, without such a lock too; or -EBUSY. */
int overcommit_hold(int wait_ms, struct lock_holder *holder);

/* May this process open the setting for writing? */
bool overcommit_may_write(void);

/* What to do about it where this process may not, as the begin of a sentence:
 * "Run as root". */
const char *overcommit_cure(void);

/* The three steps below take an open descriptor of the setting, so that they
 * work when nothing can be opened any more. They allocate nothing. */
int overcommit_open(int *knob_fd);
int overcommit_read(int knob_fd, int *mode);

/* Write and read back. -EIO: the kernel kept another value. */
int overcommit_write(int knob_fd, int mode);

/* Write original if the value is still ours. 0: it is the original again.
 * -ESTALE: somebody else wrote another value; it stays. */
int overcommit_put_back(int knob_fd, int ours, int original);

enum repair_action {
	REPAIR_NOTHING,	   /* nothing was left behind */
	REPAIR_OTHER_BOOT, /* left before a reboot: only a file to remove */
	REPAIR_DONE,	   /* the user's value is back */
	REPAIR_FOREIGN,	   /* somebody else wrote a value since: it stays */
	REPAIR_UNREADABLE, /* not a state file of ours: removed, value kept */
};

struct repair {
	enum repair_action action;
	pid_t pid; /* the guardian that left it; 0: none that could be read */
	struct lock_holder holder; /* with -EBUSY: who is at work */
	int original;		   /* what was to be put back */
	int ours;		   /* what the killed run had written */
	int found;		   /* what the setting said when we came */
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

#endif
