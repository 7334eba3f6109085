/* SPDX-License-Identifier: MIT */
/*
 * The handle: what is checked once for every strategy.
 *
 * The contract's refusals live here, so that a strategy's spawn hook sees
 * only requests it can honour.
 */

#include "lib/spawnwise.h"

#include <errno.h>
#include <linux/oom.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* A page of its own: fork(2) leaves the copy zeroed, and a zeroed handle
 * answers -ECHILD. */
struct sw_handle {
	const struct sw_strategy *strategy;
	void *state;
};

static const char *const trait_names[SW_TRAIT_COUNT] = {
	"suspends_caller",    "asynchronous",	"shares_memory",
	"copies_page_tables", "charges_commit", "runs_atfork",
	"silent_failure",     "thread_safe",	"needs_early_open",
	"identity_of_open",   "baseline",	"creates_nothing",
	"experimental",
};

/* Fields, then the stages that are none. */
static const char *const field_names[] = {
	"sigdefault", "sched",	   "nice",     "affinity", "oomadj",
	"umask",      "session",   "pgroup",   "ctty",	   "resetids",
	"cwd",	      "fdactions", "closefds", "rlimits",  "ids",
	"sigmask",    "pidfd",	   "cgroup",   "stdio",	   "exec",
};

#define FIELD_NAME_COUNT (int)(sizeof field_names / sizeof *field_names)

const char *sw_trait_name(enum sw_trait trait)
{
	for (int bit = 0; bit < SW_TRAIT_COUNT; bit++)
		if (trait == 1u << bit)
			return trait_names[bit];
	return NULL;
}

const char *sw_field_name(enum sw_field field)
{
	for (int bit = 0; bit < FIELD_NAME_COUNT; bit++)
		if (field == 1u << bit)
			return field_names[bit];
	return NULL;
}

int sw_open(const struct sw_strategy *strategy, struct sw_handle **out)
{
	const int saved_errno = errno;
	struct sw_handle *handle;
	int error = strategy->supported ? strategy->supported() : 0;

	if (error)
		return error;
	handle = mmap(NULL, sizeof *handle, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (handle == MAP_FAILED) {
		errno = saved_errno;
		return -ENOMEM;
	}
	if (strategy->open)
		error = strategy->open(&handle->state);
	if (!error && madvise(handle, sizeof *handle, MADV_WIPEONFORK)) {
		error = -errno;
		if (strategy->close)
			strategy->close(handle->state);
	}
	if (error) {
		munmap(handle, sizeof *handle);
	} else {
		handle->strategy = strategy;
		*out = handle;
	}
	errno = saved_errno;
	return error;
}

static bool is_action(const struct sw_action *action)
{
	switch (action->kind) {
	case SW_OPEN:
	case SW_CHDIR:
		return action->path;
	case SW_CLOSE:
	case SW_DUP2:
	case SW_CLOSEFROM:
	case SW_FCHDIR:
	case SW_FOREGROUND:
		return true;
	}
	return false;
}

static bool are_actions(const struct sw_request *request)
{
	if (request->action_count && !request->actions)
		return false;
	for (size_t i = 0; i < request->action_count; i++)
		if (!is_action(&request->actions[i]))
			return false;
	return true;
}

static bool is_value(const struct sw_request *request, enum sw_field field)
{
	switch (field) {
	case SW_SIGDEFAULT:
		return request->sigdefault;
	case SW_AFFINITY:
		return request->cpu_mask && request->cpu_mask_bytes;
	case SW_OOMADJ:
		return request->oom_score_adj >= OOM_SCORE_ADJ_MIN &&
		       request->oom_score_adj <= OOM_SCORE_ADJ_MAX;
	case SW_PGROUP:
		return request->pgroup >= 0;
	case SW_CTTY:
		return request->ctty_fd >= 0;
	case SW_CWD:
		return request->cwd || request->cwd_fd >= 0;
	case SW_FDACTIONS:
		return are_actions(request);
	case SW_RLIMITS:
		return request->rlimits || !request->rlimit_count;
	case SW_IDS:
		return request->ids &&
		       (request->ids->groups || !request->ids->group_count);
	case SW_SIGMASK:
		return request->sigmask;
	case SW_CGROUP:
		return request->cgroup_fd >= 0;
	default:
		return true;
	}
}

static bool is_request(const struct sw_request *request)
{
	if (!request->path || !request->argv || request->stdin_fd < 0 ||
	    request->stdout_fd < 0 || request->stderr_fd < 0 ||
	    request->fields >> SW_FIELD_COUNT)
		return false;
	for (unsigned left = request->fields; left; left &= left - 1)
		if (!is_value(request, left & -left))
			return false;
	return true;
}

int sw_spawn(struct sw_handle *handle, const struct sw_request *request,
	     struct sw_child *child)
{
	const struct sw_strategy *strategy = handle->strategy;

	if (!strategy)
		return -ECHILD;
	if (!is_request(request))
		return -EINVAL;
	if (request->fields & ~strategy->honours)
		return -ENOTSUP;
	*child = (struct sw_child){ .pidfd = -1 };
	return strategy->spawn(handle->state, request, child);
}

int sw_confirm(struct sw_handle *handle, struct sw_child *child, int timeout_ms)
{
	if (!handle->strategy)
		return -ECHILD;
	return handle->strategy->confirm(handle->state, child, timeout_ms);
}

int sw_reap(struct sw_handle *handle, struct sw_child *child, int *status)
{
	const int saved_errno = errno;
	int error = 0;

	if (!handle->strategy)
		return -ECHILD;
	*status = 0;
	if (handle->strategy->traits & SW_CREATES_NOTHING)
		return 0;
	if (handle->strategy->reap)
		return handle->strategy->reap(handle->state, child, status);
	while (!error && waitpid(child->pid, status, 0) < 0)
		if (errno != EINTR)
			error = -errno;
	errno = saved_errno;
	return error;
}

int sw_poll_fd(struct sw_handle *handle)
{
	if (!handle->strategy)
		return -ECHILD;
	if (!handle->strategy->poll_fd)
		return -ENOTSUP;
	return handle->strategy->poll_fd(handle->state);
}

int sw_refresh(struct sw_handle *handle)
{
	if (!handle->strategy)
		return -ECHILD;
	if (!handle->strategy->refresh)
		return 0;
	return handle->strategy->refresh(handle->state);
}

void sw_close(struct sw_handle *handle)
{
	if (!handle)
		return;
	if (handle->strategy && handle->strategy->close)
		handle->strategy->close(handle->state);
	munmap(handle, sizeof *handle);
}

const struct sw_strategy *sw_find(const char *name)
{
	for (size_t i = 0; sw_strategies[i]; i++)
		if (!strcmp(sw_strategies[i]->name, name))
			return sw_strategies[i];
	return NULL;
}

static bool is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	return text && *text && strchr(letters, *text) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		       strlen(text);
}

const char *sw_check(const struct sw_strategy *strategy)
{
	const unsigned traits = strategy->traits;
	const unsigned suspends = traits & SW_SUSPENDS_CALLER;
	const unsigned asynchronous = traits & SW_ASYNCHRONOUS;

	if (!is_name(strategy->name))
		return "its name is not of the form [a-z][a-z0-9_]*";
	if (!strategy->summary || !*strategy->summary)
		return "it has no summary";
	if (strchr(strategy->summary, '\n'))
		return "its summary is longer than one line";
	if (!strategy->spawn || !strategy->confirm)
		return "it lacks the spawn or the confirm hook";
	if (!strategy->open != !strategy->close)
		return "it has one of open and close without the other";
	if (traits >> SW_TRAIT_COUNT)
		return "it declares a trait that does not exist";
	if (strategy->honours >> SW_FIELD_COUNT)
		return "it honours a field that does not exist";
	if (traits & SW_CREATES_NOTHING)
		return suspends || asynchronous
			       ? "it creates nothing and yet waits for it"
			       : NULL;
	if (!suspends == !asynchronous)
		return "it must be suspends_caller or asynchronous, not both";
	if ((traits & SW_SHARES_MEMORY) &&
	    (traits & (SW_COPIES_PAGE_TABLES | SW_CHARGES_COMMIT)))
		return "it cannot share memory and copy it";
	return NULL;
}
