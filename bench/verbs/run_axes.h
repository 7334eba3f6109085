/* SPDX-License-Identifier: MIT */
/* The axes of a run as people write them, checked against this machine. */
#ifndef VERBS_RUN_AXES_H
#define VERBS_RUN_AXES_H

#include "bench/measure/plan.h"
#include "bench/verbs/verbs.h"

/* The options of `run`. */
struct run_options {
	const char *strategies, *child, *out;
	uint64_t parents, budget_s, seed;
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

#endif
