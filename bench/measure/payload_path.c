/* SPDX-License-Identifier: MIT */
/* Where the child's program is; see payload_path.h. */

#include "bench/measure/payload_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int payload_path(char path[PATH_MAX])
{
	static const char *const places[] = { "payload",
					      "../libexec/spawnwise/payload" };
	char folder[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);

	if (length <= 0)
		return -ENOENT;
	folder[length] = '\0';
	*strrchr(folder, '/') = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (snprintf(path, PATH_MAX, "%s/%s", folder, places[i]) <
			    PATH_MAX &&
		    !access(path, X_OK))
			return 0;
	return -ENOENT;
}
