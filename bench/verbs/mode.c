/* SPDX-License-Identifier: MIT */
/* The modes of a command, and its guardian; see mode.h. */

#include "bench/verbs/mode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/machine/memory.h"
#include "bench/verbs/verbs.h"

#define HOLDER_WAIT_MS 1000

/* Whom to wait for, and how to end that. */
static void describe(const struct lock_holder *holder, struct failure *text)
{
	const int run = (int)holder->run_pid;
	const int guard = (int)holder->guardian_pid;

	if (run && holder->stopped) {
		fail(text, 0, NULL,
		     "another spawnwise run (pid %d) is at work, but stopped",
		     run);
		fail_cure(text,
			  "Let it go on with `kill -CONT %d`, or end it with "
			  "`kill -KILL %d`.",
			  run, run);
	} else if (run) {
		fail(text, 0, NULL, "another spawnwise run (pid %d) is at work",
		     run);
		fail_cure(text,
			  "Wait for it to end, or end it with `kill %d`: two "
			  "runs would disturb each other.",
			  run);
	} else if (guard) {
		fail(text, 0, NULL,
		     "the guardian (pid %d) of a run that is dead has not "
		     "finished",
		     guard);
		fail_cure(text,
			  "Wake it with `kill -CONT %d`; if it stays, end it "
			  "with `kill -KILL %d` and run `sudo spawnwise "
			  "restore`.",
			  guard, guard);
	} else {
		fail(text, 0,
		     "Wait for it to end, or find it from the host: pgrep "
		     "spawnwise",
		     "another spawnwise run is at work, in another container "
		     "or hidden from this user");
	}
}

int run_guardian_busy(const char *action, const struct lock_holder *holder,
		      struct failure *why)
{
	describe(holder, why);
	return fail_because(why, EXIT_FAILED, NULL, "%s", action);
}

static void tell_repair(const struct repair *repair)
{
	if (repair->action == REPAIR_DONE)
		fprintf(stderr,
			"An earlier run had left overcommit mode %d behind: "
			"mode %d is back.\n",
			repair->state.ours, repair->state.original);
}

/* Waits up to a second for a guardian that is about to do it. */
static int put_back(struct failure *why)
{
	struct repair repair;
	const int error = overcommit_repair(&repair);

	if (error == -EBUSY)
		return run_guardian_busy("run", &repair.holder, why);
	if (error)
		return fail(
			why, EXIT_FAILED,
			error == -EMFILE ? "Allow more open files: ulimit -n."
					 : "Run `sudo spawnwise restore`.",
			repair.state.pid ? "run in the overcommit mode that a "
					   "killed run left behind: %s"
					 : "see whether a killed run left an "
					   "overcommit mode behind: %s",
			strerror(-error));
	tell_repair(&repair);
	return 0;
}

int run_guardian_check(bool dry, struct failure *why)
{
	struct lock_holder holder;
	struct failure text = { 0 };

	if (!overcommit_holder(LOCK_SH, dry ? 0 : HOLDER_WAIT_MS, &holder))
		return dry ? 0 : put_back(why);
	if (!dry)
		return run_guardian_busy("run", &holder, why);
	describe(&holder, &text);
	fprintf(stderr, "Only a plan: %s. %s\n", text.what, text.cure);
	return 0;
}

const char *run_guardian_reason(int error)
{
	if (error == -ECANCELED)
		return "somebody else changed the overcommit mode";
	if (error == -ENOLCK)
		return "flock(2) is refused, so that a run in another "
		       "container could write it too";
	if (error == -ENOTRECOVERABLE)
		return "pidfd_open(2) is refused (Linux 5.3 has it)";
	return meminfo_error(error);
}

int run_guardian_start(struct guardian *guardian, int users_mode,
		       struct failure *why)
{
	struct lock_holder holder;
	int error;

	if (!guardian)
		return overcommit_holder(LOCK_EX, HOLDER_WAIT_MS, &holder)
			       ? run_guardian_busy("run", &holder, why)
			       : 0;
	error = guardian_start(guardian);
	if (error == -EBUSY)
		return run_guardian_busy("run", &guardian->leftover.holder,
					 why);
	if (error)
		return fail(why, EXIT_FAILED,
			    cure_of(CURE_SELF, error,
				    "Use --overcommit current to leave it "
				    "alone."),
			    "guard %s: %s", overcommit_path(),
			    run_guardian_reason(error));
	tell_repair(&guardian->leftover);
	if (guardian->original == users_mode)
		return 0;
	guardian_stop(guardian);
	return fail(why, EXIT_FAILED, "Try again.",
		    "run: somebody else changed the overcommit mode from %d "
		    "to %d meanwhile",
		    users_mode, guardian->original);
}

int run_guardian_stop(struct guardian *guardian, struct failure *why)
{
	struct repair repair;
	int error;

	if (!guardian || guardian_stop(guardian) != -EPIPE)
		return 0;
	error = overcommit_repair(&repair);
	if (error)
		return fail(why, EXIT_FAILED, "Run `sudo spawnwise restore`.",
			    "put back %s after its guardian was killed: %s",
			    overcommit_path(), strerror(-error));
	fputs("The guardian was killed; the run itself has put back what it "
	      "held.\n",
	      stderr);
	return 0;
}

int users_mode(int *mode, const char *cure, struct failure *why)
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
	return error ? fail(why, EXIT_FAILED, cure, "read %s: %s",
			    overcommit_path(), strerror(-error))
		     : 0;
}

static int refuse(int mode, struct failure *why)
{
	fail_cure(why, "%s, or use --overcommit current.", overcommit_cure());
	return fail(why, EXIT_FAILED, NULL,
		    "set overcommit mode %d: %s is not writable for this user",
		    mode, overcommit_path());
}

int modes_read(const char *text, struct value_list *list, int *users,
	       struct failure *why)
{
	static const struct option_spec modes =
		OPTION("overcommit", 0, COUNT, "", .high = ROW_MODES - 1,
		       .list = ROW_MODES,
		       .hint = "Give current, 0, 1, 2 or all alone, or a "
			       "list: 0,2.");
	const bool writable = overcommit_may_write();
	int error = users_mode(
		users, "Mount /proc, or run outside of the sandbox.", why);

	list->count = 0;
	if (error)
		return error;
	if (!strcmp(text, "all") && writable)
		text = "0,1,2";
	else if (!strcmp(text, "all"))
		fprintf(stderr,
			"Measuring overcommit mode %d only: another one "
			"cannot be set. %s.\n",
			*users, overcommit_cure());
	if (strcmp(text, "all") && strcmp(text, "current"))
		error = option_read("run", &modes, text, list, why);
	else
		list->values[list->count++].number = (uint64_t)*users;
	for (size_t i = 0; i < list->count && !error; i++)
		if ((int)list->values[i].number != *users && !writable)
			error = refuse((int)list->values[i].number, why);
	return error;
}
