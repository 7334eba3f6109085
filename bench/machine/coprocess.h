/* SPDX-License-Identifier: MIT */
/*
 * Small processes of ours: a coprocess does one thing for us and dies with us,
 * a watchdog outlives its runner, to tidy up after it.
 */
#ifndef MACHINE_COPROCESS_H
#define MACHINE_COPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether SIGCHLD was ignored when we were started, which lasts over execve(2):
 * cron, daemons and entry points of containers may leave it so. main() asks and
 * resets it before any process is born: ignored, a child's status is lost
 * (wait(2)), every answer of ours. */
extern bool sigchld_was_ignored;

struct coprocess {
	pid_t pid;
	int socket; /* to it, of packets (unix(7)); in the coprocess: to us */
};

/*
 * Fork one, of that name (15 characters; NULL: ours). 0 here and with pid 0 in
 * the coprocess, which must not return. -errno; then there is nothing to end. A
 * coprocess is killed when we have ended, prctl(2). With a name it has no
 * results: its stdout is stderr. Whatever else it inherits is its own business.
 */
int coprocess_fork(struct coprocess *process, const char *name);

/* A descriptor, for whom we fork, to write to what nobody reads; -1 with errno.
 */
int coprocess_sink(void);

/* Memory that we and those see whom we fork from now on, zeroed; the caller's
 * to munmap(2). NULL: there is none. */
void *coprocess_share(size_t bytes);

/* Wait at most wait_ms (-1: for ever) until a descriptor has something to read,
 * or its other end is closed. 0, -ETIMEDOUT, or -errno of poll(2). */
int coprocess_await(int fd, int wait_ms);

/* The next answer from the other end of a socket, waiting at most wait_ms. 0,
 * -ECHILD: the end is closed, or as above. */
int coprocess_hear(int socket, int wait_ms, int *answer);

/* Kill it, reap it and close the socket; status, if not NULL, is as waitpid(2)
 * tells it. */
void coprocess_end(const struct coprocess *process, int *status);

/*
 * A watchdog is born by fork early, blocks all signals, lives in a session of
 * its own, keeps no descriptor but those it names, and waits for two things:
 * the runner's death (a pidfd) and requests (a socket). A request is one
 * packet, answered by one int, 0 or -errno. The first such answer comes
 * unasked: the watchdog is ready, or why it cannot be. The guardian is one, and
 * the watchdog of a memory control group. This is it as its runner sees it; it
 * has one too, which is about the runner.
 */
struct watchdog {
	pid_t pid;     /* 0: there is none; in the watchdog itself */
	int pid_fd;    /* pidfd of the other: a pid may be reused */
	int socket_fd; /* to it; -1 once it is lost */
};

/* Its life, in the new process; when it returns that ends. */
typedef void watchdog_life(struct watchdog *self, void *context);

/*
 * Give birth. It is ready then: only when it has left our process group does a
 * kill of the group spare it. On an error it is gone. -ENOTRECOVERABLE:
 * pidfd_open(2) is refused.
 */
int watchdog_birth(struct watchdog *watchdog, watchdog_life *life,
		   void *context);

/* Send a request and wait for the answer, no longer than wait_ms: a watchdog
 * that is late is killed, so that it holds nothing up. -EPIPE: it is lost. */
int watchdog_ask(struct watchdog *watchdog, const void *request, size_t size,
		 int wait_ms);

/* Wait for its end and release what belongs to it. */
void watchdog_reap(struct watchdog *watchdog);

/* In a process that the runner created, or to let go: close our ends. */
void watchdog_forget(struct watchdog *watchdog);

/* The watchdog's own half: take its name (15 characters), close all
 * descriptors but those of keep, which has its own two too, leave everybody's
 * way. */
int watchdog_settle(const char *name, const int *keep, size_t keep_count);

/* Wait for a request, at most wait_ms (-1: for ever). Its size; 0: none came;
 * -1: the runner is gone or wants nothing more. Its death goes first: a request
 * that it sent before is not heard. */
int watchdog_hear(const struct watchdog *self, void *request, size_t size,
		  int wait_ms);

void watchdog_answer(const struct watchdog *self, int answer);

#endif
