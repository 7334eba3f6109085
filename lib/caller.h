/* SPDX-License-Identifier: MIT */
/*
 * The caller's half of a spawn, which strategies share: before the birth it
 * resolves a request into an image, while libc functions are still allowed;
 * after it says what became of the child.
 */
#ifndef LIB_CALLER_H
#define LIB_CALLER_H

#include "lib/child.h"

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

#endif
