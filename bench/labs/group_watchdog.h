/* SPDX-License-Identifier: MIT */
/*
 * The keeper of a memory control group: what runs in "spawnwise-keep", and
 * the sweeping of a group, which its runner does alone if it is lost.
 *
 * Private to memory_group.c. Nothing here allocates.
 */
#ifndef LABS_GROUP_WATCHDOG_H
#define LABS_GROUP_WATCHDOG_H

#include <limits.h>
#include <stdbool.h>

#include "bench/machine/watcher.h"

enum keeper_verb {
	KEEPER_MAKE,  /* make the directory and hold it: 0 or -errno */
	KEEPER_SWEEP, /* kill and remove what it holds: 1 if it had to kill */
	KEEPER_STOP,  /* the same, then end; on an error it goes on trying */
};

struct keeper_request {
	enum keeper_verb verb;
	char directory[PATH_MAX]; /* of KEEPER_MAKE */
};

/* How long a sweep may take before it is answered with -EBUSY. */
#define KEEPER_SWEEP_MS 2000

struct keeper {
	struct watcher_post post;
	char directory[PATH_MAX]; /* empty: it holds nothing */
	int lock_fd;		  /* of the directory that it holds */
};

/*
 * Lock the directory of a group: a descriptor whose close, or whose owner's
 * death, unlocks it; else -EBUSY: it is locked; -ENOENT: it is gone. Its keeper
 * holds the lock, which is what tells all others, in whatever pid namespace
 * they are, that the group is in use (flock(2), which is about the directory
 * and knows no namespaces).
 */
int keeper_lock(const char *directory);

/* The keeper's life, a watcher_life: context is its struct keeper. */
void keeper_main(void *context);

/*
 * Kill all processes of a group and remove it, trying for at most wait_ms;
 * *killed is set if there was one. 0, also when the group is gone already;
 * -EBUSY: some process does not die; -EPERM: foreign_stay is set and there is
 * one of another pid namespace in it: nothing was done.
 */
int keeper_sweep(const char *directory, bool foreign_stay, int wait_ms,
		 bool *killed);

#endif
