/* SPDX-License-Identifier: MIT */
/* Starting gnuplot; see gnuplot.h. */

#include "bench/show/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/machine/failure.h"
#include "bench/machine/signals.h"

#define PATIENCE_S 5 /* with a gnuplot that was interrupted */

/* Variables that gnuplot needs to start and that change no chart. All others
 * stay out: GNUTERM, GNUPLOT_*, GDFONTPATH, LC_ALL and more do change one. */
static const char *const kept[] = { "PATH=", "LD_LIBRARY_PATH=", "HOME=",
				    "TMPDIR=", NULL };

static void keep_some(char **variables)
{
	size_t count = 0;

	for (size_t k = 0; kept[k]; k++)
		for (char **at = environ; *at; at++)
			if (!strncmp(*at, kept[k], strlen(kept[k]))) {
				variables[count++] = *at;
				break;
			}
	variables[count] = (char *)"LC_ALL=C.UTF-8";
}

/* Start gnuplot with its stdout in a file and its stderr in a pipe; returns
 * the read end of this. -d: without ~/.gnuplot and the machine's gnuplotrc. */
static int start(const char *settings, const char *script, int out_fd,
		 pid_t *pid)
{
	char *argv[] = { (char *)"gnuplot", (char *)"-d",   (char *)"-e",
			 (char *)settings,  (char *)script, NULL };
	char *variables[sizeof kept / sizeof *kept + 1] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int ends[2];
	int error;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	keep_some(variables);
	posix_spawn_file_actions_init(&actions);
	error = posix_spawn_file_actions_adddup2(&actions, out_fd,
						 STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, ends[1],
							 STDERR_FILENO);
	/* ^C ends gnuplot also where the caller holds it back for itself. */
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (!error)
		error = posix_spawnp(pid, argv[0], &actions, &attributes, argv,
				     variables);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!error)
		return ends[0];
	close(ends[0]);
	return -error;
}

/* Whether a signal that the caller holds back asks for the end. */
static bool is_interrupted(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };
	sigset_t signals;

	signals_choose(numbers, &signals);
	return signals_pending(&signals);
}

/* Until gnuplot says something or ends. Interrupted, it has been seen to sleep
 * for ever; then nobody waits for a chart. */
static void await(int fd, pid_t pid)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };
	int left_s = PATIENCE_S;

	while (poll(&entry, 1, 1000) <= 0)
		if (is_interrupted() && !--left_s)
			kill(pid, SIGKILL);
}

/* Keep the last line of what gnuplot complains about: it holds file, line and
 * reason; before it stands the whole command, which may be long. */
static void read_complaint(int fd, pid_t pid, char *complaint, size_t size)
{
	char text[4096], rest[512];
	size_t used = 0;
	ssize_t length;
	char *line;

	while (await(fd, pid), (length = read(fd, rest, sizeof rest)) > 0)
		for (ssize_t i = 0; i < length && used + 1 < sizeof text; i++)
			text[used++] = rest[i];
	while (used && (text[used - 1] == '\n' || text[used - 1] == ' '))
		used--;
	text[used] = '\0';
	line = strrchr(text, '\n');
	snprintf(complaint, size, "%.255s", line ? line + 1 : text);
	close(fd);
}

/* Why it failed: what it said, or how it was ended. */
static const char *reason_of(const char *complaint, int status)
{
	if (WIFSIGNALED(status))
		return strsignal(WTERMSIG(status));
	if (*complaint)
		return complaint;
	return status ? "it did not say why" : "it has drawn nothing";
}

int gnuplot_run(const char *settings, const char *script, int out_fd,
		struct failure *why)
{
	char complaint[256];
	int status = 0;
	pid_t pid = -1;
	const int fd = start(settings, script, out_fd, &pid);

	if (fd == -ENOENT)
		return fail(why, fd, NULL,
			    "gnuplot is missing; install it with: apt-get "
			    "install gnuplot-nox");
	if (fd < 0)
		return fd;
	read_complaint(fd, pid, complaint, sizeof complaint);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!status && lseek(out_fd, 0, SEEK_END))
		return 0;
	return fail(why, -EIO, NULL, "gnuplot could not draw %s: %s", script,
		    reason_of(complaint, status));
}
