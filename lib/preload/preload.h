/* SPDX-License-Identifier: MIT */
/*
 * What the parts of libspawnwise-preload.so share.
 *
 * `spawnwise with` puts that library before the libc of an unmodified program.
 * Its functions have the libc's names; what they create, the chosen strategy
 * creates. The data behind posix_spawn_file_actions_t and posix_spawnattr_t
 * is ours, in the caller's storage: the libc's layout is private, and none of
 * the libc's functions that know it is reachable any more.
 */
#ifndef PRELOAD_PRELOAD_H
#define PRELOAD_PRELOAD_H

#include <spawn.h>

#include "lib/spawnwise.h"

/* A definition that takes the place of the libc's. */
#define INTERPOSED __attribute__((visibility("default")))

/* Where `spawnwise with` says what it wants: the strategy's name, followed by
 * any of these words. */
#define WITH_VARIABLE "SPAWNWISE_WITH"
#define WITH_CHILDREN ":children" /* serve every program started from here */
#define WITH_LATER ":later"	  /* not this program, but what it execs */

/* Optional: the file that gets a line at exit. */
#define WITH_REPORT_VARIABLE "SPAWNWISE_WITH_REPORT"

#define EXIT_CANNOT_SERVE 125 /* env(1): a failure of our own */

/* Create a child by the chosen strategy, and wait until its program runs or
 * could not be started: the promise of posix_spawn(3). 0, or a negative
 * errno; what the strategy does not honour is also told on stderr, once. */
int preload_spawn(const struct sw_request *request, struct sw_child *child);

/* The same for `sh -c command`, with what request asks for besides. */
int preload_shell(const char *command, struct sw_request *request,
		  struct sw_child *child);

/* Take what `spawnwise with` has put there out of the environment. Before any
 * thread is there. */
void environment_leave(void);

/* Ask in request for what the program has put there. NULL asks for nothing.
 * The request borrows from the storage. */
void actions_ask(const posix_spawn_file_actions_t *actions,
		 struct sw_request *request);
void attributes_ask(const posix_spawnattr_t *attributes,
		    struct sw_request *request);

#endif
