/* SPDX-License-Identifier: MIT */
/*
 * Programs: where those of this command lie, and what another one is.
 *
 * Whether a library can be preloaded into a program: the dynamic loader does
 * it, so there must be one, of our kind, that is allowed to (ld.so(8)).
 */
#ifndef MACHINE_PROGRAM_H
#define MACHINE_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

struct program {
	char path[PATH_MAX]; /* as execvp(3) finds it; the name if it cannot */

	/* Why the library would not be loaded, or NULL. */
	const char *refusal;
	char culprit[PATH_MAX]; /* the program itself, or its interpreter */

	/* How many times env(1) is run on the way to the real program, by a
	 * script that begins "#!/usr/bin/env". */
	int env_count;
};

/* Look for name as execvp(3) does, follow "#!" lines, and judge what is run in
 * the end. What cannot be read is not refused: exec tells what is wrong. */
void program_inspect(struct program *program, const char *name);

/* Whether execvp(3) would find a program of that name. */
bool program_exists(const char *name);

/* Files that belong to this command are found from where its executable lies,
 * so that a build folder and an installation work alike. The first of places
 * (relative to the executable's folder, ended by NULL) that exists. 0, or
 * -ENOENT. */
int installed_path(char path[PATH_MAX], const char *const *places);

/* A program of ours that others start: "payload", "memhog". 0, or -ENOENT when
 * it was not built. */
int installed_program(char path[PATH_MAX], const char *name);

/* The repository that this command was built in, wherever it lies now; an
 * absolute path without symbolic links. 0, or -ENOENT when installed. */
int installed_repository(char path[PATH_MAX]);

#endif
