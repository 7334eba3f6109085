/* SPDX-License-Identifier: MIT */
/*
 * clone3(2) with a stack of its own, which no libc exports.
 *
 * glibc's clone() takes the flags as an int: CLONE_CLEAR_SIGHAND, which
 * resets every handler in one step, does not fit.
 */
#ifndef LIB_CLONE_H
#define LIB_CLONE_H

#include <linux/sched.h>

/*
 * Create a child that runs run(data) on args->stack and never returns from
 * it. Returns the child's pid, or a negative errno (clone(2), section
 * ERRORS). With CLONE_VFORK it returns when the child has left the memory.
 */
long sw_clone3(struct clone_args *args, void (*run)(void *), void *data);

/* 0 when this kernel lets us call clone3(2), else a negative errno. */
int sw_clone3_supported(void);

#endif
