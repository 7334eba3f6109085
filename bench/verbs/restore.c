/* SPDX-License-Identifier: MIT */
/*
 * spawnwise restore: put back a kernel setting that a killed run left behind.
 *
 * Only needed when a run and its guardian were killed together; then it is
 * what stands between the machine and somebody else's overcommit mode.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/machine/overcommit.h"
#include "bench/verbs/mode.h"
#include "bench/verbs/verbs.h"

static int refuse(int error, const struct repair *repair, struct failure *why)
{
	struct lock_holder holder = repair->holder;

	if (error == -EBUSY || overcommit_holder(LOCK_SH, 0, &holder))
		return run_guardian_busy("restore vm.overcommit_memory",
					 &holder, why);
	return fail(why, EXIT_FAILED,
		    error == -EROFS ? "Run it where /proc/sys can be written."
				    : "Run `sudo spawnwise restore`.",
		    "restore vm.overcommit_memory: %s", strerror(-error));
}

static void tell(const struct repair *repair)
{
	switch (repair->action) {
	case REPAIR_NOTHING:
		puts("Nothing to restore: no run left a setting behind.");
		break;
	case REPAIR_OTHER_BOOT:
		puts("Nothing to restore: the machine was started anew since "
		     "a run was killed.");
		break;
	case REPAIR_DONE:
		if (repair->found == repair->state.original)
			printf("Nothing to restore: vm.overcommit_memory is %d "
			       "already, as before a killed run.\n",
			       repair->state.original);
		else
			printf("Restored vm.overcommit_memory to %d; a killed "
			       "run had left %d.\n",
			       repair->state.original, repair->state.ours);
		break;
	case REPAIR_FOREIGN:
		printf("Left vm.overcommit_memory at %d: somebody changed it "
		       "after a killed run had set %d. Before the run it was "
		       "%d.\n",
		       repair->found, repair->state.ours,
		       repair->state.original);
		break;
	case REPAIR_UNREADABLE:
		puts("Nothing restored: what a killed run wrote down is not "
		     "readable and was removed. See that the mode is the one "
		     "you want: sysctl vm.overcommit_memory");
		break;
	}
}

static int restore_run(const struct arguments *args, struct failure *why)
{
	struct repair repair = { .action = REPAIR_NOTHING };
	const int error = overcommit_repair(&repair);

	(void)args;
	if (error)
		return refuse(error, &repair, why);
	tell(&repair);
	return EXIT_DONE;
}

const struct verb verb_restore = {
	.name = "restore",
	.summary = "put back a kernel setting that a killed run left behind",
	.details =
		"A run that is interrupted or killed puts vm.overcommit_memory "
		"back by itself. Only when its guardian was killed with it "
		"something is left to do; the next run does it too. A value "
		"that somebody else wrote meanwhile is left alone.",
	.examples = (const char *const[]){ "sudo spawnwise restore", NULL },
	.run = restore_run,
};
