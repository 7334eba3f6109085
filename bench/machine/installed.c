/* SPDX-License-Identifier: MIT */
/* Files that belong to this command; see installed.h. */

#include "bench/machine/installed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Where the executable of this process lies. Without /proc the path by which
 * it was executed must do, getauxval(3). */
static int find_own(char file[PATH_MAX])
{
	const ssize_t length = readlink("/proc/self/exe", file, PATH_MAX - 1);
	const unsigned long name = getauxval(AT_EXECFN);

	if (length > 0) {
		file[length] = '\0';
		return 0;
	}
	// NOLINTNEXTLINE(performance-no-int-to-ptr)
	return name && realpath((const char *)name, file) ? 0 : -ENOENT;
}

int installed_path(char path[PATH_MAX], const char *const *places)
{
	char folder[PATH_MAX];

	if (find_own(folder))
		return -ENOENT;
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
