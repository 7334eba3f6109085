/* SPDX-License-Identifier: MIT */
/* A process in which an experiment is done; see worker.h. */

#include "bench/labs/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/machine/coprocess.h"
#include "bench/machine/guardian.h"
#include "bench/machine/memory.h"
#include "bench/machine/text.h"

#define LEASE_MS 500 /* renewed with every beat; and a second of grace */
#define BEAT_MS 100
#define PULSE_LIMIT_S 1 /* without a beat */
#define EXIT_ALONE 2	/* of one that had no pulse */

static atomic_uint *pulse; /* shared with workers: the runner's beats */

int worker_set_oom_score_adj(int value)
{
	char text[16];

	snprintf(text, sizeof text, "%d", value);
	return text_write_at(text, "/proc/self/oom_score_adj");
}

int worker_populate(uint64_t bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *heap = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (heap == MAP_FAILED)
		return bytes ? -errno : 0;
	madvise(heap, bytes, MADV_NOHUGEPAGE);
	for (uint64_t at = 0; at < bytes; at += page)
		heap[at] = 1;
	return 0;
}

/* Outside its window it must not act: a runner that was stopped lets the pulse
 * stop, and the window close. */
static void die_without_pulse(int number)
{
	static unsigned last;
	const unsigned now = atomic_load(pulse);

	(void)number;
	if (now == last)
		_exit(EXIT_ALONE);
	last = now;
}

static void watch_pulse(void)
{
	const struct sigaction action = { .sa_handler = die_without_pulse,
					  .sa_flags = SA_RESTART };
	const struct itimerval timer = {
		.it_interval = { .tv_sec = PULSE_LIMIT_S },
		.it_value = { .tv_sec = PULSE_LIMIT_S },
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* One byte each way: ready, go, done. */
static _Noreturn void live(int socket, bool guarded,
			   void (*prepare)(void *data), void (*act)(void *data),
			   void *data)
{
	char byte = 0;

	/* It is the first to die; raising it is everybody's right. */
	if (worker_set_oom_score_adj(1000))
		_exit(1);
	if (prepare)
		prepare(data);
	if (send(socket, &byte, 1, MSG_NOSIGNAL) == 1 &&
	    recv(socket, &byte, 1, 0) == 1) {
		if (guarded)
			watch_pulse();
		act(data);
		send(socket, &byte, 1, MSG_NOSIGNAL);
	}
	/* What it holds stays until it is ended. */
	for (;;)
		pause();
}

static int await(const struct worker *worker, int limit_ms)
{
	struct pollfd news = { .fd = worker->socket, .events = POLLIN };
	char byte;
	int ready;

	do
		ready = poll(&news, 1, limit_ms);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready ? -errno : -ETIMEDOUT;
	return recv(worker->socket, &byte, 1, 0) == 1 ? 0 : -ECHILD;
}

int worker_start(struct worker *worker, struct guardian *guardian,
		 void (*prepare)(void *data), void (*act)(void *data),
		 void *data)
{
	struct coprocess process;
	int error;

	*worker = (struct worker){ .socket = -1, .guardian = guardian };
	if (!pulse)
		pulse = coprocess_share(sizeof *pulse);
	if (!pulse)
		return -ENOMEM;
	error = coprocess_fork(&process, NULL);
	if (error)
		return error;
	worker->pid = process.pid;
	worker->socket = process.socket;
	if (!process.pid) {
		if (guardian)
			guardian_forget(guardian);
		live(process.socket, guardian, prepare, act, data);
	}
	error = await(worker, -1);
	if (error)
		worker_end(worker, NULL);
	return error;
}

/* Its memory must be gone before the window closes: what another mode has
 * promised may be more than the user's has to give. Returns whether it had
 * ended by itself because we were stopped. */
static bool die(const struct worker *worker)
{
	siginfo_t info = { .si_status = 0 };

	kill(worker->pid, SIGKILL);
	while (waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOWAIT) &&
	       errno == EINTR)
		;
	return info.si_code == CLD_EXITED && info.si_status == EXIT_ALONE;
}

/* Wait for what it does in its window, and keep this open meanwhile. Time in
 * which we are stopped is no more than one beat. */
static int await_in_window(const struct worker *worker, int limit_ms,
			   int (*look)(void *data), void *data)
{
	const int beat_ms = look ? 1 : BEAT_MS;
	int error = -ETIMEDOUT, lost = 0;

	for (int waited_ms = 0;
	     error == -ETIMEDOUT && !lost && waited_ms < limit_ms;
	     waited_ms += beat_ms) {
		atomic_fetch_add(pulse, 1);
		lost = look ? look(data) : 0;
		error = await(worker, beat_ms);
		if (error == -ETIMEDOUT && !lost && worker->guardian)
			lost = guardian_extend(worker->guardian, LEASE_MS);
	}
	/* The guardian's limit, not ours. */
	return lost == -ETIMEDOUT ? -EINTR : lost ? lost : error;
}

/* Open the window, and let it act. */
static int let_act(const struct worker *worker, int mode, int limit_ms,
		   int (*look)(void *data), void *data)
{
	const int error = worker->guardian ? guardian_lease(worker->guardian,
							    mode, LEASE_MS)
					   : 0;

	if (error)
		return error == -ETIMEDOUT ? -EINTR : error;
	atomic_fetch_add(pulse, 1);
	/* Of a worker that is dead, poll(2) tells. */
	send(worker->socket, "", 1, MSG_NOSIGNAL);
	return await_in_window(worker, limit_ms, look, data);
}

int worker_act(struct worker *worker, int mode, int limit_ms,
	       int (*look)(void *data), void *data)
{
	struct guardian *const guardian = worker->guardian;
	struct repair repair;
	int error = let_act(worker, mode, limit_ms, look, data);
	const bool was_alone = die(worker);
	const int released = guardian ? guardian_release(guardian) : 0;

	if (released == -EPIPE)
		overcommit_repair(&repair);
	if (was_alone || released == -ETIMEDOUT)
		return -EINTR;
	return error ? error : released;
}

const char *worker_error(int error)
{
	if (error == -EINTR)
		return "the lab was stopped (^Z, SIGSTOP) each time that it "
		       "was tried";
	return meminfo_error(error);
}

void worker_end(struct worker *worker, int *status)
{
	const struct coprocess process = { worker->pid, worker->socket };

	coprocess_end(&process, status);
}
