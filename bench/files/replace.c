/* SPDX-License-Identifier: MIT */
/*
 * A file that appears whole or not at all: write, sync, rename.
 */

#include "bench/files/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *join_path(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static void forget_names(struct replace *replace)
{
	free(replace->temporary);
	free(replace->path);
	*replace = (struct replace){ 0 };
}

/* Not mkstemp(3): its files are for their owner alone, and a run made by root
 * is read by others. O_NOFOLLOW: the folder may be anybody's. */
static FILE *open_temporary(const char *path)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		      0666);
	FILE *stream;

	if (fd < 0)
		return NULL;
	stream = fdopen(fd, "w");
	if (!stream)
		close(fd);
	return stream;
}

int replace_begin(struct replace *replace, const char *dir, const char *name)
{
	int error = ENOMEM;

	*replace = (struct replace){ .path = join_path(dir, name) };
	if (!replace->path ||
	    asprintf(&replace->temporary, "%s.part", replace->path) < 0) {
		replace->temporary = NULL;
		goto forget;
	}
	replace->stream = open_temporary(replace->temporary);
	if (replace->stream)
		return 0;
	error = errno;
forget:
	forget_names(replace);
	return -error;
}

int replace_commit(struct replace *replace)
{
	int error = 0;

	if (fflush(replace->stream) || fsync(fileno(replace->stream)))
		error = errno;
	else if (ferror(replace->stream))
		error = EIO;
	if (fclose(replace->stream) && !error)
		error = errno;
	if (!error && rename(replace->temporary, replace->path))
		error = errno;
	if (error)
		unlink(replace->temporary);
	forget_names(replace);
	return -error;
}

void replace_abort(struct replace *replace)
{
	fclose(replace->stream);
	unlink(replace->temporary);
	forget_names(replace);
}
