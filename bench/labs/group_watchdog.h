/* SPDX-License-Identifier: MIT */
/*
 * The watchdog of a memory control group: a process "spawnwise-keep" that makes
 * the group's directory, and removes it with all that is in it.
 *
 * Private to memory_group.c. The watchdog allocates nothing.
 */
#ifndef LABS_GROUP_WATCHDOG_H
#define LABS_GROUP_WATCHDOG_H

#include "bench/machine/coprocess.h"

/* Give birth to a watchdog that makes the directory and holds it. 0; -EEXIST:
 * there is one of that name; other errors as of mkdir(2) and watchdog_birth();
 * -ENOLCK: flock(2) is refused. */
int group_watchdog_birth(struct watchdog *watchdog, char *directory);

/* Let it kill and remove what the directory holds, and end; or do so if it is
 * lost. Where some process does not die the watchdog goes on trying. */
void group_watchdog_end(struct watchdog *watchdog, const char *directory);

/* Remove groups of dead runners below a directory, with what is in them. Those
 * whose watchdog lives it leaves alone, in whatever pid namespace that is. */
void group_watchdog_repair(const char *parent);

#endif
