/* SPDX-License-Identifier: MIT */
/* system(3), with the promises of POSIX and the ways of glibc. */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "lib/preload/preload.h"

#define NOT_EXECUTED (127 << 8) /* as if the shell had called _exit(127) */

/* SIGINT and SIGQUIT are the process's, while many threads may wait in
 * system(): the first ignores them, the last restores them. */
static struct {
	pthread_mutex_t lock;
	unsigned waiting;
	struct sigaction interrupt;
	struct sigaction quit;
} ignored = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Another thread may hold the lock when a process forks. */
static void renew_lock(void)
{
	ignored.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, renew_lock);
}

/* Sets *defaults to what the shell shall not ignore. */
static void ignore_keys(sigset_t *defaults)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigemptyset(defaults);
	pthread_mutex_lock(&ignored.lock);
	if (!ignored.waiting++) {
		sigaction(SIGINT, &ignore, &ignored.interrupt);
		sigaction(SIGQUIT, &ignore, &ignored.quit);
	}
	if (ignored.interrupt.sa_handler != SIG_IGN)
		sigaddset(defaults, SIGINT);
	if (ignored.quit.sa_handler != SIG_IGN)
		sigaddset(defaults, SIGQUIT);
	pthread_mutex_unlock(&ignored.lock);
}

/* mask is the caller's signal mask before SIGCHLD was blocked. */
static void restore_signals(const sigset_t *mask)
{
	pthread_mutex_lock(&ignored.lock);
	if (!--ignored.waiting) {
		sigaction(SIGINT, &ignored.interrupt, NULL);
		sigaction(SIGQUIT, &ignored.quit, NULL);
	}
	pthread_mutex_unlock(&ignored.lock);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

static pid_t wait_for(pid_t pid, int *status)
{
	pid_t result;

	while ((result = waitpid(pid, status, 0)) < 0 && errno == EINTR)
		;
	return result;
}

/* What a thread that is cancelled in system() must still do. */
struct pending {
	pid_t pid;
	const sigset_t *mask;
};

static void abandon(void *data)
{
	const struct pending *pending = data;
	int status;

	kill(pending->pid, SIGKILL);
	wait_for(pending->pid, &status);
	restore_signals(pending->mask);
}

static int run(const char *command)
{
	struct sw_request request = { .fields = SW_SIGDEFAULT | SW_SIGMASK };
	sigset_t child_signal, mask, defaults;
	struct pending pending = { .mask = &mask };
	struct sw_child child;
	int status = NOT_EXECUTED;
	int error;

	sigemptyset(&child_signal);
	sigaddset(&child_signal, SIGCHLD);
	ignore_keys(&defaults);
	pthread_sigmask(SIG_BLOCK, &child_signal, &mask);
	request.sigdefault = &defaults;
	request.sigmask = &mask;
	error = -preload_shell(command, &request, &child);
	if (!error) {
		pending.pid = child.pid;
		pthread_cleanup_push(abandon, &pending);
		if (wait_for(child.pid, &status) < 0) {
			status = -1;
			error = errno;
		}
		pthread_cleanup_pop(0);
	}
	restore_signals(&mask);
	if (error)
		errno = error;
	return status;
}

INTERPOSED int system(const char *command)
{
	if (!command)
		return run("exit 0") == 0;
	return run(command);
}
