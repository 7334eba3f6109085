/* SPDX-License-Identifier: MIT */
/*
 * A seccomp listener: it sees the system calls by which another process is born
 * or executes a program. The kernel holds each until the listener releases it
 * (seccomp_unotify(2)).
 *
 * The call itself is not changed.
 */
#ifndef ATTEST_LISTENER_H
#define ATTEST_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A call that is held. */
struct held_call {
	uint64_t id; /* the kernel's */
	pid_t pid;   /* the thread that makes it */
	int number;  /* SYS_clone and so on */
	uint64_t arguments[6];
};

/*
 * In the process to be watched: from now on and for ever such calls of the
 * process and its descendants wait for a listener, and exec gains no privileges
 * any more (no_new_privs, prctl(2)). Returns the listener: hand it over to the
 * watching process and close it. When every copy is closed the calls fail with
 * ENOSYS. -EINVAL or -ENOSYS from a kernel before 5.0, -EBUSY below another
 * listener, -EPERM or -EACCES where a filter refuses this; other -errno as in
 * seccomp(2).
 */
int listener_install(void);

/* Send a listener, or the -errno that stands for none, through a unix socket
 * (unix(7)); the caller keeps its copy. 0, or -errno. */
int listener_hand_over(int socket, int listener);

/* In the watching process: wait for that; the listener, close-on-exec, or the
 * -errno that was sent; -EPIPE when the other end is closed. */
int listener_take(int socket);

/* The next call; poll(2) finds the listener readable when there is one.
 * -EAGAIN when it vanished meanwhile, since its process was killed. */
int listener_next(int listener, struct held_call *call);

/* Let a call go on; one whose process was killed is gone already. -EINVAL
 * before Linux 5.5. */
int listener_release(int listener, const struct held_call *call);

/* Copy memory of the process that makes a held call. -EPERM without the
 * right to trace it, -EFAULT for a bad address, -EAGAIN as above. */
int listener_read(int listener, const struct held_call *call, uintptr_t address,
		  void *to, size_t bytes);

/* Whether two processes have the same memory: a word that is written to the
 * other's is read in the one's. The other must be held, and both must descend
 * from us by fork without exec, so that a word of ours is theirs too. kcmp(2)
 * would do, but Docker refuses it where it allows this (moby,
 * profiles/seccomp/default.json). -EPERM, -ESRCH as process_vm_writev(2). */
int listener_shares_memory(pid_t one, pid_t other, bool *shares);

#endif
