/* SPDX-License-Identifier: MIT */
/*
 * A child that does one thing for us, and a process that watches over its
 * runner: birth, requests, and its first steps; see coprocess.h.
 *
 * No request may hang: a watchdog that does not answer in time is killed.
 */

#include "bench/machine/coprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio_ext.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/text.h"

bool sigchld_was_ignored;

int coprocess_fork(struct coprocess *process, const char *name)
{
	const pid_t parent = getpid();
	int error, ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	process->pid = fork();
	error = process->pid < 0 ? -errno : 0;
	process->socket = ends[!process->pid];
	close(ends[process->pid != 0]);
	if (error)
		close(process->socket);
	if (process->pid)
		return error;
	if (name) {
		prctl(PR_SET_NAME, name);
		__fpurge(stdout);
		dup2(STDERR_FILENO, STDOUT_FILENO);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It had died before. 0: it is of another PID namespace. */
	if (getppid() && getppid() != parent)
		_exit(1);
	return 0;
}

int coprocess_sink(void)
{
	const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	return fd < 0 ? memfd_create("sink", MFD_CLOEXEC) : fd;
}

void *coprocess_share(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int coprocess_await(int fd, int wait_ms)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	const int64_t deadline_ms = clock_now_ms() + wait_ms;
	int ready;

	do {
		const int64_t left_ms = deadline_ms - clock_now_ms();

		ready = poll(&event, 1,
			     wait_ms < 0   ? -1
			     : left_ms > 0 ? (int)left_ms
					   : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	return ready ? 0 : -ETIMEDOUT;
}

int coprocess_hear(int socket, int wait_ms, int *answer)
{
	const int error = coprocess_await(socket, wait_ms);

	if (error)
		return error;
	return recv(socket, answer, sizeof *answer, 0) > 0 ? 0 : -ECHILD;
}

void coprocess_end(const struct coprocess *process, int *status)
{
	int ignored;

	if (kill(process->pid, SIGKILL)) /* refused: it ends when we are gone */
		shutdown(process->socket, SHUT_RDWR);
	while (waitpid(process->pid, status ? status : &ignored, 0) < 0 &&
	       errno == EINTR)
		;
	close(process->socket);
}

#define AWAIT_MS 2000

static int pidfd_of(pid_t pid)
{
	const int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return -ENOTRECOVERABLE;
	return fd < 0 ? -errno : fd;
}

static int watchdog_lost(struct watchdog *watchdog)
{
	close(watchdog->socket_fd);
	watchdog->socket_fd = -1;
	syscall(SYS_pidfd_send_signal, watchdog->pid_fd, SIGKILL, NULL, 0);
	return -EPIPE;
}

static int hear_answer(struct watchdog *watchdog, int wait_ms)
{
	int answer;

	return coprocess_hear(watchdog->socket_fd, wait_ms, &answer)
		       ? watchdog_lost(watchdog)
		       : answer;
}

static const struct watchdog no_watchdog = { .pid_fd = -1, .socket_fd = -1 };

/*
 * Signals are blocked before the birth, and for ever in the watchdog: no
 * handler of the runner's may run there.
 */
int watchdog_birth(struct watchdog *watchdog, watchdog_life *life,
		   void *context)
{
	const int runner_fd = pidfd_of(getpid());
	struct coprocess process = { .pid = -1 };
	sigset_t all, before;
	int error;

	*watchdog = no_watchdog;
	if (runner_fd < 0)
		return runner_fd;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = coprocess_fork(&process, NULL);
	if (!error && !process.pid) {
		*watchdog = (struct watchdog){ 0, runner_fd, process.socket };
		life(watchdog, context);
		_exit(0);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(runner_fd);
	if (error)
		return error;
	*watchdog = (struct watchdog){ process.pid, pidfd_of(process.pid),
				       process.socket };
	if (watchdog->pid_fd < 0) {
		error = watchdog->pid_fd;
		/* It ends by itself when the socket is closed. */
		watchdog_forget(watchdog);
		waitpid(process.pid, NULL, 0);
		return error;
	}
	error = hear_answer(watchdog, AWAIT_MS);
	if (error)
		watchdog_reap(watchdog);
	return error;
}

int watchdog_ask(struct watchdog *watchdog, const void *request, size_t size,
		 int wait_ms)
{
	if (watchdog->socket_fd < 0)
		return -EPIPE;
	if (send(watchdog->socket_fd, request, size, MSG_NOSIGNAL) !=
	    (ssize_t)size)
		return watchdog_lost(watchdog);
	return hear_answer(watchdog, wait_ms);
}

void watchdog_reap(struct watchdog *watchdog)
{
	siginfo_t info;
	int error;

	/* ECHILD: some waitpid(-1) of the runner's was faster. */
	do
		error = waitid(P_PIDFD, (id_t)watchdog->pid_fd, &info, WEXITED);
	while (error && errno == EINTR);
	watchdog_forget(watchdog);
}

void watchdog_forget(struct watchdog *watchdog)
{
	if (watchdog->socket_fd >= 0)
		close(watchdog->socket_fd);
	if (watchdog->pid_fd >= 0)
		close(watchdog->pid_fd);
	*watchdog = no_watchdog;
}

static bool is_kept(int fd, const int *keep, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

/* An inherited pipe that stays open here would keep its reader waiting. */
static void close_others(const int *keep, size_t count)
{
	int last = 0;

	for (size_t i = 0; i < count; i++)
		if (keep[i] > last)
			last = keep[i];
	for (int fd = 0; fd < last; fd++)
		if (!is_kept(fd, keep, count))
			close(fd);
	if (!syscall(SYS_close_range, last + 1, UINT_MAX, 0))
		return;
	/* Before Linux 5.9. Leftovers do no harm to us. */
	for (int fd = last + 1; fd < 4096; fd++)
		close(fd);
}

int watchdog_settle(const char *name, const int *keep, size_t keep_count)
{
	prctl(PR_SET_PDEATHSIG, 0);
	setsid();
	prctl(PR_SET_NAME, name);
	close_others(keep, keep_count);
	/* Under memory pressure somebody else should go first. Needs a
	 * capability that even root may lack: then we are as likely a victim
	 * as others. */
	text_write_at("-1000", "/proc/self/oom_score_adj");
	return chdir("/") ? -errno : 0;
}

int watchdog_hear(const struct watchdog *self, void *request, size_t size,
		  int wait_ms)
{
	struct pollfd events[] = {
		{ .fd = self->pid_fd, .events = POLLIN },
		{ .fd = self->socket_fd, .events = POLLIN },
	};
	const int ready = poll(events, 2, wait_ms);
	ssize_t length;

	if (ready <= 0)
		return 0;
	if (events[0].revents)
		return -1;
	length = recv(self->socket_fd, request, size, MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return length == (ssize_t)size ? (int)size : -1;
}

void watchdog_answer(const struct watchdog *self, int answer)
{
	send(self->socket_fd, &answer, sizeof(answer), MSG_NOSIGNAL);
}
