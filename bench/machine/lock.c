/* SPDX-License-Identifier: MIT */
/* The lock of the setting; see lock.h. */

#include "bench/machine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FILE_NAME "lock"
#define FILE_PART (LOCK_COUNT - 1)
#define RETRY_MS 10

static bool is_scarce(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* What is locked for the setting, as much of it as there is. By the file
 * system, not by the path: any procfs shows this kernel's setting. */
static int open_parts(struct lock *lock, int knob_fd)
{
	struct statfs system;

	*lock = LOCK_NONE;
	if (fstatfs(knob_fd, &system) || system.f_type != PROC_SUPER_MAGIC) {
		lock->fds[0] = fcntl(knob_fd, F_DUPFD_CLOEXEC, 0);
		return lock->fds[0] < 0 ? -errno : 0;
	}
	lock->fds[0] = eventfd(0, EFD_CLOEXEC);
	if (lock->fds[0] < 0 && is_scarce(errno))
		return -errno;
	lock->fds[1] = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	return lock->fds[1] < 0 && is_scarce(errno) ? -errno : 0;
}

/* The holder removes the file before it lets go: what we locked counts only
 * if it is still the file of that name. */
static int lock_file(int directory_fd, int how, int *fd)
{
	const int flags = how == LOCK_EX ? O_RDWR | O_CREAT : O_RDONLY;
	struct stat locked;
	struct stat named;

	*fd = openat(directory_fd, FILE_NAME, flags | O_NOFOLLOW | O_CLOEXEC,
		     0644);
	if (*fd < 0)
		return -errno;
	if (flock(*fd, how | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -ENOLCK;
	if (how == LOCK_SH)
		return 0;
	if (fstat(*fd, &locked) ||
	    fstatat(directory_fd, FILE_NAME, &named, AT_SYMLINK_NOFOLLOW) ||
	    locked.st_ino != named.st_ino)
		return -EBUSY;
	return 0;
}

/* One try. On -EBUSY *busy_fd is the one that is held. */
static int lock_once(struct lock *lock, int knob_fd, int directory_fd, int how,
		     int *busy_fd)
{
	int error = open_parts(lock, knob_fd);
	bool had = false;

	for (int i = 0; i < FILE_PART && !error; i++) {
		*busy_fd = lock->fds[i];
		if (*busy_fd < 0)
			continue;
		if (!flock(*busy_fd, how | LOCK_NB))
			had = true;
		else if (errno == EWOULDBLOCK)
			error = -EBUSY;
	}
	/* A lock of the folder alone says nothing of other containers. */
	if (!error && !had && how == LOCK_EX)
		error = -ENOLCK;
	if (error || directory_fd < 0)
		return error;
	error = lock_file(directory_fd, how, &lock->fds[FILE_PART]);
	*busy_fd = lock->fds[FILE_PART];
	return error;
}

/* Let go, even where a caller's descriptor is of the same open file. */
static void lock_drop(struct lock *lock)
{
	for (int i = 0; i < LOCK_COUNT; i++)
		if (lock->fds[i] >= 0)
			flock(lock->fds[i], LOCK_UN);
	lock_forget(lock);
}

static int lock_wait(struct lock *lock, int knob_fd, int directory_fd, int how,
		     int wait_ms, struct lock_holder *holder)
{
	int busy_fd = -1;
	int error;

	*holder = (struct lock_holder){ 0 };
	while ((error = lock_once(lock, knob_fd, directory_fd, how,
				  &busy_fd)) == -EBUSY &&
	       wait_ms > 0) {
		lock_drop(lock);
		poll(NULL, 0, RETRY_MS);
		wait_ms -= RETRY_MS;
	}
	if (error == -EBUSY)
		lock_holder_find(busy_fd, holder);
	if (error)
		lock_drop(lock);
	return error;
}

int lock_take(struct lock *lock, int knob_fd, int directory_fd, int wait_ms,
	      struct lock_holder *holder)
{
	return lock_wait(lock, knob_fd, directory_fd, LOCK_EX, wait_ms, holder);
}

int lock_probe(int knob_fd, int directory_fd, int wait_ms,
	       struct lock_holder *holder)
{
	struct lock lock;
	int error = lock_wait(&lock, knob_fd, directory_fd, LOCK_SH, wait_ms,
			      holder);

	lock_drop(&lock);
	return error == -EBUSY ? error : 0;
}

void lock_release(struct lock *lock, int directory_fd)
{
	unlinkat(directory_fd, FILE_NAME, 0);
	lock_drop(lock);
}

void lock_forget(struct lock *lock)
{
	for (int i = 0; i < LOCK_COUNT; i++)
		if (lock->fds[i] >= 0)
			close(lock->fds[i]);
	*lock = LOCK_NONE;
}
