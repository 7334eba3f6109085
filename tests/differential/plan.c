/* SPDX-License-Identifier: MIT */
/* A random request from a number, and how it reads. Long because a request has
 * many fields. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/differential/differential.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LONG_WORD (200 * 1024) /* more than execve(2) takes in one */

/* SplitMix64 (Steele, Lea, Flood 2014): one number gives a stream. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static int below(uint64_t *state, int count)
{
	return (int)(next(state) % (uint64_t)count);
}

static bool one_in(uint64_t *state, int count)
{
	return !below(state, count);
}

static sigset_t some_signals(uint64_t *state)
{
	const uint64_t bits = next(state) & next(state);
	sigset_t set;

	sigemptyset(&set);
	for (int number = 1; number <= 64; number++)
		if (number != 32 && number != 33 && bits >> (number - 1) & 1)
			sigaddset(&set, number);
	return set;
}

/* Mostly an open one. */
static int some_descriptor(uint64_t *state)
{
	static const int odd[] = { -1, FIXED_LAST + 3, 4000, 1 << 30 };

	if (one_in(state, 12))
		return odd[below(state, COUNT(odd))];
	return one_in(state, 4)
		       ? 1 + below(state, 2)
		       : FIXED_FIRST +
				 below(state, FIXED_LAST - FIXED_FIRST + 1);
}

static int some_target(uint64_t *state)
{
	if (one_in(state, 20))
		return one_in(state, 2) ? -1 : 1 << 30;
	return one_in(state, 3)
		       ? below(state, 12)
		       : FIXED_FIRST + below(state, FIXED_END - FIXED_FIRST);
}

/* None leaves the folder, where all files are that a request may open. */
static const char *some_path(uint64_t *state)
{
	const char *const paths[] = { "inner",	 "inner/deeper", "file",
				      "missing", folder,	 "inner/..",
				      "closed" };

	return paths[below(state, COUNT(paths))];
}

/* Creates nothing: another thread's request might find it or not. */
static void fill_action(struct sw_action *action, uint64_t *state)
{
	static const int flags[] = { O_RDONLY,
				     O_RDWR,
				     O_WRONLY | O_CREAT,
				     O_RDONLY | O_CLOEXEC,
				     O_RDWR | O_APPEND | O_CLOEXEC,
				     O_RDONLY | O_DIRECTORY };
	static const char *const paths[] = { "file", "inner/deeper/file",
					     "/dev/null", "missing" };
	static const enum sw_action_kind kinds[] = {
		SW_OPEN,  SW_OPEN,   SW_CLOSE,	   SW_DUP2,
		SW_DUP2,  SW_DUP2,   SW_CLOSE,	   SW_CLOSE,
		SW_CHDIR, SW_FCHDIR, SW_CLOSEFROM, SW_FOREGROUND,
	};

	*action = (struct sw_action){
		.kind = kinds[below(state, COUNT(kinds))],
		.fd = some_target(state),
		.from = some_descriptor(state),
		.path = paths[below(state, COUNT(paths) - !one_in(state, 4))],
		.flags = flags[below(state, COUNT(flags) - !one_in(state, 4))],
		.mode = 0640,
	};
	/* dup2 to itself clears close-on-exec. */
	if (action->fd >= FIXED_FIRST && one_in(state, 6))
		action->from = action->fd;
	if (action->flags & O_CREAT)
		action->path = "file";
	if (action->kind == SW_CHDIR)
		action->path = some_path(state);
	if (action->kind == SW_CLOSEFROM && one_in(state, 2))
		action->fd = 3 + below(state, 230);
	if (action->kind == SW_FCHDIR)
		action->fd =
			one_in(state, 4) ? some_descriptor(state) : FIXED_FIRST;
	if (action->kind == SW_FOREGROUND)
		action->fd = some_descriptor(state);
}

/* The libc refuses a number that cannot be before anything is done. */
static void tame(struct plan *plan)
{
	int *const numbers[] = { &plan->request.stdin_fd,
				 &plan->request.stdout_fd,
				 &plan->request.stderr_fd };

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (*numbers[i] > FIXED_END)
			*numbers[i] = FIXED_END;
	for (size_t i = 0; i < ACTIONS_MAX; i++) {
		struct sw_action *action = &plan->actions[i];

		if (action->fd < 0 || action->fd > FIXED_END)
			action->fd = FIXED_END;
		if (action->from < 0 || action->from > FIXED_END)
			action->from = FIXED_END;
	}
}

static void fill_words(char **words, uint64_t *state, const char *name)
{
	const int count =
		one_in(state, 30) ? WORDS_MAX - 1 : 1 + below(state, 6);
	static char *long_word;
	int i;

	for (i = 0; i < count; i++) {
		words[i] = malloc(32);
		snprintf(words[i], 32, "%s_%d=%u", name, i,
			 (unsigned)next(state) % 1000);
	}
	if (one_in(state, 300)) {
		long_word = malloc(LONG_WORD + 1);
		memset(long_word, 'x', LONG_WORD);
		long_word[one_in(state, 2) ? LONG_WORD : LONG_WORD / 2] = '\0';
		free(words[count - 1]);
		words[count - 1] = long_word;
	}
	words[i] = NULL;
}

static void fill_limits(struct plan *plan, uint64_t *state)
{
	static const struct sw_rlimit some[] = {
		{ RLIMIT_CORE, { 0, 4096 } },
		{ RLIMIT_CORE, { 8192, 4096 } }, /* EINVAL */
		{ RLIMIT_NOFILE, { 64, 512 } },
		{ RLIMIT_NOFILE, { 300, 300 } },
		{ RLIMIT_STACK, { 4 << 20, 8 << 20 } },
		{ RLIMIT_FSIZE, { 8 << 20, RLIM_INFINITY } },
		{ RLIMIT_CPU, { 100, 1000 } },
		{ RLIMIT_MEMLOCK, { 0, 65536 } },
		{ RLIMIT_NICE, { 0, 0 } },
		{ RLIMIT_RTPRIO, { 5, 7 } },
		{ RLIMIT_SIGPENDING, { 100, 200 } },
		{ 99, { 0, 0 } },
	};

	plan->request.rlimits = plan->limits;
	plan->request.rlimit_count = (size_t)below(state, LIMITS_MAX + 1);
	for (size_t i = 0; i < plan->request.rlimit_count; i++)
		plan->limits[i] = some[below(state, (int)COUNT(some) -
							    !one_in(state, 5))];
}

static void fill_ids(struct plan *plan, uint64_t *state)
{
	plan->ids = (struct sw_ids){
		.uid = geteuid()	  ? getuid()
		       : one_in(state, 3) ? 0
					  : 65534,
		.gid = getegid() ? getgid() : (gid_t)below(state, 3),
		.groups = plan->groups,
		.group_count = (size_t)below(state, 5),
		.keep_groups = one_in(state, 2),
	};
	for (size_t i = 0; i < COUNT(plan->groups); i++)
		plan->groups[i] = (gid_t)below(state, 2000);
	plan->request.ids = &plan->ids;
}

static void fill_program(struct plan *plan, uint64_t *state)
{
	struct sw_request *request = &plan->request;
	static const char *const odd[] = { "missing",  "inner", "file",
					   "script",   "text",	"file/x",
					   "closed/x", "" };
	static const char *const names[] = { "dump", "missing", "file", "inner",
					     "text" };

	request->search = one_in(state, 4);
	if (one_in(state, 5)) {
		request->path = odd[below(state, COUNT(odd))];
	} else if (request->search) {
		request->path = one_in(state, 4)
					? names[below(state, COUNT(names))]
					: "dump";
	} else {
		snprintf(plan->path, sizeof plan->path, "%s/dump", folder);
		request->path = plan->path;
	}
}

static void fill_scalars(struct plan *plan, uint64_t *state, bool libc)
{
	static const int policies[] = { -1, SCHED_OTHER, SCHED_RR, SCHED_BATCH,
					SCHED_IDLE };
	struct sw_request *request = &plan->request;
	const int priority = one_in(state, 8) ? 1 + below(state, 3) : 0;

	request->sched_policy =
		policies[below(state, libc ? 3 : COUNT(policies))];
	request->sched_priority = request->sched_policy == SCHED_RR
					  ? 1 + below(state, 3)
					  : priority;
	request->nice =
		one_in(state, 3) ? below(state, 40) - 20 : below(state, 20);
	plan->cpu_mask[0] = (unsigned long)below(state, 8);
	request->cpu_mask = plan->cpu_mask;
	request->cpu_mask_bytes = sizeof plan->cpu_mask;
	request->oom_score_adj = below(state, 1001) - (one_in(state, 5) * 500);
	request->umask = (mode_t)below(state, 01000);
	request->pgroup = one_in(state, 3)   ? getpgrp()
			  : one_in(state, 8) ? 1 << 29
					     : 0;
	request->ctty_fd = some_descriptor(state);
	if (request->ctty_fd < 0)
		request->ctty_fd = 1;
	if (one_in(state, 2))
		request->cwd = some_path(state);
	else
		request->cwd_fd = one_in(state, 3)
					  ? FIXED_FIRST + below(state, 30)
					  : FIXED_FIRST;
}

static void fill_stdio(struct sw_request *request, uint64_t *state)
{
	int *const to[] = { &request->stdin_fd, &request->stdout_fd,
			    &request->stderr_fd };

	for (size_t i = 0; i < COUNT(to); i++)
		if (one_in(state, 3)) {
			const int fd = some_descriptor(state);

			*to[i] = fd < 0 ? 1 : fd;
		}
	if (one_in(state, 10))
		request->stdin_fd = SW_AS_IS;
}

void plan_make(struct plan *plan, uint64_t number, unsigned honours)
{
	uint64_t state = number;
	struct sw_request *request = &plan->request;
	const bool libc = !(honours & SW_UMASK);
	/* Those that mostly fail: seldom. */
	unsigned seldom = SW_CTTY;

	*plan = (struct plan){ 0 };
	if (below(&state, 20))
		seldom |= geteuid() ? SW_IDS | SW_SCHED | SW_OOMADJ : 0;
	request->fields = (unsigned)next(&state) & (unsigned)next(&state) &
			  ~(one_in(&state, 20) ? 0 : seldom);
	request->fields &= honours & ~(unsigned)SW_CGROUP;
	plan->sigdefault = some_signals(&state);
	plan->sigmask = some_signals(&state);
	plan->caller_mask = some_signals(&state);
	request->sigdefault = &plan->sigdefault;
	request->sigmask = &plan->sigmask;
	fill_program(plan, &state);
	fill_words(plan->argv, &state, "argument");
	fill_words(plan->envp, &state, "NAME");
	request->argv = plan->argv;
	request->envp = one_in(&state, 4) ? NULL : plan->envp;
	fill_stdio(request, &state);
	fill_scalars(plan, &state, libc);
	request->actions = plan->actions;
	request->action_count = (size_t)below(&state, ACTIONS_MAX + 1);
	for (size_t i = 0; i < request->action_count; i++)
		fill_action(&plan->actions[i], &state);
	if (libc)
		tame(plan);
	fill_limits(plan, &state);
	fill_ids(plan, &state);
}

static void print_action(const struct sw_action *action)
{
	static const char *const names[] = { "open",	  "close", "dup2",
					     "closefrom", "chdir", "fchdir",
					     "foreground" };

	printf("#   %s fd %d from %d path %s flags %o\n", names[action->kind],
	       action->fd, action->from, action->path ? action->path : "-",
	       (unsigned)action->flags);
}

static uint64_t bits(const sigset_t *set)
{
	uint64_t word;

	memcpy(&word, set, sizeof word);
	return word;
}

void plan_print(const struct plan *plan)
{
	const struct sw_request *request = &plan->request;

	printf("# %s '%s', stdio %d %d %d, %s environment\n# fields:",
	       request->search ? "search" : "path", request->path,
	       request->stdin_fd, request->stdout_fd, request->stderr_fd,
	       request->envp ? "its own" : "the caller's");
	for (unsigned left = request->fields; left; left &= left - 1)
		printf(" %s", sw_field_name(left & -left));
	printf("\n# sched %d %d, nice %d, cpus %lx, oom_score_adj %d, "
	       "umask %o, pgroup %d, ctty %d, cwd %s or %d\n"
	       "# ids %u %u groups %zu%s; signals: default %lx, mask %lx, "
	       "caller's %lx\n",
	       request->sched_policy, request->sched_priority, request->nice,
	       plan->cpu_mask[0], request->oom_score_adj, request->umask,
	       (int)request->pgroup, request->ctty_fd,
	       request->cwd ? request->cwd : "-", request->cwd_fd,
	       plan->ids.uid, plan->ids.gid, plan->ids.group_count,
	       plan->ids.keep_groups ? " kept" : "", bits(&plan->sigdefault),
	       bits(&plan->sigmask), bits(&plan->caller_mask));
	if (request->fields & SW_FDACTIONS)
		for (size_t i = 0; i < request->action_count; i++)
			print_action(&request->actions[i]);
	if (request->fields & SW_RLIMITS)
		for (size_t i = 0; i < request->rlimit_count; i++)
			printf("#   limit %d: %lu %lu\n",
			       request->rlimits[i].resource,
			       request->rlimits[i].limit.rlim_cur,
			       request->rlimits[i].limit.rlim_max);
}
