/* SPDX-License-Identifier: MIT */
/*
 * A watcher: a small process that outlives its runner, to tidy up after it.
 *
 * Born by fork early, it blocks all signals, lives in a session of its own,
 * keeps no descriptor but those it names, and waits for two things: the
 * runner's death (a pidfd) and requests (a socket). A request is one packet,
 * answered by one int, 0 or -errno. The first such answer comes unasked: the
 * watcher is ready, or why it cannot be. The guardian is one, and the watchdog
 * of a memory control group.
 */
#ifndef MACHINE_WATCHER_H
#define MACHINE_WATCHER_H

#include <stddef.h>
#include <sys/types.h>

/* As its runner sees it. */
struct watcher {
	pid_t pid;     /* 0: there is none */
	int pid_fd;    /* pidfd of it: a pid may be reused */
	int socket_fd; /* to it; -1 once it is lost */
};

/* As it sees itself. */
struct watcher_post {
	int runner_fd; /* pidfd of the runner */
	int socket_fd;
};

/* Its life, in the new process; it must not return. */
typedef void watcher_life(void *context);

/*
 * Give birth. post belongs to context: it is filled in for the watcher and
 * closed again for the runner. Then watcher_await() must follow.
 * -ENOSYS: no pidfd_open(2), Linux before 5.3.
 */
int watcher_birth(struct watcher *watcher, struct watcher_post *post,
		  watcher_life *life, void *context);

/* Wait until it is ready. Only when it has left our process group does a kill
 * of the group spare it. On an error it is gone already. */
int watcher_await(struct watcher *watcher);

/* Send a request and wait for the answer, no longer than wait_ms: a watcher
 * that is late is killed, so that it holds nothing up. -EPIPE: it is lost. */
int watcher_ask(struct watcher *watcher, const void *request, size_t size,
		int wait_ms);

/* Wait for its end and release what belongs to it. */
void watcher_reap(struct watcher *watcher);

/* In a process that the runner created, or to let go: close our ends. */
void watcher_forget(struct watcher *watcher);

/* The watcher's own half: take its name (15 characters), close all
 * descriptors but those of keep and post, leave everybody's way. */
int watcher_settle(const struct watcher_post *post, const char *name,
		   const int *keep, size_t keep_count);

void watcher_answer(const struct watcher_post *post, int answer);

#endif
