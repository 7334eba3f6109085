/* SPDX-License-Identifier: MIT */
/* A child that does one thing for us; see coprocess.h. */

#include "bench/machine/coprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who had died before the request was heard is not waited for. */
static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

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
	if (name)
		prctl(PR_SET_NAME, name);
	die_with(parent);
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
