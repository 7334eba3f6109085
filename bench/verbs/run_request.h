/* SPDX-License-Identifier: MIT */
/* What a run is asked for, axes and program, checked against this machine. */
#ifndef VERBS_RUN_REQUEST_H
#define VERBS_RUN_REQUEST_H

#include <limits.h>

#include "bench/measure/runner.h"
#include "bench/verbs/verbs.h"

/* The options of `run`. */
struct options {
	const char *strategies, *child, *out, *resume;
	uint64_t parents, precision, budget_s, seed;
	bool quick, plot, dry_run;
};

/*
 * Fill axes from the options. Defaults that this machine cannot serve (heaps
 * larger than a run may take, modes this user may not set) are left out with
 * a line on stderr; what was asked for by name and cannot be served fails.
 * Returns 0 or an exit code with why filled.
 */
int run_axes(const struct arguments *args, struct axes *axes,
	     struct failure *why);

/*
 * Find the child's program: run->program is then path, run->stamps is set.
 * One that is not ours is tried, once, in a dry run too, and child_ns is how
 * long it took; otherwise 0. 0, or an exit code with why filled.
 */
int run_child(const struct arguments *args, struct run *run,
	      char path[PATH_MAX], double *child_ns, struct failure *why);

#endif
