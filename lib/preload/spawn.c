/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn(3) and its sisters.
 *
 * pidfd_spawn(3) and pidfd_spawnp(3) of glibc 2.39 take the same storage for
 * actions and attributes, which is ours: they must be here as well.
 */

#include "lib/preload/preload.h"

int pidfd_spawn(int *restrict pidfd, const char *restrict path,
		const posix_spawn_file_actions_t *restrict actions,
		const posix_spawnattr_t *restrict attributes,
		char *const argv[restrict], char *const envp[restrict]);
int pidfd_spawnp(int *restrict pidfd, const char *restrict name,
		 const posix_spawn_file_actions_t *restrict actions,
		 const posix_spawnattr_t *restrict attributes,
		 char *const argv[restrict], char *const envp[restrict]);

/* request has the program already. Returns an error number, as these
 * functions do. */
static int spawn(struct sw_request *request,
		 const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes, char *const *argv,
		 char *const *envp, struct sw_child *child)
{
	static char *const nothing[] = { NULL };

	request->argv = argv;
	/* For execve(2) NULL is an empty environment, for us the caller's. */
	request->envp = envp ? envp : nothing;
	request->stdin_fd = SW_AS_IS;
	actions_ask(actions, request);
	attributes_ask(attributes, request);
	return -preload_spawn(request, child);
}

static int spawn_pid(struct sw_request request, pid_t *pid,
		     const posix_spawn_file_actions_t *actions,
		     const posix_spawnattr_t *attributes, char *const *argv,
		     char *const *envp)
{
	struct sw_child child;
	int error = spawn(&request, actions, attributes, argv, envp, &child);

	if (!error && pid)
		*pid = child.pid;
	return error;
}

static int spawn_pidfd(struct sw_request request, int *pidfd,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const *argv,
		       char *const *envp)
{
	struct sw_child child;
	int error;

	request.fields = SW_PIDFD;
	error = spawn(&request, actions, attributes, argv, envp, &child);
	if (!error)
		*pidfd = child.pidfd;
	return error;
}

INTERPOSED int posix_spawn(pid_t *restrict pid, const char *restrict path,
			   const posix_spawn_file_actions_t *restrict actions,
			   const posix_spawnattr_t *restrict attributes,
			   char *const argv[restrict],
			   char *const envp[restrict])
{
	return spawn_pid((struct sw_request){ .path = path }, pid, actions,
			 attributes, argv, envp);
}

INTERPOSED int posix_spawnp(pid_t *restrict pid, const char *restrict name,
			    const posix_spawn_file_actions_t *restrict actions,
			    const posix_spawnattr_t *restrict attributes,
			    char *const argv[restrict],
			    char *const envp[restrict])
{
	return spawn_pid((struct sw_request){ .path = name, .search = true },
			 pid, actions, attributes, argv, envp);
}

INTERPOSED int pidfd_spawn(int *restrict pidfd, const char *restrict path,
			   const posix_spawn_file_actions_t *restrict actions,
			   const posix_spawnattr_t *restrict attributes,
			   char *const argv[restrict],
			   char *const envp[restrict])
{
	return spawn_pidfd((struct sw_request){ .path = path }, pidfd, actions,
			   attributes, argv, envp);
}

INTERPOSED int pidfd_spawnp(int *restrict pidfd, const char *restrict name,
			    const posix_spawn_file_actions_t *restrict actions,
			    const posix_spawnattr_t *restrict attributes,
			    char *const argv[restrict],
			    char *const envp[restrict])
{
	return spawn_pidfd((struct sw_request){ .path = name, .search = true },
			   pidfd, actions, attributes, argv, envp);
}
