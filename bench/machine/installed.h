/* SPDX-License-Identifier: MIT */
/*
 * Files that belong to this command: found from where its executable lies, so
 * that a build folder and an installation work alike.
 */
#ifndef MACHINE_INSTALLED_H
#define MACHINE_INSTALLED_H

#include <limits.h>

/* The first of places (relative to the executable's folder, ended by NULL)
 * that exists. 0, or -ENOENT. */
int installed_path(char path[PATH_MAX], const char *const *places);

/* The program that a benchmark starts (bench/measure/payload.c). 0, or -ENOENT
 * when it was not built. */
int installed_payload(char path[PATH_MAX]);

/* The repository that this command was built in, wherever it lies now; an
 * absolute path without symbolic links. 0, or -ENOENT when installed. */
int installed_repository(char path[PATH_MAX]);

#endif
