/* SPDX-License-Identifier: MIT */
/*
 * Both halves of a spawn that strategies share.
 *
 * The caller's half resolves a request into an image while libc functions
 * are still allowed; the child's half uses nothing but raw system calls,
 * because it may run in the caller's memory while other threads go on.
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include <stdint.h>

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

/* Everything the child needs, resolved. Borrows from the request. */
struct sw_image {
	const struct sw_request *request;
	char *const *envp;
	const char *search_path; /* directories, or NULL: path as it is */
	sw_sigset mask;		 /* of the new program */
	bool handlers_cleared;	 /* born with CLONE_CLEAR_SIGHAND */
};

/* Why a child did not get to exec. error is a negative errno, or 0. */
struct sw_failure {
	int error;
	unsigned stage; /* as in struct sw_child */
	int action;
};

/* What the child's half below honours: all but what only the birth itself can
 * do, SW_CLONE_FIELDS. */
#define SW_CHILD_FIELDS                                                        \
	((unsigned)(SW_SIGDEFAULT | SW_SCHED | SW_NICE | SW_AFFINITY |         \
		    SW_OOMADJ | SW_UMASK | SW_SESSION | SW_PGROUP | SW_CTTY |  \
		    SW_RESETIDS | SW_CWD | SW_FDACTIONS | SW_CLOSEFDS |        \
		    SW_RLIMITS | SW_IDS | SW_SIGMASK))

/*
 * In the caller.
 */

/* Block every signal, the libc's internal ones too; returns what was blocked
 * before. A handler must not run in a child that shares our memory. */
sw_sigset sw_signals_block(void);
long sw_signals_restore(sw_sigset mask);
sw_sigset sw_signals_now(void);

/* Resolve a request that sw_spawn() has checked, for a caller whose signal
 * mask is (or was, before sw_signals_block()) mask. Allocates nothing. */
void sw_image_init(struct sw_image *image, const struct sw_request *request,
		   sw_sigset mask);

/*
 * A child that changes its ids while it shares our memory takes the dumpable
 * flag from it (commit_creds() in kernel/cred.c), and only when it has left
 * may the flag come back: until then its new owner could trace it and read
 * our memory. Call both around such a birth; they count, and do nothing for a
 * request without ids.
 */
void sw_dumpable_lend(const struct sw_request *request);
void sw_dumpable_restore(const struct sw_request *request);

/*
 * After a child has left our memory without reporting an error: 0 if it did
 * so by exec, -ECANCELED if it was killed before (then it is reaped and
 * child->status set). A child reaped by somebody else counts as started.
 * Waits for what it cannot tell yet, which takes microseconds.
 */
int sw_child_started(struct sw_child *child);

/*
 * The same for a child born with exit_signal 0. exec makes it SIGCHLD before
 * the child leaves our memory (de_thread() in fs/exec.c), so one that
 * __WCLONE still finds has not got there, even if it is not dead yet.
 */
int sw_child_started_silent(struct sw_child *child);

/* Reap a child that said why it failed; returns failure->error. A thread that
 * waits for any child may have been faster: no harm. */
int sw_child_failed(struct sw_child *child, const struct sw_failure *failure);

/*
 * SW_PIDFD by pidfd_open(2), of our own child that nobody has reaped. Before
 * the birth a descriptor is reserved in child->pidfd, so that what fails for
 * want of one fails before the program runs; the child releases its copy. After
 * the birth it becomes the child's; -1 where a thread that waits for any child
 * took that already. Only when another thread takes the reserve does
 * sw_pidfd_open() end a child that was born, and give the error. All do nothing
 * for a request without SW_PIDFD.
 */
int sw_pidfd_reserve(const struct sw_request *request, struct sw_child *child);
void sw_pidfd_release(struct sw_child *child);
int sw_pidfd_open(struct sw_child *child);

/*
 * In the child.
 */

/* With all signals blocked, take every step that the request asks for, then
 * exec. Returns only on failure, with *failure filled in. Async-signal-safe;
 * writes no memory but *failure and its stack (at most 8 KiB). */
void sw_child_run(const struct sw_image *image, struct sw_failure *failure);

/* End the child at once, without atexit handlers or flushed buffers. */
_Noreturn void sw_child_exit(int status);

#endif
