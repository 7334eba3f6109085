/* SPDX-License-Identifier: MIT */
/* What to do about an error that tells its cure; see cure.h. */

#include "bench/show/cure.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/resource.h>

static bool is_limited(int resource)
{
	struct rlimit limit;

	return !getrlimit(resource, &limit) && limit.rlim_cur != RLIM_INFINITY;
}

static const char *cure_memory(void)
{
	if (is_limited(RLIMIT_AS))
		return "Raise the limit of addresses (ulimit -v).";
	if (is_limited(RLIMIT_DATA))
		return "Raise the limit of data (ulimit -d).";
	return "Free some memory.";
}

const char *cure_of(int error, const char *otherwise)
{
	switch (-error) {
	case ENOMEM:
		return cure_memory();
	case EMFILE:
		return "Raise the limit of open files (ulimit -n).";
	case ENFILE:
		return "Too many files are open on this machine: end some "
		       "programs, or raise fs.file-max.";
	case EAGAIN:
		return "End some processes, or raise their limit (ulimit -u, "
		       "pids.max of the cgroup).";
	case ENOSPC:
		return "Make room on the disk, or write elsewhere.";
	case EDQUOT:
		return "Make room in this user's quota, or write elsewhere.";
	case EFBIG:
		return "Raise the limit of file sizes (ulimit -f).";
	case EPIPE:
		return "Whoever read the output has ended: see what it says.";
	default:
		return otherwise;
	}
}
