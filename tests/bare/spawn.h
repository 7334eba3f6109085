/* SPDX-License-Identifier: MIT */
/* One timed spawn by a strategy, and what the comparisons here share. */
#ifndef BARE_SPAWN_H
#define BARE_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/spawnwise.h"
#include "tests/bare/loops.h"

enum span { RETURN, CONFIRM, REAP, SPANS };

/* Tell errno and end the program. */
_Noreturn void die(const char *what);

/* Tell on stderr which part of how many begins, since minutes of silence look
 * like a hang; on a terminal in one line, which goes away when place is beyond
 * count. */
void tell_progress(const char *what, int place, int count);

/* Reap a child that must have ended well. */
void reap(pid_t pid);

/* The handle of a strategy that must work here; the caller's to close. */
struct sw_handle *open_strategy(const char *name);

/* What every spawn here asks for. */
struct sw_request request_for(const struct work *work);

/* Spawn, confirm and reap; the times from just before, in ns. */
void spawn_ours(struct sw_handle *handle, const struct sw_request *request,
		double ns[SPANS]);

/* The same by a bare loop. */
void spawn_bare(const struct loop *loop, const struct work *work,
		double ns[SPANS]);

#define ALONE_PROCESSES_MAX 64

/* Print what bare loops take in so many callers with a heap, in ns, a line
 * each: those that are wanted, as "NAME=SPAWNS", and as many spawns in each
 * process. NULL is the end. */
void alone_report(const struct work *work, uint64_t heap_bytes,
		  size_t processes, char *const *wanted);

/* The strategies beside the bare loops; false when one is over its limit. */
bool beside_report(const struct work *work);

/* The strategies beside each other, small and large; false when a bar that
 * was set for one of them is missed. */
bool bars_report(const struct work *work);

#endif
