/* SPDX-License-Identifier: MIT */
/*
 * Looking for the newest run in all places where `run` leaves one.
 */

#include "bench/verbs/newest.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/machine/installed.h"
#include "bench/show/shell.h"
#include "bench/verbs/verbs.h"

struct search {
	char dir[PATH_MAX];
	struct timespec written;
	bool found;
};

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec
				      : a->tv_nsec > b->tv_nsec;
}

/* Take a folder if it holds a run newer than the best so far. */
static void consider(struct search *search, const char *dir)
{
	char path[PATH_MAX];
	struct stat status;

	if ((size_t)snprintf(path, sizeof path, "%s/cells.csv", dir) >=
		    sizeof path ||
	    stat(path, &status))
		return;
	if (search->found && !is_newer(&status.st_mtim, &search->written))
		return;
	search->found = true;
	search->written = status.st_mtim;
	snprintf(search->dir, sizeof search->dir, "%s", dir);
}

/* data/latest here and in every directory above. */
static void consider_above(struct search *search)
{
	char dir[PATH_MAX - sizeof "/data/latest"], path[PATH_MAX];
	char *slash;

	if (!getcwd(dir, sizeof dir))
		return;
	do {
		snprintf(path, sizeof path, "%s/data/latest", dir);
		consider(search, path);
		slash = strrchr(dir, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
}

/* data/latest of the repository this command was built in, if any. */
static void consider_repository(struct search *search)
{
	char repository[PATH_MAX], path[PATH_MAX + sizeof "/data/latest"];

	if (installed_repository(repository))
		return;
	snprintf(path, sizeof path, "%s/data/latest", repository);
	consider(search, path);
}

int newest_run(char *dir, size_t length)
{
	struct search search = { .found = false };
	glob_t folders;

	consider_above(&search);
	consider_repository(&search);
	if (!glob("spawnwise-*", GLOB_ONLYDIR, NULL, &folders)) {
		for (size_t i = 0; i < folders.gl_pathc; i++)
			consider(&search, folders.gl_pathv[i]);
		globfree(&folders);
	}
	if (!search.found)
		return -ENOENT;
	if ((size_t)snprintf(dir, length, "%s", search.dir) >= length)
		return -ENAMETOOLONG;
	return 0;
}

int fail_unsummarised(struct failure *why, const char *run, const char *reason)
{
	char word[2 * PATH_MAX];

	shell_word(run, word, sizeof word);
	fail_cure(why,
		  "`spawnwise summarise %.400s` makes it from samples.csv.",
		  word);
	return fail(why, EXIT_FAILED, NULL, "read run %s: %s", run, reason);
}
