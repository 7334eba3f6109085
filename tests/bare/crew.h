/* SPDX-License-Identifier: MIT */
/*
 * Processes of different sizes that measure the same strategies in turns.
 *
 * Only what is measured within a second can be compared where the speed of
 * the machine wanders; so small and large callers live side by side.
 */
#ifndef BARE_CREW_H
#define BARE_CREW_H

#include "tests/bare/spawn.h"

/* Who measures: small and large on one CPU, and many spawns at once by a
 * small one on all CPUs. */
enum caller { SMALL, LARGE, BUSY, CALLERS };

#define LARGE_HEAP "4 GiB"
#define NAMES_MAX 8

/* What one crew says of each strategy, in ns, when nothing disturbs it. */
struct crew_figures {
	double ns[CALLERS][NAMES_MAX][SPANS];
};

/* Run a crew to its end for the strategies of these names (ended by NULL).
 * BUSY has but one figure, REAP: a spawn's share when BATCH are in flight. */
void crew_measure(const char *const *names, const struct work *work,
		  struct crew_figures *figures);

#endif
