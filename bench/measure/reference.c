/* SPDX-License-Identifier: MIT */
/*
 * The reference loop; see reference.h.
 *
 * The one place in bench/ that names a system call of a strategy. It is bare
 * on purpose: no handlers to reset, no mask to restore, nothing to report.
 */

#include "bench/measure/reference.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/judge/stats.h"
#include "bench/machine/clock.h"
#include "bench/machine/cpu.h"

#define SPAWN_MAX 256

static int64_t spawn_once(const struct child *child, int stdout_fd)
{
	int64_t started_ns = clock_now_ns();
	uint64_t stamp;
	int status = -1;
	int64_t took_ns;
	pid_t pid = vfork();

	if (pid == 0) {
		dup2(stdout_fd, STDOUT_FILENO);
		execve(child->program, child->argv, environ);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	took_ns = clock_now_ns() - started_ns;
	if (read(stdout_fd, &stamp, sizeof stamp) < 0 && errno != EAGAIN)
		return -errno;
	return status ? -EPROTO : took_ns;
}

static int64_t median_of(const struct child *child, int stdout_fd,
			 int spawn_count)
{
	double times[SPAWN_MAX];

	for (int i = 0; i < spawn_count; i++) {
		int64_t took_ns = spawn_once(child, stdout_fd);

		if (took_ns < 0)
			return took_ns;
		times[i] = (double)took_ns;
	}
	return (int64_t)stats_median_of(times, (size_t)spawn_count);
}

static _Noreturn void serve(int socket, const struct child *child, int cpu)
{
	const int stdout_fd = recorder_stdout(child->stamps);
	const int pin_error = cpu >= 0 ? cpu_pin(cpu) : 0;
	int32_t spawn_count;

	while (read(socket, &spawn_count, sizeof spawn_count) ==
	       sizeof spawn_count) {
		int64_t answer = pin_error ? pin_error : -EINVAL;

		if (!pin_error && stdout_fd >= 0 && spawn_count > 0 &&
		    spawn_count <= SPAWN_MAX)
			answer = median_of(child, stdout_fd, spawn_count);
		if (write(socket, &answer, sizeof answer) != sizeof answer)
			break;
	}
	_exit(0);
}

int reference_start(struct coprocess *reference, const struct child *child,
		    int cpu)
{
	const int error = coprocess_fork(reference, "spawnwise-ref");

	if (error || reference->pid)
		return error;
	serve(reference->socket, child, cpu);
}

int64_t reference_measure(const struct coprocess *reference, int spawn_count)
{
	int32_t request = spawn_count;
	int64_t answer;

	if (send(reference->socket, &request, sizeof request, MSG_NOSIGNAL) < 0)
		return -errno;
	if (recv(reference->socket, &answer, sizeof answer, 0) != sizeof answer)
		return -EPIPE;
	return answer;
}
