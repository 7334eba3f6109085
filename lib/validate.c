/* SPDX-License-Identifier: MIT */
/* Whether the values of a request can be; see validate.h. */

#include "lib/validate.h"

#include <errno.h>
#include <linux/oom.h>

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
	if (!request->path || !request->argv ||
	    request->fields >> SW_FIELD_COUNT)
		return -EINVAL;
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
