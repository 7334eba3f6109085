/* SPDX-License-Identifier: MIT */
/* The folder of a run; see run_dir.h. */

#include "bench/files/run_dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void make_run_id(struct run_dir *dir)
{
	const time_t now = time(NULL);
	struct tm utc;
	size_t length;

	gmtime_r(&now, &utc);
	length = strftime(dir->run_id, sizeof dir->run_id, "%Y%m%dT%H%M%SZ",
			  &utc);
	snprintf(dir->run_id + length, sizeof dir->run_id - length, "-%d",
		 (int)getpid());
}

/* Whether the working directory is folder or below it. */
static bool stand_in(const char *folder)
{
	char here[PATH_MAX];
	const size_t length = strlen(folder);

	return getcwd(here, sizeof here) && !strncmp(here, folder, length) &&
	       (here[length] == '/' || here[length] == '\0');
}

/* mkdir -p; path is restored. */
static int make_folders(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0777) && errno != EEXIST) {
			int error = -errno;

			*slash = '/';
			return error;
		}
		*slash = '/';
	}
	return mkdir(path, 0777) && errno != EEXIST ? -errno : 0;
}

static bool holds(const char *folder, const char *name)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return !access(path, F_OK);
}

int run_dir_create(struct run_dir *dir, const char *out, const char *repository)
{
	int length, error;

	make_run_id(dir);
	dir->in_repository = !out && stand_in(repository);
	if (out)
		length = snprintf(dir->path, sizeof dir->path, "%s", out);
	else if (dir->in_repository)
		length = snprintf(dir->path, sizeof dir->path,
				  "%s/data/runs/%s", repository, dir->run_id);
	else
		length = snprintf(dir->path, sizeof dir->path, "./spawnwise-%s",
				  dir->run_id);
	if (length >= (int)sizeof dir->path)
		return -ENAMETOOLONG;
	if (length == 0)
		return -ENOENT;
	error = make_folders(dir->path);
	if (error)
		return error;
	if (holds(dir->path, "samples.csv") || holds(dir->path, "cells.csv"))
		return -EEXIST;
	return access(dir->path, W_OK) ? -errno : 0;
}

int run_dir_publish(const struct run_dir *dir, const char *repository)
{
	char target[64], fresh[PATH_MAX + 64], latest[PATH_MAX + 32];

	if (!dir->in_repository)
		return 0;
	snprintf(target, sizeof target, "runs/%s", dir->run_id);
	snprintf(latest, sizeof latest, "%s/data/latest", repository);
	snprintf(fresh, sizeof fresh, "%s.%d", latest, (int)getpid());
	if (symlink(target, fresh))
		return -errno;
	if (rename(fresh, latest)) {
		int error = -errno;

		unlink(fresh);
		return error;
	}
	return 0;
}
