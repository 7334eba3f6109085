/* SPDX-License-Identifier: MIT */
/*
 * A folder of its own for a test that writes files, and files as texts.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/source.h"

#define GOLDEN "tests/data/golden"

/* cmocka's setup: *state becomes the folder's path. */
static inline int scratch_make(void **state)
{
	char path[] = "/tmp/spawnwise-test.XXXXXX";

	if (mkdtemp(path))
		*state = strdup(path);
	return *state ? 0 : -1;
}

/* cmocka's teardown; the folder holds plain files only. */
static inline int scratch_remove(void **state)
{
	DIR *dir = opendir(*state);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(*state);
	free(*state);
	return 0;
}

/* The text of dir/name, the caller's to free(); NULL when there is none. */
static inline char *scratch_read(const char *dir, const char *name)
{
	char path[4096], *text = NULL;
	size_t capacity = 0;
	FILE *stream;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	stream = fopen(path, "re");
	if (!stream)
		return NULL;
	if (getdelim(&text, &capacity, '\0', stream) < 0 && text)
		*text = '\0';
	fclose(stream);
	return text;
}

#endif
