/* SPDX-License-Identifier: MIT */
/* The user's overcommit mode; see mode.h. */

#include "bench/verbs/mode.h"

#include <stdio.h>

#include "bench/machine/overcommit.h"

int users_mode(int *mode)
{
	struct overcommit_view view;
	const int error = overcommit_look(&view);

	*mode = view.mode;
	if (!error && view.owner == OVERCOMMIT_RUN)
		fprintf(stderr,
			"A run at work has set overcommit mode %d for a "
			"moment; mode %d counts here.\n",
			view.now, view.mode);
	if (!error && view.owner == OVERCOMMIT_LEFTOVER)
		fprintf(stderr,
			"A killed run has left overcommit mode %d behind; "
			"mode %d counts here. Put it back with `sudo "
			"spawnwise restore`.\n",
			view.now, view.mode);
	return error;
}
