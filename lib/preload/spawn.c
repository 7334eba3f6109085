/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn(3) and its sisters.
 *
 * pidfd_spawn(3) and pidfd_spawnp(3) of glibc 2.39 take the same storage for
 * actions and attributes, which is ours: they must be here as well.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	int error;

	request->argv = argv;
	/* For execve(2) NULL is an empty environment, for us the caller's. */
	request->envp = envp ? envp : nothing;
	request->stdin_fd = SW_AS_IS;
	actions_ask(actions, request);
	attributes_ask(attributes, request);
	error = -preload_spawn(request, child);
	/* glibc's child leaves it in the caller's memory, and there are
	 * programs that look there. */
	if (error)
		errno = error;
	return error;
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

	if (pidfd) /* else nobody could close it */
		request.fields = SW_PIDFD;
	error = spawn(&request, actions, attributes, argv, envp, &child);
	if (!error && pidfd)
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

/*
 * Programs that were linked before glibc 2.15 get other functions of the same
 * names: what is no program and has no "#!" is a text for /bin/sh
 * (maybe_script_execute() in sysdeps/unix/sysv/linux/spawni.c of glibc). The
 * shell takes the place of a child that could not exec; here it is another
 * child, so that actions are taken twice.
 */
#if defined(__GLIBC__) && defined(__x86_64__)

static int spawn_text(struct sw_request request, pid_t *pid,
		      const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attributes, char *const *argv,
		      char *const *envp)
{
	int error = spawn_pid(request, pid, actions, attributes, argv, envp);
	size_t count = 0;
	char **shell;

	if (error != ENOEXEC)
		return error;
	while (argv[count])
		count++;
	shell = calloc(count + 3, sizeof *shell);
	if (!shell)
		return ENOMEM;
	shell[0] = (char *)"/bin/sh";
	shell[1] = (char *)request.path;
	if (count)
		memcpy(shell + 2, argv + 1, (count - 1) * sizeof *shell);
	request.path = shell[0];
	error = spawn_pid(request, pid, actions, attributes, shell, envp);
	free(shell);
	return error;
}

int preload_old_spawn(pid_t *restrict pid, const char *restrict path,
		      const posix_spawn_file_actions_t *restrict actions,
		      const posix_spawnattr_t *restrict attributes,
		      char *const argv[restrict], char *const envp[restrict]);
int preload_old_spawnp(pid_t *restrict pid, const char *restrict name,
		       const posix_spawn_file_actions_t *restrict actions,
		       const posix_spawnattr_t *restrict attributes,
		       char *const argv[restrict], char *const envp[restrict]);

INTERPOSED int
preload_old_spawn(pid_t *restrict pid, const char *restrict path,
		  const posix_spawn_file_actions_t *restrict actions,
		  const posix_spawnattr_t *restrict attributes,
		  char *const argv[restrict], char *const envp[restrict])
{
	return spawn_text((struct sw_request){ .path = path }, pid, actions,
			  attributes, argv, envp);
}

INTERPOSED int
preload_old_spawnp(pid_t *restrict pid, const char *restrict name,
		   const posix_spawn_file_actions_t *restrict actions,
		   const posix_spawnattr_t *restrict attributes,
		   char *const argv[restrict], char *const envp[restrict])
{
	return spawn_text((struct sw_request){ .path = name, .search = true },
			  pid, actions, attributes, argv, envp);
}

__asm__(".symver posix_spawn, posix_spawn@@@GLIBC_2.15\n"
	".symver posix_spawnp, posix_spawnp@@@GLIBC_2.15\n"
	".symver preload_old_spawn, posix_spawn@GLIBC_2.2.5\n"
	".symver preload_old_spawnp, posix_spawnp@GLIBC_2.2.5\n");

#endif
