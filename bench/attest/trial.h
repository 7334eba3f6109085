/* SPDX-License-Identifier: MIT */
/* A process that opens a strategy and spawns once, to be looked at. */
#ifndef ATTEST_TRIAL_H
#define ATTEST_TRIAL_H

#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/machine/coprocess.h"

struct sw_strategy;

enum trial_phase { TRIAL_OPENS, TRIAL_SPAWNS, TRIAL_RETURNED, TRIAL_DONE };

/* What the process reports, in a page that both see. */
struct trial_report {
	_Atomic enum trial_phase phase;
	const char *step; /* its last call of the library */
	int refused;	  /* when done: 0, or the errno of that call */
	bool ran;	  /* the strategy says that the program runs */
};

#define STRATEGIES_KNOWN 64 /* whose answers trial_run() keeps */

struct trial_spawn {
	struct trial_report *report; /* MAP_SHARED */
	struct coprocess process; /* its socket is readable when it has ended */
};

/*
 * Start one for this strategy. If it is watched it first installs a listener,
 * hands it over to trial->process.socket (listener_take()), and waits for one
 * byte. 0, or -errno; then there is nothing to end. -ENOTSUP:
 * children are born in another pid namespace, see trial_run().
 *
 * The process spawns a path that does not exist, so that no program is run: a
 * good strategy says ENOENT, a baseline's shell "not found".
 */
int trial_start(struct trial_spawn *trial, const struct sw_strategy *strategy,
		bool watched);

/* End the process, its helper and its child, and release; last gets its last
 * report. Whether it was done. */
bool trial_end(struct trial_spawn *trial, struct trial_report *last);

/*
 * Whether a strategy works here: it was opened, and spawned once; a built-in
 * one is tried once in the life of this process. 0, or why not: the error of
 * *step, a call of the library ("a trial": the process for it could not be
 * made). -EPROTO: it says that a program runs that is not there;
 * -EOWNERDEAD: the process was killed, as a seccomp filter can do;
 * -ETIMEDOUT: it did not end within five seconds. Where our children are born
 * in another pid namespace it is only opened, in this process: the trial would
 * be the namespace's init, which ends with it (lib/probe.h).
 */
int trial_run(const struct sw_strategy *strategy, const char **step);

/*
 * A seccomp listener: it sees the system calls by which another process is born
 * or executes a program. The kernel holds each until the listener releases it
 * (seccomp_unotify(2)). The call itself is not changed.
 */

/* In the watching process: wait for the listener of a trial; the listener,
 * close-on-exec, or the -errno that was sent for none; -EPIPE when the other
 * end is closed. */
int listener_take(int socket);

/* The next call; poll(2) finds the listener readable when there is one.
 * -EAGAIN when it vanished meanwhile, since its process was killed. */
int listener_next(int listener, struct seccomp_notif *call);

/* Let a call go on; one whose process was killed is gone already. -EINVAL
 * before Linux 5.5. */
int listener_release(int listener, const struct seccomp_notif *call);

/* Copy memory of the process that makes a held call. -EPERM without the
 * right to trace it, -EFAULT for a bad address, -EAGAIN as above. */
int listener_read(int listener, const struct seccomp_notif *call,
		  uintptr_t address, void *to, size_t bytes);

/* Whether two processes have the same memory: a word that is written to the
 * other's is read in the one's. The other must be held, and both must descend
 * from us by fork without exec, so that a word of ours is theirs too. kcmp(2)
 * would do, but Docker refuses it where it allows this (moby,
 * profiles/seccomp/default.json). 0, 1; -EPERM, -ESRCH as process_vm_writev(2).
 */
int listener_shares_memory(pid_t one, pid_t other);

#endif
