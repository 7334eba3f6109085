/* SPDX-License-Identifier: MIT */
/* A library whose callers may have opened it with RTLD_DEEPBIND. */

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int deep(void);

/* The status of a child that has its stdin closed. */
int deep(void)
{
	char *argv[] = { (char *)"sh", (char *)"-c",
			 (char *)"[ ! -e /proc/self/fd/0 ] && exit 6", NULL };
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, 0);
	if (!posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ))
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}
