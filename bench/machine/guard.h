/* SPDX-License-Identifier: MIT */
/*
 * The guardian's own half: what runs in the process "spawnwise-guard".
 *
 * Private to guardian.c, which gives birth to it and talks to it.
 */
#ifndef MACHINE_GUARD_H
#define MACHINE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/machine/lock.h"
#include "bench/machine/state.h"
#include "bench/machine/watcher.h"

#define GUARD_NAME "spawnwise-guard"

enum guard_verb {
	GUARD_LEASE,
	GUARD_EXTEND,
	GUARD_RELEASE,
	GUARD_STOP,
};

struct guard_request {
	enum guard_verb verb;
	int mode;
	int duration_ms;
};

struct guard {
	int knob_fd;	  /* opened for reading and writing beforehand */
	int directory_fd; /* of the state file */
	struct lock lock;
	struct watcher_post post;
	struct state state;  /* the original is read once, under the lock */
	bool held;	     /* a lease is running */
	bool wrote;	     /* ... and it had to change the value */
	int outcome;	     /* of a lease that ended without a request */
	int64_t deadline_ns; /* of the lease, CLOCK_MONOTONIC */
};

/* The guardian's life, a watcher_life: context is its struct guard. */
_Noreturn void guard_main(void *context);

#endif
