/* SPDX-License-Identifier: MIT */
/*
 * popen(3) and pclose(3).
 *
 * The streams are the libc's own; a list says which process belongs to which.
 * fclose(3) is here because glibc's pclose(3) is no more than that: programs
 * close a stream of popen(3) by either.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "lib/preload/preload.h"
#include "lib/preload/real.h"

struct pipe {
	FILE *stream;
	int fd; /* the stream's */
	pid_t pid;
	struct pipe *next;
};

static struct pipe *pipes;     /* newest first */
static atomic_uint pipe_count; /* without the lock: most programs have none */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Another thread may hold the lock when a process forks; its copy does not
 * exist in the child. A prepare handler that took the lock would deadlock:
 * a strategy may itself fork while popen() holds it. */
static void renew_lock(void)
{
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, renew_lock);
}

/* "r" or "w", and "e" for close-on-exec. 0, or -EINVAL. */
static int read_mode(const char *mode, bool *reads, bool *closes)
{
	bool writes = false;

	*reads = *closes = false;
	for (; *mode; mode++) {
		if (*mode == 'r')
			*reads = true;
		else if (*mode == 'w')
			writes = true;
		else if (*mode == 'e')
			*closes = true;
		else
			return -EINVAL;
	}
	return *reads == writes ? -EINVAL : 0;
}

/* The shell gets from as its fd, and none of the streams of earlier calls
 * (POSIX). */
static int spawn_shell(const char *command, int from, int fd,
		       struct sw_child *child)
{
	struct sw_request request = { .fields = SW_FDACTIONS };
	struct sw_action *actions;
	size_t count = 1;
	int error = -ENOMEM;

	pthread_mutex_lock(&lock);
	for (const struct pipe *each = pipes; each; each = each->next)
		count++;
	actions = calloc(count, sizeof *actions);
	if (actions) {
		for (const struct pipe *each = pipes; each; each = each->next)
			if (each->fd != from) /* closed behind our back */
				actions[request.action_count++] =
					(struct sw_action){ .kind = SW_CLOSE,
							    .fd = each->fd };
		actions[request.action_count++] = (struct sw_action){
			.kind = SW_DUP2, .from = from, .fd = fd
		};
		request.actions = actions;
		error = preload_shell(command, &request, child);
	}
	pthread_mutex_unlock(&lock);
	free(actions);
	return error;
}

/* A stream whose other end is the shell's; close-on-exec. */
static int open_pipe(struct pipe *pipe, const char *command, bool reads)
{
	const int ours = reads ? 0 : 1;
	struct sw_child child = { 0 };
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pipe->fd = ends[ours];
	pipe->stream = fdopen(pipe->fd, reads ? "r" : "w");
	if (!pipe->stream) {
		error = -errno;
		close(pipe->fd);
		goto close_end;
	}
	fwide(pipe->stream, -1); /* as glibc's are */
	error = spawn_shell(command, ends[!ours], !ours, &child);
	pipe->pid = child.pid;
	if (error)
		real_fclose(pipe->stream);
close_end:
	close(ends[!ours]);
	return error;
}

/* No cancellation point, as in glibc: nobody else would know of the shell. */
INTERPOSED FILE *popen(const char *command, const char *mode)
{
	struct pipe *pipe;
	bool reads, closes;
	int cancellation;
	int error = read_mode(mode, &reads, &closes);

	if (error) {
		errno = -error;
		return NULL;
	}
	pipe = calloc(1, sizeof *pipe);
	if (!pipe)
		return NULL;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
	error = open_pipe(pipe, command, reads);
	pthread_setcancelstate(cancellation, NULL);
	if (error) {
		free(pipe);
		errno = -error;
		return NULL;
	}
	pthread_mutex_lock(&lock);
	pipe->next = pipes;
	pipes = pipe;
	atomic_fetch_add(&pipe_count, 1);
	pthread_mutex_unlock(&lock);
	if (!closes)
		fcntl(pipe->fd, F_SETFD, 0);
	return pipe->stream;
}

/* The process behind a stream of ours, or 0; it is then forgotten. */
static pid_t forget(const FILE *stream)
{
	struct pipe **link = &pipes;
	struct pipe *found;
	pid_t pid = 0;

	if (!atomic_load(&pipe_count))
		return 0;
	pthread_mutex_lock(&lock);
	while (*link && (*link)->stream != stream)
		link = &(*link)->next;
	found = *link;
	if (found) {
		*link = found->next;
		pid = found->pid;
		atomic_fetch_sub(&pipe_count, 1);
	}
	pthread_mutex_unlock(&lock);
	free(found);
	return pid;
}

/* No cancellation point, as in glibc: nobody else could reap the shell. What
 * could not be written is told where the shell has nothing to tell. */
INTERPOSED int fclose(FILE *stream)
{
	const pid_t pid = forget(stream);
	int cancellation, closed, status;
	pid_t ended;

	if (!pid)
		return real_fclose(stream);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
	closed = real_fclose(stream);
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	pthread_setcancelstate(cancellation, NULL);
	if (ended < 0)
		return -1;
	return status ? status : closed;
}

INTERPOSED int pclose(FILE *stream)
{
	return fclose(stream);
}
