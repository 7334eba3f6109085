/* SPDX-License-Identifier: MIT */
/*
 * The lock of the setting: one run at a time, whatever container it is in.
 *
 * A lock of flock(2) belongs to an inode. vm.overcommit_memory belongs to the
 * kernel, so what is locked are inodes that the kernel has once, for all
 * roots and namespaces: the anonymous inode behind each eventfd(2)
 * (fs/anon_inodes.c) and the user namespace (/proc/self/ns/user, fs/nsfs.c),
 * where one of them is refused the other. A plain file that stands in for the
 * setting is locked itself.
 */
#ifndef MACHINE_LOCK_H
#define MACHINE_LOCK_H

#include <stdbool.h>
#include <sys/file.h>
#include <sys/types.h>

/* The setting: /proc/sys/vm/overcommit_memory, or $SPAWNWISE_KNOB: a plain file
 * that stands in for it in tests. */
const char *overcommit_path(void);

#define LOCK_COUNT 2

struct lock {
	int fds[LOCK_COUNT]; /* -1: none */
};

/* A process of this name that has a lock is a guardian. */
#define GUARD_NAME "spawnwise-guard"

#define LOCK_NONE ((struct lock){ .fds = { -1, -1 } })

/* Who holds it, as far as this process can see and be sure. */
struct lock_holder {
	pid_t run_pid;	    /* 0: it has ended, or is not seen from here */
	pid_t guardian_pid; /* 0: there is none, or it is not seen */
	bool stopped;	    /* the run is, by a signal */
};

/*
 * Take the lock for the setting behind knob_fd, waiting at most wait_ms:
 * LOCK_EX of flock(2), or LOCK_SH to learn only whether somebody holds it; any
 * user may. It is held until every copy of the descriptors is closed, by death
 * too. -EBUSY: somebody else still holds it, see *holder; -ENOLCK: none that
 * others would respect can be had; -EMFILE and so on from open(2).
 */
int lock_take(struct lock *lock, int knob_fd, int how, int wait_ms,
	      struct lock_holder *holder);

/* Let go, even where a copy of the descriptors is left. Allocates nothing. */
void lock_release(struct lock *lock);

/* Close this process's copies: another one holds the lock on. */
void lock_forget(struct lock *lock);

#endif
