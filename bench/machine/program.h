/* SPDX-License-Identifier: MIT */
/*
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

#endif
