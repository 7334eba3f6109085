/* SPDX-License-Identifier: MIT */
/*
 * A test that reads files of the source may be started from any folder, and
 * after the source was moved: it goes to where its own build folder lies.
 */
#ifndef TESTS_SOURCE_H
#define TESTS_SOURCE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs before main(): paths are relative to the source from then on. */
__attribute__((constructor)) static inline void stand_in_source(void)
{
	char path[4096], *build = NULL;
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

	path[length > 0 ? length : 0] = '\0';
	for (char *at = path; (at = strstr(at, "/build/")); at++)
		build = at;
	if (!build)
		return;
	*build = '\0';
	if (chdir(path))
		abort();
}

#endif
