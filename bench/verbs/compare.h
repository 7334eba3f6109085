/* SPDX-License-Identifier: MIT */
/* What `compare` says, for a run that has settings to compare. */
#ifndef VERBS_COMPARE_H
#define VERBS_COMPARE_H

#include "bench/files/axes.h"

/* Print the comparisons of a run's settings: each of the others beside the
 * first. Why there is none of some was said by the run. */
void compare_labels(const char *run, const struct value_list *labels);

#endif
