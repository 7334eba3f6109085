/* SPDX-License-Identifier: MIT */
/* The line of a served process; see report.h. */

#include "lib/preload/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	const char *file; /* NULL: nobody asked */
	struct stat messages;
	bool has_messages; /* standard error was open at the start */
} report;

void report_begin(const char *file)
{
	/* The environment may become the program's title: nginx does that. */
	report.file = file ? strdup(file) : NULL;
	report.has_messages = !fstat(STDERR_FILENO, &report.messages);
}

bool report_is_wanted(void)
{
	return report.file;
}

static int append(const char *line)
{
	const int fd = open(report.file,
			    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%s\n", line) < 0)
		error = -errno;
	close(fd);
	return error;
}

/* The program may have put something else in the place of standard error, as
 * its data. */
static void tell_lost(int error)
{
	struct stat now;

	if (!report.has_messages || fstat(STDERR_FILENO, &now) ||
	    now.st_dev != report.messages.st_dev ||
	    now.st_ino != report.messages.st_ino)
		return;
	dprintf(STDERR_FILENO, "spawnwise: cannot report to %s: %s\n",
		report.file, strerror(-error));
}

/* A pipe without a reader and a limit of file sizes send a signal that would
 * change how the program ends: write(2). */
void report_line(const char *line)
{
	static const struct timespec at_once;
	sigset_t deadly, before;
	int error;

	sigemptyset(&deadly);
	sigaddset(&deadly, SIGPIPE);
	sigaddset(&deadly, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &deadly, &before);
	error = append(line);
	if (error)
		tell_lost(error);
	while (sigtimedwait(&deadly, NULL, &at_once) > 0)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
