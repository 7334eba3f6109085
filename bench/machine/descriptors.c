/* SPDX-License-Identifier: MIT */
/* Open descriptors; see descriptors.h. */

#include "bench/machine/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/machine/failure.h"
#include "bench/machine/text.h"

#define SPARE 128 /* for what a process opens besides */

int descriptors_count(int *highest)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	int count = 0;

	if (!folder)
		return -errno;
	*highest = -1;
	while ((entry = readdir(folder))) {
		const int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(folder))
			continue;
		count++;
		*highest = fd > *highest ? fd : *highest;
	}
	closedir(folder);
	return count;
}

unsigned long descriptors_room(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_max < SPARE)
		return 0;
	return limit.rlim_max - SPARE;
}

int descriptors_open(int count, struct failure *why)
{
	OWNED_FD null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct rlimit limit;
	int highest, before, error = 0;

	if (null_fd < 0)
		return fail(why, -errno, NULL, "open /dev/null: %s",
			    strerror(errno));
	before = descriptors_count(&highest);
	if (!getrlimit(RLIMIT_NOFILE, &limit) &&
	    limit.rlim_cur < (rlim_t)count + SPARE) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	for (int i = 0; i < count && !error; i++)
		if (fcntl(null_fd, F_DUPFD, STDERR_FILENO + 1) < 0)
			error = -errno;
	if (error)
		return fail(why, error, NULL, "open %d descriptors: %s", count,
			    strerror(-error));
	if (before < 0 || descriptors_count(&highest) != before + count)
		return fail(why, -ENOTSUP, NULL,
			    "/proc/self/fd does not show %d more descriptors",
			    count);
	return 0;
}
