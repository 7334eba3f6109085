/* SPDX-License-Identifier: MIT */
/*
 * A file that appears whole or not at all.
 *
 * It is written under a name of its own, synced and renamed: whoever reads
 * while a run is interrupted sees the old content or the new one.
 */
#ifndef FILES_REPLACE_H
#define FILES_REPLACE_H

#include <stdio.h>

struct replace {
	FILE *stream;	 /* write here */
	char *temporary; /* dir/name.part */
	char *path;	 /* dir/name */
};

/* dir/name in new memory, the caller's to free(); NULL without memory. */
char *join_path(const char *dir, const char *name);

/* Begin to write dir/name. 0, or -errno of open(2); after 0 exactly one of
 * the two below releases it. */
int replace_begin(struct replace *replace, const char *dir, const char *name);

/* Make what was written the file: fsync(2), rename(2). 0, or -errno, also of
 * a write before; then the old file, if any, is still there. */
int replace_commit(struct replace *replace);

/* Forget what was written. */
void replace_abort(struct replace *replace);

#endif
