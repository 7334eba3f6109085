/* SPDX-License-Identifier: MIT */
/*
 * The contract between programs that spawn and strategies that know how.
 *
 * Life cycle of a spawn. "Caller" is the process that holds the handle.
 *
 *  1. sw_open()     caller, once, before its memory grows: a strategy
 *                   prepares stacks or starts its helper. Not timed.
 *  2. sw_spawn()    caller, any thread: refuses what the strategy cannot
 *                   honour (-ENOTSUP), then calls the strategy's spawn hook.
 *                   Clock "return" runs from just before to just after.
 *  3. (child)       sw_child_run() in lib/child.c: descriptors, signals,
 *                   exec. Clock "start" ends at the program's first
 *                   instruction.
 *  4. sw_confirm()  caller, exactly once per successful sw_spawn(): tells
 *                   whether the program runs. Until it answers something
 *                   else than -EAGAIN, the request's memory is borrowed.
 *                   Clock "confirm" ends when it returns 0.
 *  5. waitpid()     caller: the child is its own. Clock "reap" ends here.
 *  6. sw_close()    caller, once, when no spawn is in flight.
 *
 * Every function returns 0 or a negative errno and leaves errno, the signal
 * mask, the handlers and the descriptors of the caller as they were.
 */
#ifndef SPAWNWISE_H
#define SPAWNWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What to run. A zeroed field asks for nothing; path and argv are required.
 * The caller owns every string, array and descriptor; they must stay valid
 * until sw_confirm() has answered.
 */
struct sw_request {
	/* The program: a path, or with search a name to look for in the
	 * caller's PATH (a name with a slash is taken as it is). There is no
	 * fallback to /bin/sh for ENOEXEC: posix_spawnp(3) has none either. */
	const char *path;
	bool search;

	char *const *argv; /* NULL-terminated, as execve(2) takes it */
	char *const *envp; /* NULL: the caller's environ at the time of call */

	/* Descriptors to become 0, 1 and 2, assigned in that order by dup2(2):
	 * stderr_fd = 1 sends errors wherever stdout now goes. 0 inherits. */
	int stdin_fd;
	int stdout_fd;
	int stderr_fd;

	/* Where the child may run: a mask as sched_setaffinity(2) takes it,
	 * set before exec. NULL inherits. Trait SW_AFFINITY. */
	const unsigned long *cpu_mask;
	size_t cpu_mask_bytes;
};

/* A child, from sw_spawn() on. */
struct sw_child {
	pid_t pid;	/* valid from a successful sw_confirm() on */
	int status;	/* after -ECANCELED: as waitpid(2) tells it */
	uintptr_t slot; /* the strategy's own */
};

/*
 * Facts about a strategy that a chooser needs; tests prove them. The names
 * (sw_trait_name()) are the lower case of these.
 */
enum sw_trait {
	SW_SUSPENDS_CALLER = 1 << 0, /* spawn returns after exec */
	SW_ASYNCHRONOUS = 1 << 1,    /* spawn returns before exec */
	SW_SHARES_MEMORY = 1 << 2,   /* the child runs in our memory */
	SW_COPIES_PAGE_TABLES = 1 << 3,
	SW_CHARGES_COMMIT = 1 << 4,   /* asks for our memory once more */
	SW_RUNS_ATFORK = 1 << 5,      /* pthread_atfork(3) handlers run */
	SW_SILENT_FAILURE = 1 << 6,   /* failed exec: no SIGCHLD, no wait */
	SW_THREAD_SAFE = 1 << 7,      /* a handle serves many threads */
	SW_NEEDS_EARLY_OPEN = 1 << 8, /* open before memory grows */
	SW_IDENTITY_OF_OPEN = 1 << 9, /* cwd, ids, limits: as at sw_open() */
	SW_BASELINE = 1 << 10,	      /* measured, never chosen */
	SW_CREATES_NOTHING = 1 << 11,
	SW_EXPERIMENTAL = 1 << 12,
	SW_AFFINITY = 1 << 13, /* honours cpu_mask */
};
#define SW_TRAIT_COUNT 14

/*
 * One way to create a child. Const and shared; what changes lives behind the
 * pointer that open() gives.
 */
struct sw_strategy {
	const char *name;    /* its file's name: [a-z][a-z0-9_]* */
	const char *summary; /* one line, no full stop */
	unsigned traits;     /* enum sw_trait, or-ed */

	/* 0, or -errno when this machine cannot do it.
	 * Optional: default is that it can. */
	int (*supported)(void);

	/* Prepare; *state is handed to the other hooks and owned by the
	 * strategy until close(). Optional: default is nothing to prepare. */
	int (*open)(void **state);

	/* Create a child for a request that was checked. Required. */
	int (*spawn)(void *state, const struct sw_request *request,
		     struct sw_child *child);

	/* 0: the program runs. -EAGAIN: not known within timeout_ms (0 polls,
	 * -1 waits for ever). -ECANCELED: died before exec, reaped,
	 * child->status tells how. Other -errno: exec or a step before it
	 * failed, child reaped. Required. */
	int (*confirm)(void *state, struct sw_child *child, int timeout_ms);

	/* Release what open() took; never fails. Optional, goes with open. */
	void (*close)(void *state);
};

/* An opened strategy. In a process forked from the one that opened it every
 * call answers -ECHILD (the page is MADV_WIPEONFORK, madvise(2)). */
struct sw_handle;

/* Prepare strategy for this process; *handle is the caller's to sw_close().
 * Errors: -ENOTSUP or what supported() said, -ENOMEM, those of open(). */
int sw_open(const struct sw_strategy *strategy, struct sw_handle **handle);

/* Create a child. -EINVAL without path or argv; -ENOTSUP for a field that the
 * strategy does not honour, before anything is created; -ECHILD in a fork's
 * copy; -EAGAIN when too many spawns are in flight; else the strategy's. */
int sw_spawn(struct sw_handle *handle, const struct sw_request *request,
	     struct sw_child *child);

/* Learn how the spawn went; see struct sw_strategy. */
int sw_confirm(struct sw_handle *handle, struct sw_child *child,
	       int timeout_ms);

/* Release the handle. NULL is allowed. */
void sw_close(struct sw_handle *handle);

/* Every strategy built in, ordered by name, ended by NULL. */
extern const struct sw_strategy *const sw_strategies[];

/* The strategy of that name, or NULL. */
const struct sw_strategy *sw_find(const char *name);

/* NULL when the strategy keeps the contract's form, else a sentence that says
 * what is wrong with it (static storage). */
const char *sw_check(const struct sw_strategy *strategy);

/* The word for one trait bit, as `list` and `choose --need` write it. */
const char *sw_trait_name(enum sw_trait trait);

#ifdef __cplusplus
}
#endif
#endif
