/* SPDX-License-Identifier: MIT */
/* How a run meets its guardian; see run_guardian.h. */

#include "bench/verbs/run_guardian.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOLDER_WAIT_MS 1000

/* "another spawnwise run (pid 4711) is at work" */
static void describe_run(char *text, size_t length, pid_t pid)
{
	char number[32] = "";

	if (pid)
		snprintf(number, sizeof number, " (pid %d)", (int)pid);
	snprintf(text, length, "another spawnwise run%s is at work", number);
}

static int another_run(struct failure *why)
{
	char text[96];
	pid_t pid;

	overcommit_holder(0, &pid);
	describe_run(text, sizeof text, pid);
	return fail(why, EXIT_FAILED,
		    "Wait for it to end: two runs would disturb each other.",
		    "run: %s", text);
}

int run_guardian_check(bool dry, struct failure *why)
{
	char text[96];
	pid_t pid;

	if (!overcommit_holder(dry ? 0 : HOLDER_WAIT_MS, &pid))
		return 0;
	if (!dry)
		return another_run(why);
	describe_run(text, sizeof text, pid);
	fprintf(stderr, "Only a plan: %s. Wait for it to end.\n", text);
	return 0;
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
		return fail(why, EXIT_FAILED,
			    error == -EMFILE
				    ? "Allow more open files: ulimit -n."
				    : "Run `sudo spawnwise restore`.",
			    repair.pid ? "run in the overcommit mode that a "
					 "killed run left behind: %s"
				       : "see whether a killed run left an "
					 "overcommit mode behind: %s",
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
