/* SPDX-License-Identifier: MIT */
/* A process in which an experiment is done, and spawns by it; see worker.h. */

#include "bench/labs/worker.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/labs/region.h"
#include "bench/machine/cure.h"
#include "bench/machine/guardian.h"
#include "bench/machine/program.h"
#include "bench/machine/text.h"
#include "bench/rows/rows.h"
#include "lib/spawnwise.h"

#define LEASE_MS 500 /* renewed with every beat; and a second of grace */
#define BEAT_MS 100
#define PULSE_LIMIT_S 1 /* without a beat */
#define EXIT_ALONE 2	/* of one that had no pulse */
#define SPARE_BYTES ((size_t)256 * 1024)

static atomic_uint *pulse; /* shared with workers: the runner's beats */

int worker_set_oom_score_adj(int value)
{
	char text[16];

	snprintf(text, sizeof text, "%d", value);
	return text_write_at(text, "/proc/self/oom_score_adj");
}

int worker_populate(uint64_t bytes, _Atomic uint64_t *written)
{
	const uint64_t page = page_bytes();
	char *heap = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (heap == MAP_FAILED)
		return bytes ? -errno : 0;
	madvise(heap, bytes, MADV_NOHUGEPAGE);
	for (uint64_t at = 0; at < bytes; at += page) {
		heap[at] = 1;
		if (written)
			atomic_store_explicit(written, at + page,
					      memory_order_relaxed);
	}
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

/* An answer, a byte to go on, an answer. */
static _Noreturn void live(int socket, bool guarded, int (*prepare)(void *data),
			   int (*act)(void *data), void *data)
{
	int answer;
	char go;

	/* It is the first to die; raising it is everybody's right. */
	if (worker_set_oom_score_adj(1000))
		_exit(1);
	answer = prepare ? prepare(data) : 0;
	if (send(socket, &answer, sizeof answer, MSG_NOSIGNAL) > 0 &&
	    recv(socket, &go, 1, 0) == 1) {
		if (guarded)
			watch_pulse();
		answer = act(data);
		send(socket, &answer, sizeof answer, MSG_NOSIGNAL);
	}
	/* What it holds stays until it is ended. */
	while (recv(socket, &go, 1, 0) < 0 && errno == EINTR)
		;
	_exit(1);
}

int worker_start(struct coprocess *worker, struct guardian *guardian,
		 int (*prepare)(void *data), int (*act)(void *data), void *data)
{
	int error, answer;

	if (!pulse)
		pulse = coprocess_share(sizeof *pulse);
	if (!pulse)
		return -ENOMEM;
	error = coprocess_fork(worker, NULL);
	if (error)
		return error;
	if (!worker->pid) {
		if (guardian)
			watchdog_forget(&guardian->watchdog);
		live(worker->socket, guardian, prepare, act, data);
	}
	error = coprocess_hear(worker->socket, -1, &answer) ?: answer;
	if (error)
		coprocess_end(worker, NULL);
	return error;
}

/* Let it act in its window, and keep this open meanwhile. Time in which we are
 * stopped is no more than one beat. */
static int act_in_window(const struct coprocess *worker, struct trial *trial,
			 int (*look)(void *trial), int *answer)
{
	struct guardian *const guardian = trial->context->guardian;
	const int beat_ms = look ? 1 : BEAT_MS;
	int error = -ETIMEDOUT, lost = 0;

	atomic_fetch_add(pulse, 1);
	/* Of a worker that is dead, poll(2) tells. */
	send(worker->socket, "", 1, MSG_NOSIGNAL);
	for (int waited_ms = 0; error == -ETIMEDOUT && !lost &&
				waited_ms < trial->context->part->limit_ms;
	     waited_ms += beat_ms) {
		atomic_fetch_add(pulse, 1);
		lost = look ? look(trial) : 0;
		error = coprocess_hear(worker->socket, beat_ms, answer);
		if (error == -ETIMEDOUT && !lost && guardian)
			lost = guardian_extend(guardian, LEASE_MS);
	}
	/* The guardian's limit, not ours. */
	return lost == -ETIMEDOUT ? -EINTR : lost ? lost : error;
}

int worker_act(const struct coprocess *worker, struct trial *trial,
	       int (*look)(void *trial), int *answer)
{
	struct guardian *const guardian = trial->context->guardian;
	const int leased =
		guardian ? guardian_lease(guardian, trial->mode, LEASE_MS) : 0;
	const int error = leased ?: act_in_window(worker, trial, look, answer);
	struct repair repair;
	bool was_alone;
	int released;

	/* Its memory must be gone before the window closes: what another mode
	 * has promised may be more than the user's has to give. */
	coprocess_end(worker, &trial->status);
	/* By itself, because we were stopped. */
	was_alone = WIFEXITED(trial->status) &&
		    WEXITSTATUS(trial->status) == EXIT_ALONE;
	released = guardian ? guardian_release(guardian) : 0;
	if (released == -EPIPE)
		overcommit_repair(&repair);
	if (was_alone || leased == -ETIMEDOUT || released == -ETIMEDOUT)
		return -EINTR;
	return error ? error : released;
}

struct spawner spawner;

/* Take heap and stack in advance: neither could grow when commit is exhausted.
 * malloc() keeps what it has, and a stack does not shrink. */
static int keep_spare(void)
{
	volatile char stack[SPARE_BYTES / 8];
	volatile char *heap;

#ifdef M_TRIM_THRESHOLD /* glibc's */
	mallopt(M_TRIM_THRESHOLD, (int)(2 * SPARE_BYTES));
	mallopt(M_MMAP_THRESHOLD, (int)(2 * SPARE_BYTES));
#endif
	heap = malloc(SPARE_BYTES);
	if (!heap)
		return -ENOMEM;
	for (size_t at = 0; at < SPARE_BYTES; at += 1024)
		heap[at] = 1;
	for (size_t at = 0; at < sizeof stack; at += 1024)
		stack[at] = 1;
	free((void *)heap);
	return 0;
}

int spawner_open(void *row)
{
	struct trial *trial = row;
	int error;

	if (installed_program(spawner.program, "payload") ||
	    access(spawner.program, X_OK))
		strcpy(spawner.program, "/bin/true");
	spawner.null_fd = coprocess_sink();
	if (spawner.null_fd < 0)
		return -errno;
	error = keep_spare();
	if (error)
		return error;
	error = -sw_open(trial->strategy, &spawner.handle);
	/* What fails while there is no memory to speak of says nothing of
	 * memory later. */
	if (!error)
		error = spawner_try();
	if (!error)
		return 0;
	spawner_skip(trial, error);
	spawner_close();
	return 0;
}

int spawner_try(void)
{
	char *const argv[] = { spawner.program, NULL };
	const struct sw_request request = {
		.path = spawner.program,
		.argv = argv,
		.stdout_fd = spawner.null_fd,
	};
	struct sw_child child;
	const int error = sw_run(spawner.handle, &request, &child);

	return !error && child.status ? ECANCELED : -error;
}

void spawner_close(void)
{
	sw_close(spawner.handle);
	spawner.handle = NULL;
	close(spawner.null_fd);
}

void spawner_skip(struct trial *trial, int error)
{
	const bool full = error == EAGAIN;

	snprintf(trial->skipped, sizeof trial->skipped,
		 "It is not available here: %s.%s%s", errname(error),
		 full ? " That says nothing of memory. " : "",
		 full ? cure_of(CURE_SELF, -error, "") : "");
}
