/* SPDX-License-Identifier: MIT */
/* The process that spawns once; see probe.h. */

#include "bench/measure/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/machine/witness.h"
#include "lib/spawnwise.h"

static int try_once(const struct sw_strategy *strategy,
		    _Atomic enum probe_phase *phase)
{
	static char nowhere[] = "/nonexistent/spawnwise";
	char *argv[] = { nowhere, NULL };
	const struct sw_request request = {
		.path = nowhere,
		.argv = argv,
		.stderr_fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
	};
	struct sw_handle *handle;
	struct sw_child child;
	int error = sw_open(strategy, &handle);
	int status;

	if (error)
		return error;
	atomic_store(phase, PROBE_SPAWNS);
	error = sw_spawn(handle, &request, &child);
	atomic_store(phase, PROBE_RETURNED);
	if (!error)
		error = sw_confirm(handle, &child, -1);
	if (!error)
		error = sw_reap(handle, &child, &status);
	sw_close(handle);
	return error == -ENOENT ? 0 : error;
}

static void await_witness(int socket, const int *calls, size_t call_count)
{
	const int listener = witness_install(calls, call_count);
	char go;

	if (witness_hand_over(socket, listener) || read(socket, &go, 1) != 1)
		_exit(1);
	close(listener);
}

static _Noreturn void be_probe(const struct sw_strategy *strategy,
			       struct probe_report *report, int socket,
			       const int *calls, size_t call_count)
{
	prctl(PR_SET_NAME, "spawnwise-try");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	if (calls)
		await_witness(socket, calls, call_count);
	report->refused = -try_once(strategy, &report->phase);
	atomic_store(&report->phase, PROBE_DONE);
	_exit(0);
}

int probe_start(struct probe *probe, const struct sw_strategy *strategy,
		const int *calls, size_t call_count)
{
	int ends[2];
	int error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	probe->pid = fork();
	if (!probe->pid) {
		close(ends[0]);
		be_probe(strategy, probe->report, ends[1], calls, call_count);
	}
	error = probe->pid < 0 ? -errno : 0;
	close(ends[1]);
	probe->socket = ends[0];
	if (error) {
		close(ends[0]);
		return error;
	}
	probe->pid_fd = (int)syscall(SYS_pidfd_open, probe->pid, 0);
	if (probe->pid_fd < 0) {
		error = -errno;
		probe_end(probe);
	}
	return error;
}

/* A child that is held dies with the group, of which the probe itself may not
 * be one yet. */
bool probe_end(struct probe *probe)
{
	kill(-probe->pid, SIGKILL);
	kill(probe->pid, SIGKILL);
	while (waitpid(probe->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (probe->pid_fd >= 0)
		close(probe->pid_fd);
	close(probe->socket);
	return atomic_load(&probe->report->phase) == PROBE_DONE;
}
