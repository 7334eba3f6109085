/* SPDX-License-Identifier: MIT */
/*
 * The libc's functions, for strategies that call them by names that this
 * library takes.
 *
 * The strategies are the same objects as everywhere. The linker's --wrap (see
 * `wrapped`, beside this file) sends their calls of NAME to __wrap_NAME, here,
 * which finds the libc's with dlsym(3): never ours, which would recurse, and
 * never the libc's function with our data.
 */

#include "lib/preload/real.h"

#include <dlfcn.h>
#include <spawn.h>
#include <stdlib.h>

/* The next definition of name after ours; without one nothing can be right. */
static void *next(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

#define WRAP(name, parameters, arguments)                                      \
	int __wrap_##name parameters;                                          \
	int __wrap_##name parameters                                           \
	{                                                                      \
		__typeof__(__wrap_##name) *real = next(#name);                 \
		return real arguments;                                         \
	}

#define WRAP_ACTION(verb, parameters, arguments)                               \
	WRAP(posix_spawn_file_actions_##verb, parameters, arguments)

#define WRAP_ATTRIBUTE(verb, parameters, arguments)                            \
	WRAP(posix_spawnattr_##verb, parameters, arguments)

typedef posix_spawn_file_actions_t actions_t;
typedef posix_spawnattr_t attributes_t;

WRAP(posix_spawn,
     (pid_t * pid, const char *path, const actions_t *actions,
      const attributes_t *attributes, char *const *argv, char *const *envp),
     (pid, path, actions, attributes, argv, envp))
WRAP(posix_spawnp,
     (pid_t * pid, const char *name, const actions_t *actions,
      const attributes_t *attributes, char *const *argv, char *const *envp),
     (pid, name, actions, attributes, argv, envp))

WRAP_ACTION(init, (actions_t * actions), (actions))
WRAP_ACTION(destroy, (actions_t * actions), (actions))
WRAP_ACTION(addopen,
	    (actions_t * actions, int fd, const char *path, int flags,
	     mode_t mode),
	    (actions, fd, path, flags, mode))
WRAP_ACTION(addclose, (actions_t * actions, int fd), (actions, fd))
WRAP_ACTION(adddup2, (actions_t * actions, int from, int fd),
	    (actions, from, fd))
WRAP_ACTION(addchdir_np, (actions_t * actions, const char *path),
	    (actions, path))
WRAP_ACTION(addfchdir_np, (actions_t * actions, int fd), (actions, fd))
WRAP_ACTION(addclosefrom_np, (actions_t * actions, int fd), (actions, fd))
WRAP_ACTION(addtcsetpgrp_np, (actions_t * actions, int fd), (actions, fd))

WRAP_ATTRIBUTE(init, (attributes_t * attributes), (attributes))
WRAP_ATTRIBUTE(destroy, (attributes_t * attributes), (attributes))
WRAP_ATTRIBUTE(setflags, (attributes_t * attributes, short flags),
	       (attributes, flags))
WRAP_ATTRIBUTE(setpgroup, (attributes_t * attributes, pid_t pgroup),
	       (attributes, pgroup))
WRAP_ATTRIBUTE(setsigdefault, (attributes_t * attributes, const sigset_t *set),
	       (attributes, set))
WRAP_ATTRIBUTE(setsigmask, (attributes_t * attributes, const sigset_t *mask),
	       (attributes, mask))
WRAP_ATTRIBUTE(setschedparam,
	       (attributes_t * attributes, const struct sched_param *parameter),
	       (attributes, parameter))
WRAP_ATTRIBUTE(setschedpolicy, (attributes_t * attributes, int policy),
	       (attributes, policy))

int real_fclose(FILE *stream)
{
	static int (*_Atomic real)(FILE *);

	if (!real)
		real = (int (*)(FILE *))next("fclose");
	return real(stream);
}
