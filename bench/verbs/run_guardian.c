/* SPDX-License-Identifier: MIT */
/* How a run meets its guardian; see run_guardian.h. */

#include "bench/verbs/run_guardian.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int another_run(struct failure *why)
{
	return fail(why, EXIT_FAILED,
		    "Wait until it has ended: two runs would disturb each "
		    "other.",
		    "run: another spawnwise holds the overcommit setting");
}

static void tell_repair(const struct repair *repair)
{
	if (repair->action == REPAIR_DONE)
		fprintf(stderr,
			"An earlier run had left overcommit mode %d behind: "
			"mode %d is back.\n",
			repair->ours, repair->original);
}

int run_guardian_repair(struct failure *why)
{
	struct repair repair;
	const int error = overcommit_repair(&repair);

	if (error == -EBUSY)
		return another_run(why);
	if (error)
		return fail(why, EXIT_FAILED, "Run `sudo spawnwise restore`.",
			    "run in the overcommit mode of a run that was "
			    "killed or is at work: %s",
			    strerror(-error));
	tell_repair(&repair);
	return 0;
}

int run_guardian_start(struct guardian *guardian, struct failure *why)
{
	const int error = guardian_start(guardian);

	if (error == -EBUSY)
		return another_run(why);
	if (error)
		return fail(why, EXIT_FAILED,
			    "Use --overcommit current to leave it alone.",
			    "guard %s: %s", overcommit_path(),
			    strerror(-error));
	tell_repair(&guardian->leftover);
	return 0;
}

int run_guardian_stop(struct guardian *guardian, struct failure *why)
{
	struct repair repair;
	int error;

	if (guardian_stop(guardian) != -EPIPE)
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
