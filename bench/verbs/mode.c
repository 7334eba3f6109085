/* SPDX-License-Identifier: MIT */
/* The overcommit modes of a command; see mode.h. */

#include "bench/verbs/mode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/machine/overcommit.h"
#include "bench/machine/units.h"
#include "bench/verbs/failure.h"
#include "bench/verbs/option.h"

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

static int take_mode(void *data, const char *item)
{
	struct mode_list *list = data;
	long mode;

	if (count_parse(item, 0, MODE_COUNT - 1, &mode))
		return -EINVAL;
	for (size_t i = 0; i < list->count; i++)
		if (list->modes[i] == mode) /* "0,00" */
			return -EEXIST;
	list->modes[list->count++] = (int)mode;
	return 0;
}

static int read_list(const char *text, struct mode_list *list,
		     struct failure *why)
{
	char culprit[64];
	const int error = list_split(text, take_mode, list, culprit);

	if (!error)
		return 0;
	if (error == -EEXIST)
		return fail(why, EXIT_USAGE, "Give each value once.",
			    "run --overcommit %s: \"%s\" is there twice", text,
			    culprit);
	if (!strcmp(culprit, "current") || !strcmp(culprit, "all"))
		return fail(why, EXIT_USAGE,
			    "Give it alone, or a list of numbers: 0,2.",
			    "run --overcommit %s: \"%s\" is no part of a list",
			    text, culprit);
	return fail(why, EXIT_USAGE,
		    "Give current, 0, 1, 2 or all, or a list: 0,2.",
		    "run --overcommit %s: \"%s\" is not a mode", text, culprit);
}

static int refuse(int mode, struct failure *why)
{
	fail_cure(why, "%s, or use --overcommit current.", overcommit_cure());
	return fail(why, EXIT_FAILED, NULL,
		    "set overcommit mode %d: %s is not writable for this user",
		    mode, overcommit_path());
}

int modes_read(const char *text, struct mode_list *list, struct failure *why)
{
	const bool writable = overcommit_may_write();
	int error = users_mode(&list->users);

	list->count = 0;
	if (error)
		return fail(why, EXIT_FAILED,
			    "Mount /proc, or run outside of the sandbox.",
			    "read %s: %s", overcommit_path(), strerror(-error));
	if (!strcmp(text, "all") && writable)
		text = "0,1,2";
	else if (!strcmp(text, "all"))
		fprintf(stderr,
			"Measuring overcommit mode %d only: another one "
			"cannot be set. %s.\n",
			list->users, overcommit_cure());
	if (strcmp(text, "all") && strcmp(text, "current"))
		error = read_list(text, list, why);
	else
		list->modes[list->count++] = list->users;
	for (size_t i = 0; i < list->count && !error; i++)
		if (list->modes[i] != list->users && !writable)
			error = refuse(list->modes[i], why);
	return error;
}
