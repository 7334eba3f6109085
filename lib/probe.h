/* SPDX-License-Identifier: MIT */
/* Trying out a birth where a failure is nobody's business. */
#ifndef LIB_PROBE_H
#define LIB_PROBE_H

/*
 * What birth(), which creates a child that ends, answers in a child of ours,
 * which reaps it: so its SIGCHLD and its zombie never reach the caller. That
 * child shares our memory while we wait, and has exit_signal 0. 0 when it
 * cannot be created, or when birth() fails for another reason than a refusal,
 * which seccomp filters and old kernels tell as ENOSYS, EPERM or EINVAL: then
 * the spawns will tell. -ENOSYS where CLONE_VM does not share memory
 * (qemu-user), or where birth() is death: a filter may kill for a system call.
 * Fit for the hook supported().
 */
int sw_probe(int (*birth)(void));

#endif
