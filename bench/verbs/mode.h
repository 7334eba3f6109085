/* SPDX-License-Identifier: MIT */
/* The overcommit modes of a command: the user's, and those asked for. */
#ifndef VERBS_MODE_H
#define VERBS_MODE_H

#include <stddef.h>

struct failure;

#define MODE_COUNT 3 /* 0, 1, 2 */

struct mode_list {
	int modes[MODE_COUNT]; /* in the order of the option */
	size_t count;
	int users; /* the mode that is the user's */
};

/* Read the user's mode; when a run has set another one for a moment or left it
 * behind, a line on stderr says so. 0, or -errno of overcommit_get(). */
int users_mode(int *mode);

/* Read the option --overcommit: current, all, or a list of modes. What this
 * user may not set is left out of "all", with a line on stderr, and refused by
 * name. 0, or an exit code with why filled. */
int modes_read(const char *text, struct mode_list *list, struct failure *why);

#endif
