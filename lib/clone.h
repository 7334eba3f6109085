/* SPDX-License-Identifier: MIT */
/*
 * A child on a stack of its own, by clone3(2) or, where a seccomp filter
 * refuses that (containers often do), by clone(2).
 *
 * glibc's clone() takes the flags as an int: CLONE_CLEAR_SIGHAND, which
 * resets every handler in one step, does not fit.
 */
#ifndef LIB_CLONE_H
#define LIB_CLONE_H

#include <linux/sched.h>
#include <stdbool.h>

#include "lib/child.h"

/* Where Debian's headers may be older than the kernel (linux/sched.h). */
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

/*
 * Create a child that runs run(data) on args->stack (none: on its copy of
 * ours) and never returns from it. Returns the child's pid, or a negative
 * errno (clone(2), section ERRORS). With CLONE_VFORK it returns when the
 * child has left the memory. By clone(2) CLONE_CLEAR_SIGHAND is left out, see
 * sw_clone_clears_handlers(), and CLONE_INTO_CGROUP answers -ENOTSUP.
 */
long sw_clone(const struct clone_args *args, void (*run)(void *), void *data);

/* What only the birth itself can do, see sw_clone_for(). */
#define SW_CLONE_FIELDS ((unsigned)(SW_PIDFD | SW_CGROUP))

/*
 * Add to args what image->request asks for: SW_PIDFD, whose descriptor the
 * kernel writes to child->pidfd, SW_CGROUP, and CLONE_FILES where SW_CLOSEFDS
 * becomes cheaper by it. Tell the child's half in image how it will be born.
 * Async-signal-safe.
 */
void sw_clone_for(struct clone_args *args, struct sw_image *image,
		  struct sw_child *child);

/* Whether a child of sw_clone() is born without handlers: by clone3(2). */
bool sw_clone_clears_handlers(void);

/* Tell in child that sw_clone() failed; returns that error. The kernel may have
 * written a pidfd before, which it has closed (copy_process() in
 * kernel/fork.c). */
int sw_clone_failed(struct sw_child *child, long error);

#endif
