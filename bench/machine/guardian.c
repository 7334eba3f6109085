/* SPDX-License-Identifier: MIT */
/*
 * The runner's half of the guardian: its birth, and requests to it.
 *
 * No request may hang: a guardian that does not answer in time is killed, so
 * that its lock is free and the runner can repair by itself.
 */
#include "bench/machine/guardian.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/machine/guard.h"

#define LOCK_WAIT_MS 1000 /* an orphan needs no longer to put it back */
#define ANSWER_WAIT_MS 2000

static int pidfd_of(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

/* What the guardian will own, until it owns it. */
static void guard_release(struct guard *guard)
{
	if (guard->knob_fd >= 0)
		close(guard->knob_fd);
	if (guard->lock_fd >= 0)
		close(guard->lock_fd);
	if (guard->directory_fd >= 0)
		close(guard->directory_fd);
	if (guard->runner_fd >= 0)
		close(guard->runner_fd);
	if (guard->socket_fd >= 0)
		close(guard->socket_fd);
}

/* Permission comes first: who lacks it shall not make directories. */
static int guard_prepare(struct guard *guard, struct repair *leftover)
{
	int error = overcommit_open(&guard->knob_fd);

	if (!error)
		error = state_open(true, &guard->directory_fd);
	if (!error)
		error = state_lock(guard->directory_fd, LOCK_WAIT_MS,
				   &guard->lock_fd);
	if (error == -EBUSY &&
	    state_read(guard->directory_fd, &guard->state) == 0)
		leftover->pid = guard->state.pid;
	if (!error)
		error = overcommit_repair_locked(guard->directory_fd, leftover);
	if (error)
		return error;
	guard->runner_fd = pidfd_of(getpid());
	return guard->runner_fd < 0 ? guard->runner_fd : 0;
}

/*
 * _Fork(3) leaves out pthread_atfork(3) handlers, which may allocate. Signals
 * are blocked before it, and for ever in the guardian: no handler of the
 * runner's may run there.
 */
static int guard_birth(struct guardian *guardian, struct guard *guard)
{
	sigset_t all;
	sigset_t before;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	guard->socket_fd = ends[1];
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	guardian->pid = _Fork();
	if (guardian->pid == 0)
		guard_main(guard);
	int error = guardian->pid < 0 ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		close(ends[0]);
		guardian->pid = 0;
		return error;
	}
	guardian->socket_fd = ends[0];
	return 0;
}

/* Milliseconds of CLOCK_MONOTONIC. */
static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int wait_readable(int fd, int wait_ms)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	long long deadline_ms = now_ms() + wait_ms;
	int ready;

	do {
		long long left_ms = deadline_ms - now_ms();

		ready = poll(&event, 1, left_ms > 0 ? (int)left_ms : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	return ready ? 0 : -ETIMEDOUT;
}

static int guardian_lost(struct guardian *guardian)
{
	close(guardian->socket_fd);
	guardian->socket_fd = -1;
	syscall(SYS_pidfd_send_signal, guardian->pid_fd, SIGKILL, NULL, 0);
	return -EPIPE;
}

static int guardian_hear(struct guardian *guardian)
{
	int answer;

	if (wait_readable(guardian->socket_fd, ANSWER_WAIT_MS) ||
	    recv(guardian->socket_fd, &answer, sizeof(answer), 0) !=
		    sizeof(answer))
		return guardian_lost(guardian);
	return answer;
}

static int guardian_ask(struct guardian *guardian,
			const struct guard_request *request)
{
	if (guardian->socket_fd < 0)
		return -EPIPE;
	if (send(guardian->socket_fd, request, sizeof(*request),
		 MSG_NOSIGNAL) != sizeof(*request))
		return guardian_lost(guardian);
	return guardian_hear(guardian);
}

static void guardian_reap(struct guardian *guardian)
{
	siginfo_t info;
	int error;

	/* ECHILD: some waitpid(-1) of the runner's was faster. */
	do
		error = waitid(P_PIDFD, (id_t)guardian->pid_fd, &info, WEXITED);
	while (error && errno == EINTR);
	guardian_forget(guardian);
}

/* Only when it has left our process group does a kill of the group spare it:
 * wait until it says so. */
static int guardian_await(struct guardian *guardian)
{
	guardian->pid_fd = pidfd_of(guardian->pid);
	if (guardian->pid_fd < 0) {
		int error = guardian->pid_fd;

		/* It ends by itself when the socket is closed. */
		guardian_forget(guardian);
		return error;
	}
	int error = guardian_hear(guardian);
	if (error)
		guardian_reap(guardian);
	return error;
}

int guardian_start(struct guardian *guardian)
{
	struct guard guard = {
		.knob_fd = -1,
		.directory_fd = -1,
		.lock_fd = -1,
		.socket_fd = -1,
		.runner_fd = -1,
	};

	memset(guardian, 0, sizeof(*guardian));
	guardian->pid_fd = -1;
	guardian->socket_fd = -1;
	int error = guard_prepare(&guard, &guardian->leftover);
	if (!error)
		error = guard_birth(guardian, &guard);
	if (error && guard.lock_fd >= 0) {
		state_unlock(guard.directory_fd, guard.lock_fd);
		guard.lock_fd = -1;
	}
	/* The lock lives on in the guardian's copy of the descriptor. */
	guard_release(&guard);
	return error ? error : guardian_await(guardian);
}

int guardian_lease(struct guardian *guardian, int mode, int duration_ms)
{
	const struct guard_request request = {
		.verb = GUARD_LEASE,
		.mode = mode,
		.duration_ms = duration_ms,
	};

	if (mode < 0 || mode > 2 || duration_ms <= 0)
		return -EINVAL;
	return guardian_ask(guardian, &request);
}

int guardian_release(struct guardian *guardian)
{
	const struct guard_request request = { .verb = GUARD_RELEASE };

	return guardian_ask(guardian, &request);
}

int guardian_stop(struct guardian *guardian)
{
	const struct guard_request request = { .verb = GUARD_STOP };

	if (!guardian->pid)
		return 0;
	int answer = guardian_ask(guardian, &request);
	guardian_reap(guardian);
	return answer;
}

void guardian_forget(struct guardian *guardian)
{
	if (guardian->socket_fd >= 0)
		close(guardian->socket_fd);
	if (guardian->pid_fd >= 0)
		close(guardian->pid_fd);
	guardian->socket_fd = -1;
	guardian->pid_fd = -1;
	guardian->pid = 0;
}
