/* SPDX-License-Identifier: MIT */
/* Files that belong to this command; see installed.h. */

#include "bench/machine/installed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int installed_path(char path[PATH_MAX], const char *const *places)
{
	char folder[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);

	if (length <= 0)
		return -ENOENT;
	folder[length] = '\0';
	*strrchr(folder, '/') = '\0';
	for (; *places; places++)
		if (snprintf(path, PATH_MAX, "%s/%s", folder, *places) <
			    PATH_MAX &&
		    !access(path, F_OK))
			return 0;
	return -ENOENT;
}

int installed_payload(char path[PATH_MAX])
{
	static const char *const places[] = { "payload",
					      "../libexec/spawnwise/payload",
					      NULL };

	return installed_path(path, places);
}

int installed_repository(char path[PATH_MAX])
{
	/* data/ is where runs go; it is not installed. */
	static const char *const places[] = { "../data/README.md",
					      "../../data/README.md", NULL };
	char found[PATH_MAX];

	if (installed_path(found, places) || !realpath(found, path))
		return -ENOENT;
	for (int parts = 2; parts; parts--)
		*strrchr(path, '/') = '\0';
	return 0;
}
