/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn: the libc's posix_spawn(3).
 *
 * Its child half is the libc's own, with what the libc can do and no word of
 * the step that failed. Longer than a strategy should be, because a request is
 * put into the libc's words one by one.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <unistd.h>

#include "lib/caller.h"
#include "lib/libc.h"
#include "lib/probe.h"

/* A folder is no program: all but the exec is tried. */
SW_CHILD_HALF static int spawn_birth(void)
{
	char *const none[] = { NULL };
	pid_t pid;
	const int error = posix_spawn(&pid, "/", NULL, NULL, none, none);

	return error == EACCES ? 0 : -error;
}

static int spawn_supported(void)
{
	return sw_probe(spawn_birth);
}

/* musl's setters of the scheduler answer ENOSYS, and it has no closefrom. */
#ifdef __GLIBC__
#define LIBC_FIELDS (SW_SCHED | SW_CLOSEFDS)
#else
#define LIBC_FIELDS 0
#endif

static int add_stdio(posix_spawn_file_actions_t *actions,
		     const struct sw_request *request)
{
	const int from[] = { request->stdin_fd, request->stdout_fd,
			     request->stderr_fd };
	int error = 0;

	for (int fd = 0; fd < 3 && !error; fd++)
		if (from[fd] > 0 ||
		    (!from[fd] && !fd && fcntl(0, F_GETFD) >= 0))
			error = posix_spawn_file_actions_adddup2(actions,
								 from[fd], fd);
	return error;
}

static int add_action(posix_spawn_file_actions_t *actions,
		      const struct sw_action *action)
{
	switch (action->kind) {
	case SW_OPEN:
		return posix_spawn_file_actions_addopen(
			actions, action->fd, action->path,
			action->flags & ~O_CLOEXEC, action->mode);
	case SW_CLOSE:
		return posix_spawn_file_actions_addclose(actions, action->fd);
	case SW_DUP2:
		return posix_spawn_file_actions_adddup2(actions, action->from,
							action->fd);
	case SW_CHDIR:
		return posix_spawn_file_actions_addchdir_np(actions,
							    action->path);
	case SW_FCHDIR:
		return posix_spawn_file_actions_addfchdir_np(actions,
							     action->fd);
#ifdef __GLIBC__
	case SW_CLOSEFROM:
		return posix_spawn_file_actions_addclosefrom_np(actions,
								action->fd);
	case SW_FOREGROUND:
		return posix_spawn_file_actions_addtcsetpgrp_np(actions,
								action->fd);
#endif
	default:
		return ENOTSUP;
	}
}

#ifdef __GLIBC__
static bool is_made(const struct sw_request *request, int fd)
{
	for (size_t i = 0; i < request->action_count; i++)
		if ((request->actions[i].kind == SW_OPEN ||
		     request->actions[i].kind == SW_DUP2) &&
		    request->actions[i].fd == fd)
			return true;
	return false;
}

/* One by one up to the last that an action makes, then all. */
static int add_closefds(posix_spawn_file_actions_t *actions,
			const struct sw_request *request)
{
	const bool acts = request->fields & SW_FDACTIONS;
	int error = 0, end = 3;

	for (size_t i = 0; acts && i < request->action_count; i++)
		if (request->actions[i].fd >= end &&
		    is_made(request, request->actions[i].fd))
			end = request->actions[i].fd + 1;
	for (int fd = 3; fd < end && !error; fd++)
		if (!is_made(request, fd))
			error = posix_spawn_file_actions_addclose(actions, fd);
	return error ? error
		     : posix_spawn_file_actions_addclosefrom_np(actions, end);
}
#endif

static int add_all(posix_spawn_file_actions_t *actions,
		   const struct sw_request *request)
{
	int error = 0;

	if (request->fields & SW_CWD)
		error = request->cwd ? posix_spawn_file_actions_addchdir_np(
					       actions, request->cwd)
				     : posix_spawn_file_actions_addfchdir_np(
					       actions, request->cwd_fd);
	if (!error)
		error = add_stdio(actions, request);
	if (request->fields & SW_FDACTIONS)
		for (size_t i = 0; i < request->action_count && !error; i++)
			error = add_action(actions, &request->actions[i]);
#ifdef __GLIBC__
	if (request->fields & SW_CLOSEFDS && !error)
		error = add_closefds(actions, request);
#endif
	return error;
}

/* The setters store what they are given, but for one: glibc knows only the
 * scheduling policies of POSIX. */
static int set_attributes(posix_spawnattr_t *attributes,
			  const struct sw_request *request)
{
	const struct sched_param parameter = {
		.sched_priority = request->sched_priority,
	};
	short flags = 0;

	if (request->fields & SW_SIGDEFAULT) {
		flags |= POSIX_SPAWN_SETSIGDEF;
		posix_spawnattr_setsigdefault(attributes, request->sigdefault);
	}
	if (request->fields & SW_SCHED) {
		flags |= POSIX_SPAWN_SETSCHEDPARAM;
		posix_spawnattr_setschedparam(attributes, &parameter);
		if (request->sched_policy >= 0) {
			flags |= POSIX_SPAWN_SETSCHEDULER;
			if (posix_spawnattr_setschedpolicy(
				    attributes, request->sched_policy))
				return ENOTSUP;
		}
	}
	if (request->fields & SW_SESSION)
		flags |= POSIX_SPAWN_SETSID;
	if (request->fields & SW_PGROUP) {
		flags |= POSIX_SPAWN_SETPGROUP;
		posix_spawnattr_setpgroup(attributes, request->pgroup);
	}
	if (request->fields & SW_RESETIDS)
		flags |= POSIX_SPAWN_RESETIDS;
	if (request->fields & SW_SIGMASK) {
		flags |= POSIX_SPAWN_SETSIGMASK;
		posix_spawnattr_setsigmask(attributes, request->sigmask);
	}
	posix_spawnattr_setflags(attributes, flags);
	return 0;
}

static int spawn_spawn(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	const int saved_errno = errno;
	char *const *envp = request->envp ? request->envp : environ;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	(void)state;
	if (error)
		return -error;
	posix_spawnattr_init(&attributes);
	error = add_all(&actions, request);
	if (!error)
		error = set_attributes(&attributes, request);
	if (!error) {
		sw_dumpable_lend(request);
		error = (request->search ? posix_spawnp : posix_spawn)(
			&child->pid, request->path, &actions, &attributes,
			request->argv, envp);
		sw_dumpable_restore(request);
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	errno = saved_errno;
	return -error;
}

static int spawn_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)timeout_ms;
	return sw_child_started(child);
}

extern const struct sw_strategy strategy_posix_spawn;

const struct sw_strategy strategy_posix_spawn = {
	.abi = SW_ABI,
	.name = "posix_spawn",
	.summary = "the libc's posix_spawn: the standard call",
	.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_THREAD_SAFE |
		  SW_LIBC_SPAWN_TRAITS,
	.honours = SW_SIGDEFAULT | LIBC_FIELDS | SW_SESSION | SW_PGROUP |
		   SW_RESETIDS | SW_CWD | SW_FDACTIONS | SW_SIGMASK,
	.supported = spawn_supported,
	.spawn = spawn_spawn,
	.confirm = spawn_confirm,
};
