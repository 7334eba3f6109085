/* SPDX-License-Identifier: MIT */
/* A request as a line for /bin/sh; see shell.h. */

#include "lib/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fits_a_line(const struct sw_request *request)
{
	return (!request->envp || request->envp == environ) &&
	       request->argv[0] && !strcmp(request->argv[0], request->path) &&
	       (request->search || strchr(request->path, '/'));
}

/* The word and its quotes, the longest way: 'it'\''s' for "it's". */
static size_t quoted_bytes(const char *word)
{
	size_t bytes = sizeof "'' " - 1;

	for (; *word; word++)
		bytes += *word == '\'' ? sizeof "'\\''" - 1 : 1;
	return bytes;
}

static char *put_quoted(char *to, const char *word)
{
	*to++ = '\'';
	for (; *word; word++)
		if (*word == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *word;
	return stpcpy(to, "' ");
}

static char *write_line(char *const *argv)
{
	size_t bytes = 1;
	char *line, *to;

	for (size_t i = 0; argv[i]; i++)
		bytes += quoted_bytes(argv[i]);
	line = to = malloc(bytes);
	for (size_t i = 0; line && argv[i]; i++)
		to = put_quoted(to, argv[i]);
	return line;
}

static void restore(struct sw_shell *shell, int fd)
{
	if (shell->flags[fd] < 0) {
		close(fd);
	} else if (shell->saved[fd] >= 0) {
		dup3(shell->saved[fd], fd,
		     shell->flags[fd] & FD_CLOEXEC ? O_CLOEXEC : 0);
		close(shell->saved[fd]);
	}
}

/* The copy is made for from == fd as well: dup2(2) would not clear
 * close-on-exec there, and from the copy it does. */
static int replace(struct sw_shell *shell, int fd, int from)
{
	const int flags = fcntl(fd, F_GETFD);
	int saved = -1;

	if (flags >= 0) {
		saved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (saved < 0)
			return -errno;
	}
	if (dup2(from == fd ? saved : from, fd) < 0) {
		const int error = -errno;

		if (saved >= 0)
			close(saved);
		return error;
	}
	shell->saved[fd] = saved;
	shell->flags[fd] = flags;
	return 0;
}

/* 0 becomes 0 as well where it is close-on-exec. */
static bool is_lost_at_exec(int fd)
{
	return !fd && fcntl(fd, F_GETFD) > 0;
}

int sw_shell_begin(struct sw_shell *shell, const struct sw_request *request)
{
	const int from[] = { request->stdin_fd, request->stdout_fd,
			     request->stderr_fd };
	int error = 0;

	if (!fits_a_line(request))
		return -ENOTSUP;
	*shell = (struct sw_shell){ .saved = { -1, -1, -1 } };
	shell->line = write_line(request->argv);
	if (!shell->line)
		return -ENOMEM;
	for (int fd = 0; fd < 3 && !error; fd++)
		if (from[fd] > 0 || (!from[fd] && is_lost_at_exec(fd)))
			error = replace(shell, fd, from[fd]);
	if (error)
		sw_shell_end(shell);
	return error;
}

void sw_shell_end(struct sw_shell *shell)
{
	for (int fd = 0; fd < 3; fd++)
		restore(shell, fd);
	free(shell->line);
}
