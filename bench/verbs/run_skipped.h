/* SPDX-License-Identifier: MIT */
/* What a run could not measure, and why. */
#ifndef VERBS_RUN_SKIPPED_H
#define VERBS_RUN_SKIPPED_H

#include <stdio.h>

#include "bench/measure/runner.h"

/* Tell which cells some or all processes could not measure, each reason once.
 * Returns how many cells they are. */
size_t run_skipped_tell(FILE *stream, const struct run *run);

#endif
