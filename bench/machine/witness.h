/* SPDX-License-Identifier: MIT */
/*
 * A witness of the system calls of another process: each is held by the
 * kernel until the witness lets it go on (seccomp_unotify(2)).
 *
 * The call itself is not changed: a witness only looks.
 */
#ifndef MACHINE_WITNESS_H
#define MACHINE_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WITNESS_CALLS_MAX 16

/* A call that is held. */
struct witness_call {
	uint64_t id; /* the kernel's */
	pid_t pid;   /* the thread that makes it */
	int number;  /* SYS_clone and so on */
	uint64_t arguments[6];
};

/*
 * In the process to be watched: let these calls of it and its descendants
 * wait for a witness from now on, for ever, and give up the right to gain
 * privileges by exec (no_new_privs, prctl(2)). Returns the listener, which
 * belongs to the witness: hand it over and close it. When every copy is closed
 * the calls fail with ENOSYS. -EINVAL or -ENOSYS from a kernel before 5.0,
 * -EBUSY below another witness, -EPERM or -EACCES where a filter refuses this;
 * other -errno as in seccomp(2).
 */
int witness_install(const int *numbers, size_t count);

/* Send a listener, or the -errno that stands for none, through a unix socket
 * (unix(7)); the caller keeps its copy. 0, or -errno. */
int witness_hand_over(int socket, int listener);

/* In the witness: wait for that; the listener, close-on-exec, or the -errno
 * that was sent; -EPIPE when the other end is closed. */
int witness_take(int socket);

/* The next call; poll(2) finds the listener readable when there is one.
 * -EAGAIN when it vanished meanwhile, since its process was killed. */
int witness_next(int listener, struct witness_call *call);

/* Let a call go on; one whose process was killed is gone already. -EINVAL
 * before Linux 5.5. */
int witness_release(int listener, const struct witness_call *call);

/* Copy memory of the process that makes a held call. -EPERM without the
 * right to trace it, -EFAULT for a bad address, -EAGAIN as above. */
int witness_read(int listener, const struct witness_call *call,
		 uintptr_t address, void *to, size_t bytes);

/* Whether thread pid sleeps in system call number now (proc(5),
 * /proc/PID/syscall); false as well where the kernel does not tell. */
bool witness_sleeps_in(pid_t pid, int number);

/* Whether two processes have the same memory: a word that is written to the
 * other's is read in the one's. The other must be held, and both must descend
 * from us by fork without exec, so that a word of ours is theirs too. kcmp(2)
 * would do, but Docker refuses it where it allows this (moby,
 * profiles/seccomp/default.json). -EPERM, -ESRCH as process_vm_writev(2). */
int witness_shares_memory(pid_t one, pid_t other, bool *shares);

#endif
