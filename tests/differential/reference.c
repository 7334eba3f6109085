/* SPDX-License-Identifier: MIT */
/*
 * The documented steps, written after spawnwise.h and the manual pages alone,
 * by the libc's functions where they do no more than the step. Long because it
 * shares nothing with lib/child.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/differential/differential.h"

/* Where the child says what failed. */
struct failure {
	int error;
	unsigned stage;
	int action;
};

/* -1 and errno as the libc's. */
static int copy(int from, int to)
{
	return from == to ? fcntl(from, F_SETFD, 0) : dup2(from, to);
}

static int open_onto(const struct sw_action *action)
{
	int fd;

	close(action->fd);
	fd = open(action->path, action->flags & ~O_CLOEXEC, action->mode);
	if (fd < 0 || fd == action->fd)
		return fd;
	if (dup2(fd, action->fd) < 0)
		return -1;
	return close(fd);
}

static int close_one(int fd)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (fd >= 0 && (rlim_t)fd < limit.rlim_cur) {
		close(fd);
		return 0;
	}
	return close(fd);
}

static int close_all_from(int fd)
{
	if (fd < 0) {
		errno = EBADF;
		return -1;
	}
	for (; fd < 1024; fd++)
		close(fd);
	return 0;
}

static int foreground(int fd)
{
	const pid_t group = getpgrp();

	return ioctl(fd, TIOCSPGRP, &group);
}

static int act(const struct sw_action *action)
{
	switch (action->kind) {
	case SW_OPEN:
		return open_onto(action);
	case SW_CLOSE:
		return close_one(action->fd);
	case SW_DUP2:
		return copy(action->from, action->fd);
	case SW_CLOSEFROM:
		return close_all_from(action->fd);
	case SW_CHDIR:
		return chdir(action->path);
	case SW_FCHDIR:
		return fchdir(action->fd);
	case SW_FOREGROUND:
		return foreground(action->fd);
	}
	return -1;
}

static int act_all(const struct sw_request *request, struct failure *failure)
{
	for (size_t i = 0; i < request->action_count; i++)
		if (act(&request->actions[i]) < 0) {
			failure->action = (int)i;
			return -1;
		}
	return 0;
}

static int close_others(const struct sw_request *request)
{
	for (int fd = 3; fd < 1024; fd++) {
		bool made = false;

		for (size_t i = 0; request->fields & SW_FDACTIONS &&
				   i < request->action_count;
		     i++)
			made |= request->actions[i].fd == fd &&
				(request->actions[i].kind == SW_OPEN ||
				 request->actions[i].kind == SW_DUP2);
		if (!made)
			close(fd);
	}
	return 0;
}

static int place_stdio(const struct sw_request *request,
		       struct failure *failure)
{
	const int from[] = { request->stdin_fd, request->stdout_fd,
			     request->stderr_fd };

	for (int fd = 0; fd < 3; fd++) {
		failure->action = fd;
		if (from[fd] > 0 && copy(from[fd], fd) < 0)
			return -1;
		if (!from[fd] && !fd && fcntl(0, F_GETFD) >= 0)
			fcntl(0, F_SETFD, 0);
	}
	failure->action = 0;
	return 0;
}

static int set_defaults(const sigset_t *set)
{
	for (int number = 1; number < 65; number++)
		if (number != SIGKILL && number != SIGSTOP && number != 32 &&
		    number != 33 && sigismember(set, number))
			signal(number, SIG_DFL);
	return 0;
}

static int set_scheduler(const struct sw_request *request)
{
	const struct sched_param parameter = { request->sched_priority };

	return request->sched_policy < 0
		       ? sched_setparam(0, &parameter)
		       : sched_setscheduler(0, request->sched_policy,
					    &parameter);
}

static int set_oom_score_adj(int value)
{
	char text[16];
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	ssize_t result;

	if (fd < 0)
		return -1;
	snprintf(text, sizeof text, "%d", value);
	result = write(fd, text, strlen(text));
	close(fd);
	return result < 0 ? -1 : 0;
}

static int set_terminal(const struct sw_request *request)
{
	return request->fields & SW_SESSION
		       ? ioctl(request->ctty_fd, TIOCSCTTY, 0)
		       : foreground(request->ctty_fd);
}

/* By system call: the libc's would look for the other threads. */
static int set_ids(const struct sw_ids *ids)
{
	if (!ids->keep_groups &&
	    syscall(SYS_setgroups, ids->group_count, ids->groups) < 0)
		return -1;
	if (syscall(SYS_setresgid, ids->gid, ids->gid, ids->gid) < 0)
		return -1;
	return (int)syscall(SYS_setresuid, ids->uid, ids->uid, ids->uid);
}

static int reset_ids(void)
{
	if (syscall(SYS_setresgid, -1, getgid(), -1) < 0)
		return -1;
	return (int)syscall(SYS_setresuid, -1, getuid(), -1);
}

static int set_limits(const struct sw_request *request)
{
	for (size_t i = 0; i < request->rlimit_count; i++)
		if (syscall(SYS_prlimit64, 0, request->rlimits[i].resource,
			    &request->rlimits[i].limit, NULL) < 0)
			return -1;
	return 0;
}

static int exec_in_path(const struct sw_request *request, char *const *envp)
{
	const char *path = getenv("PATH");
	int error = ENOENT;
	char name[4096];

	for (; *request->path;) { /* "" is nowhere, execvp(3) */
		const int bytes = (int)strcspn(path, ":");

		snprintf(name, sizeof name, "%.*s%s%s", bytes, path,
			 bytes ? "/" : "", request->path);
		execve(name, request->argv, envp);
		if (errno == EACCES)
			error = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR)
			return -1;
		if (!path[bytes])
			break;
		path += bytes + 1;
	}
	errno = error;
	return -1;
}

static int execute(const struct sw_request *request)
{
	char *const *envp = request->envp ? request->envp : environ;

	if (request->search && !strchr(request->path, '/'))
		return exec_in_path(request, envp);
	return execve(request->path, request->argv, envp);
}

static int step(const struct sw_request *request, unsigned stage,
		struct failure *failure)
{
	switch (stage) {
	case SW_SIGDEFAULT:
		return set_defaults(request->sigdefault);
	case SW_SCHED:
		return set_scheduler(request);
	case SW_NICE:
		return setpriority(PRIO_PROCESS, 0, request->nice);
	case SW_AFFINITY:
		return (int)syscall(SYS_sched_setaffinity, 0,
				    request->cpu_mask_bytes, request->cpu_mask);
	case SW_OOMADJ:
		return set_oom_score_adj(request->oom_score_adj);
	case SW_UMASK:
		umask(request->umask);
		return 0;
	case SW_SESSION:
		return setsid();
	case SW_PGROUP:
		return setpgid(0, request->pgroup);
	case SW_CTTY:
		return set_terminal(request);
	case SW_RESETIDS:
		return reset_ids();
	case SW_CWD:
		return request->cwd ? chdir(request->cwd)
				    : fchdir(request->cwd_fd);
	case SW_STDIO:
		return place_stdio(request, failure);
	case SW_FDACTIONS:
		return act_all(request, failure);
	case SW_CLOSEFDS:
		return close_others(request);
	case SW_RLIMITS:
		return set_limits(request);
	case SW_IDS:
		return set_ids(request->ids);
	case SW_SIGMASK:
		return sigprocmask(SIG_SETMASK, request->sigmask, NULL);
	default:
		return execute(request);
	}
}

static _Noreturn void be_child(const struct sw_request *request,
			       struct failure *failure)
{
	static const unsigned order[] = {
		SW_SIGDEFAULT, SW_SCHED,    SW_NICE,	SW_AFFINITY,
		SW_OOMADJ,     SW_UMASK,    SW_SESSION, SW_PGROUP,
		SW_CTTY,       SW_RESETIDS, SW_CWD,	SW_STDIO,
		SW_FDACTIONS,  SW_CLOSEFDS, SW_RLIMITS, SW_IDS,
		SW_SIGMASK,    SW_EXEC,
	};

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if ((request->fields | SW_STDIO | SW_EXEC) & order[i] &&
		    step(request, order[i], failure) < 0) {
			failure->error = -errno;
			failure->stage = order[i];
			break;
		}
	_exit(127);
}

int reference_spawn(const struct sw_request *request, struct sw_child *child)
{
	struct failure *failure =
		mmap(NULL, sizeof *failure, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	siginfo_t info;
	int error;

	*child = (struct sw_child){ .pidfd = -1 };
	if (failure == MAP_FAILED)
		return -ENOMEM;
	child->pid = fork();
	if (!child->pid)
		be_child(request, failure);
	if (child->pid < 0)
		abort();
	waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT);
	error = failure->error;
	if (error) {
		child->stage = failure->stage;
		child->action = failure->action;
		waitpid(child->pid, NULL, 0);
	}
	munmap(failure, sizeof *failure);
	return error;
}
