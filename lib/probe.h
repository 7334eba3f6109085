/* SPDX-License-Identifier: MIT */
/* Trying out a birth where a failure is nobody's business. */
#ifndef LIB_PROBE_H
#define LIB_PROBE_H

#include <stdbool.h>

/*
 * Whether the children of this thread are born in another pid namespace than
 * ours: after unshare(2) or setns(2). The first is the init of a new one, which
 * ends with it (pid_namespaces(7)). False where there is no /proc to tell;
 * those of kernels that sw_open() works on do (4.12, namespaces(7)).
 */
bool sw_births_elsewhere(void);

/*
 * What birth(), which creates a child that ends, answers in a child of ours,
 * which reaps it: so its SIGCHLD and its zombie never reach the caller. That
 * child shares our memory while we wait, and has exit_signal 0. When the child
 * cannot be created the answer is why, for EINVAL as for nothing that shares
 * our memory (emulators) or lives (a filter may kill for a system call) it is
 * -ENOSYS. 0 when processes or memory are short: then the spawns will tell.
 * Nothing is tried, and the answer is 0, where children are born elsewhere: the
 * trial would be the namespace's init. Fit for the hook supported().
 */
int sw_probe(int (*birth)(void));

/* 0 when this kernel lets us call one of them, else a negative errno. */
int sw_clone_supported(void);

/* 0 when the system calls by which every answer is known are not refused, else
 * a negative errno. They are asked for what changes nothing. */
int sw_calls_supported(void);

/* 0 when result, of a system call that was asked for what cannot be, is as
 * expected; else why the call is refused. */
int sw_unless(long result, long expected);

#endif
