/* SPDX-License-Identifier: MIT */
/* Whether the values of a request can be; see validate.h. */

#include "lib/validate.h"

#include <assert.h>
#include <errno.h>
#include <linux/oom.h>
#include <stdalign.h>
#include <string.h>

#define END(member)                                                            \
	(offsetof(struct sw_request, member) +                                 \
	 sizeof(((struct sw_request *)0)->member))

/* sizeof(struct sw_request) of the first version, for ever. */
#define ALIGNMENT alignof(struct sw_request)
#define FIRST_BYTES ((END(cgroup_fd) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)
#define BYTES_MAX 4096 /* no struct: garbage */
#define STAGES (unsigned)(SW_STDIO | SW_EXEC | SW_BIRTH)

/* What spawnwise.h says does not grow. */
static_assert(FIRST_BYTES == 184 && sizeof(struct sw_child) == 64 &&
		      sizeof(struct sw_action) == 32 &&
		      sizeof(struct sw_rlimit) == 24 &&
		      sizeof(struct sw_ids) == 32,
	      "programs that are built have structs of these sizes");

bool sw_are_zero(const void *bytes, size_t count)
{
	const char *at = bytes;

	for (size_t i = 0; i < count; i++)
		if (at[i])
			return false;
	return true;
}

int sw_request_read(const struct sw_request **request, struct sw_request *whole)
{
	const size_t size = (*request)->size ? (*request)->size : FIRST_BYTES;

	if (size < END(fields) || size > BYTES_MAX)
		return -EINVAL;
	if (size >= sizeof *whole)
		return sw_are_zero(*request + 1, size - sizeof *whole)
			       ? 0
			       : -ENOTSUP;
	memset(whole, 0, sizeof *whole);
	memcpy(whole, *request, size);
	*request = whole;
	return 0;
}

/* Where the members end that belong to a field. */
static size_t end_of(enum sw_field field)
{
	switch (field) {
	case SW_SIGDEFAULT:
		return END(sigdefault);
	case SW_SCHED:
		return END(sched_priority);
	case SW_NICE:
		return END(nice);
	case SW_AFFINITY:
		return END(cpu_mask_bytes);
	case SW_OOMADJ:
		return END(oom_score_adj);
	case SW_UMASK:
		return END(umask);
	case SW_PGROUP:
		return END(pgroup);
	case SW_CTTY:
		return END(ctty_fd);
	case SW_CWD:
		return END(cwd_fd);
	case SW_FDACTIONS:
		return END(action_count);
	case SW_RLIMITS:
		return END(rlimit_count);
	case SW_IDS:
		return END(ids);
	case SW_SIGMASK:
		return END(sigmask);
	case SW_CGROUP:
		return END(cgroup_fd);
	default:
		return 0;
	}
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

/* *index becomes that of the first that cannot be, if there is one. */
static bool are_actions(const struct sw_request *request, int *index)
{
	if (request->action_count && !request->actions)
		return false;
	for (size_t i = 0; i < request->action_count; i++)
		if (!is_action(&request->actions[i])) {
			*index = (int)i;
			return false;
		}
	return true;
}

static bool is_stdio(const struct sw_request *request, int *index)
{
	const int from[] = { request->stdin_fd, request->stdout_fd,
			     request->stderr_fd };

	for (int fd = 0; fd < 3; fd++)
		if (from[fd] < 0 && (fd || from[fd] != SW_AS_IS)) {
			*index = fd;
			return false;
		}
	return true;
}

/* To setresuid(2), which the child calls, -1 means to keep an id. It is none:
 * setuid(2) refuses it, and setgroups(2) does for us. */
static bool are_ids(const struct sw_ids *ids)
{
	return ids && ids->uid != (uid_t)-1 && ids->gid != (gid_t)-1 &&
	       (ids->groups || !ids->group_count);
}

static bool is_value(const struct sw_request *request, enum sw_field field,
		     int *index)
{
	if (end_of(field) > (request->size ? request->size : FIRST_BYTES))
		return false;
	switch (field) {
	case SW_SIGDEFAULT:
		return request->sigdefault;
	case SW_NICE:
		return request->nice >= -20 && request->nice <= 19;
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
		return are_actions(request, index);
	case SW_RLIMITS:
		return request->rlimits || !request->rlimit_count;
	case SW_IDS:
		return are_ids(request->ids);
	case SW_SIGMASK:
		return request->sigmask;
	case SW_CGROUP:
		return request->cgroup_fd >= 0;
	default:
		return true;
	}
}

int sw_validate(const struct sw_request *request, struct sw_child *child)
{
	const unsigned unknown = request->fields & ~0u << SW_FIELD_COUNT;

	if (!request->path || !request->argv || unknown & STAGES)
		return -EINVAL;
	child->stage = unknown & -unknown;
	if (unknown)
		return -ENOTSUP;
	if (!is_stdio(request, &child->action)) {
		child->stage = SW_STDIO;
		return -EINVAL;
	}
	for (unsigned left = request->fields; left; left &= left - 1)
		if (!is_value(request, left & -left, &child->action)) {
			child->stage = left & -left;
			return -EINVAL;
		}
	return 0;
}
