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

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/spawnwise.h"

/*
 * For a function that runs on a stack which a sanitizer does not know: it
 * would complain there, in a child that shares our memory and may have the
 * wrong file at descriptor 2.
 */
#define SW_CHILD_HALF                                                          \
	__attribute__((no_sanitize("address"), no_sanitize("undefined")))

/* The kernel's signal set: 64 bits, signal N is bit N - 1. */
typedef uint64_t sw_sigset;

/* Everything the child needs, resolved. Borrows from the request. */
struct sw_image {
	const char *path;
	const char *search_path; /* directories, or NULL: path as it is */
	char *const *argv;
	char *const *envp;
	int stdio[3]; /* descriptors to become 0, 1, 2; -1 inherits */
	const unsigned long *cpu_mask;
	size_t cpu_mask_bytes;
	sw_sigset mask; /* the signal mask of the new program */
};

/* Resolve a request that sw_spawn() has checked. Allocates nothing. */
void sw_image_init(struct sw_image *image, const struct sw_request *request);

/* Block every signal, the libc's internal ones too; returns what was blocked
 * before. A handler must not run in a child that shares our memory. */
sw_sigset sw_signals_block(void);
void sw_signals_restore(sw_sigset mask);

/*
 * In the child, signals blocked: reset handlers unless handlers_cleared,
 * place the descriptors, restore the mask, exec. Returns only on failure,
 * with a negative errno. Async-signal-safe; writes no memory but its stack
 * (at most 8 KiB).
 */
int sw_child_exec(const struct sw_image *image, bool handlers_cleared);

/* End the child at once, without atexit handlers or flushed buffers. */
_Noreturn void sw_child_exit(int status);

/*
 * In the caller, after a child has left our memory without reporting an
 * error: 0 if it did so by exec, -ECANCELED if it was killed before (then it
 * is reaped and child->status set). A child reaped by somebody else counts
 * as started.
 */
int sw_child_started(struct sw_child *child);

/*
 * The same for a child born with exit_signal 0. exec makes it SIGCHLD before
 * the child leaves our memory (de_thread() in fs/exec.c), so one that
 * __WCLONE still finds has not got there, even if it is not dead yet.
 */
int sw_child_started_silent(struct sw_child *child);

/* Reap a child whose exec failed with error (a negative errno, returned). A
 * thread that waits for any child may have been faster: no harm. */
int sw_child_failed(pid_t pid, int error);

#endif
