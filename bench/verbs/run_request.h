/* SPDX-License-Identifier: MIT */
/* What a run is asked for, axes, program and plan, checked against this
 * machine.
 */
#ifndef VERBS_RUN_REQUEST_H
#define VERBS_RUN_REQUEST_H

#include <limits.h>

#include "bench/measure/runner.h"
#include "bench/verbs/verbs.h"

/* The options of `run`. */
struct options {
	const char *strategies, *filter, *child, *out, *resume, *job;
	uint64_t parents, precision, budget_s, seed;
	struct value_list labels;
	bool quick, plot, dry_run, one_axis;
};

/*
 * Build the plan that the options ask for; plan_release() frees it. Defaults
 * that this machine cannot serve (heaps larger than a run may take, modes this
 * user may not set) are left out with a line on stderr; what was asked for by
 * name and cannot be served fails. Finds the child's program, too, for
 * run->child: its path is in program. One that is not ours is tried, once, in a
 * dry run too. 0, or an exit code with why filled and nothing to release.
 */
int run_request(const struct arguments *args, struct plan *plan,
		struct run *run, char program[PATH_MAX], struct failure *why);

#endif
