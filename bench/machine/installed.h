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

#endif
