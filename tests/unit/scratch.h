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

/* Where this process writes dir/name until it is whole; the caller's to free().
 */
static inline char *scratch_part(const char *dir, const char *name)
{
	char *part = NULL;

	if (asprintf(&part, "%s/%s.%d.part", dir, name, (int)getpid()) < 0)
		abort();
	return part;
}

static inline int scratch_has_part(const char *dir, const char *name)
{
	char *part = scratch_part(dir, name);
	const int found = !access(part, F_OK);

	free(part);
	return found;
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
