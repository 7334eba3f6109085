/* SPDX-License-Identifier: MIT */
/*
 * Where the newest run lies, for verbs that read one and were not told which.
 */
#ifndef VERBS_NEWEST_H
#define VERBS_NEWEST_H

#include <stddef.h>

/*
 * Find the folder of the newest run, by the time its cells.csv was written:
 * data/latest of the current directory or of one above it, data/latest of
 * the repository this command was built in, or ./spawnwise-<run-id>. 0 with
 * the path in dir; -ENOENT: there is none; -ENAMETOOLONG.
 */
int newest_run(char *dir, size_t length);

struct failure;

/* Fail with EXIT_FAILED for a run without its cells.csv, for this reason; the
 * cure names the verb that makes it. */
int fail_unsummarised(struct failure *why, const char *run, const char *reason);

#endif
