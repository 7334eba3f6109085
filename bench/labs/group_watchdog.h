/* SPDX-License-Identifier: MIT */
/*
 * The watchdog of a memory control group: what runs in "spawnwise-keep", and
 * the sweeping of a group, which its runner does alone if it is lost.
 *
 * Private to memory_group.c. Nothing here allocates.
 */
#ifndef LABS_GROUP_WATCHDOG_H
#define LABS_GROUP_WATCHDOG_H

#include <limits.h>
#include <stdbool.h>

#include "bench/machine/coprocess.h"

/* How long a sweep may take before it is answered with -EBUSY. */
#define WATCHDOG_SWEEP_MS 2000

/*
 * Lock the directory of a group: a descriptor whose close, or whose owner's
 * death, unlocks it; else -EBUSY: it is locked; -ENOENT: it is gone. Its
 * watchdog holds the lock, which is what tells all others, in whatever pid
 * namespace they are, that the group is in use (flock(2), which is about the
 * directory and knows no namespaces).
 */
int group_watchdog_lock(const char *directory);

/* Give birth to the watchdog. A request is a directory in PATH_MAX bytes: make
 * it and hold it, 0 or -errno. An empty one: kill and remove what it holds, 1
 * if it had to kill, then end; on an error it goes on trying. Errors as
 * watchdog_birth(). */
int group_watchdog_birth(struct watchdog *watchdog);

/*
 * Kill all processes of a group and remove it, trying for at most wait_ms;
 * *killed is set if there was one. 0, also when the group is gone already;
 * -EBUSY: some process does not die; -EPERM: foreign_stay is set and there is
 * one of another pid namespace in it: nothing was done.
 */
int group_watchdog_sweep(const char *directory, bool foreign_stay, int wait_ms,
			 bool *killed);

#endif
