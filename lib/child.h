/* SPDX-License-Identifier: MIT */
/*
 * The child's half of a spawn, which strategies share; the caller's is
 * caller.h.
 *
 * It uses nothing but raw system calls, because it may run in the caller's
 * memory while other threads go on.
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include <stdint.h>

#include "lib/actions.h"
#include "lib/spawnwise.h"

/*
 * For a function that runs on a stack which a sanitizer does not know: it
 * would complain there, in a child that shares our memory and may have the
 * wrong file at descriptor 2.
 */
#define SW_CHILD_HALF                                                          \
	__attribute__((no_sanitize("address"), no_sanitize("undefined"),       \
		       no_sanitize("thread")))

/* The kernel's signal set: 64 bits, signal N is bit N - 1. */
typedef uint64_t sw_sigset;

/* Everything the child needs, resolved by sw_image_init(). Borrows from the
 * request. */
struct sw_image {
	const struct sw_request *request;
	char *const *envp;
	const char *search_path; /* directories, or NULL: path as it is */
	sw_sigset mask;		 /* of the new program */
	bool handlers_cleared;	 /* born with CLONE_CLEAR_SIGHAND */
	/* Born with CLONE_FILES, and no use for descriptors from this one on:
	 * to copy and close 18,000 takes ten times as long as the rest of a
	 * birth. 0: with a copy. */
	int unused_from;
};

/* What it honours: all but what only the birth itself can
 * do, SW_CLONE_FIELDS. */
#define SW_CHILD_FIELDS                                                        \
	((unsigned)(SW_SIGDEFAULT | SW_SCHED | SW_NICE | SW_AFFINITY |         \
		    SW_OOMADJ | SW_UMASK | SW_SESSION | SW_PGROUP | SW_CTTY |  \
		    SW_RESETIDS | SW_CWD | SW_FDACTIONS | SW_CLOSEFDS |        \
		    SW_RLIMITS | SW_IDS | SW_SIGMASK))

/* With all signals blocked, take every step that the request asks for, then
 * exec. Returns only on failure, with *failure filled in. Async-signal-safe;
 * writes no memory but *failure and its stack (at most 8 KiB). */
void sw_child_run(const struct sw_image *image, struct sw_failure *failure);

/* End the child at once, without atexit handlers or flushed buffers. */
_Noreturn void sw_child_exit(int status);

#endif
