/* SPDX-License-Identifier: MIT */
/* The overcommit modes of a command, the user's and those asked for, and how a
 * run meets the guardian that sets them: with what to say about it. */
#ifndef VERBS_MODE_H
#define VERBS_MODE_H

#include "bench/files/axes.h"
#include "bench/machine/guardian.h"

struct failure;

/* Two runs would disturb each other: EXIT_FAILED when another one is at work;
 * in a dry run only a line on stderr. Waits up to a second for one whose
 * guardian is about to end. Else, but not in a dry run, put back the mode that
 * a killed run left behind, before the current one is read: it is not the
 * user's. 0, or EXIT_FAILED when this user may not. */
int run_guardian_check(bool dry, struct failure *why);

/* Start the guardian of a run that holds users_mode to be the user's; NULL for
 * a run that sets no other mode: keep others out all the same. 0, or
 * EXIT_FAILED with nothing to stop. */
int run_guardian_start(struct guardian *guardian, int users_mode,
		       struct failure *why);

/* strerror(3), with words for what a guardian's errors mean. */
const char *run_guardian_reason(int error);

/* Fail with EXIT_FAILED, since somebody else holds the setting: "cannot
 * ACTION: another run is at work", with whom to wait for and how to end it. */
int run_guardian_busy(const char *action, const struct lock_holder *holder,
		      struct failure *why);

/* Stop it, if there is one; if it was killed, do its work. 0, or EXIT_FAILED
 * when the mode could not be put back. */
int run_guardian_stop(struct guardian *guardian, struct failure *why);

/* Read the user's mode; when a run has set another one for a moment or left it
 * behind, a line on stderr says so. 0, or EXIT_FAILED with this cure. */
int users_mode(int *mode, const char *cure, struct failure *why);

/* Read the option --overcommit: current, all, or a list of modes; users is the
 * one that is the user's. What this user may not set is left out of "all", with
 * a line on stderr, and refused by name. 0, or an exit code with why filled. */
int modes_read(const char *text, struct value_list *list, int *users,
	       struct failure *why);

#endif
