/* SPDX-License-Identifier: MIT */
/* What the frontier's rows say, for people. */
#ifndef LABS_FRONTIER_TEXT_H
#define LABS_FRONTIER_TEXT_H

#include "bench/labs/frontier.h"
#include "bench/labs/labs.h"

/* Whether it lies where it was predicted: within 1 %, in mode 2 within the
 * slack of the kernel's counter if that is more; where we held back, whether
 * the prediction lies between what worked and what was refused. */
bool frontier_agrees(const struct frontier *frontier);

/* The limit that should be the one, as a word of frontier.csv. */
const char *frontier_stop(const struct frontier *frontier);

/* Tables and explanations. 0 or -errno of the text's stream. */
int frontier_tell(struct lab_context *context, const struct frontier *seen,
		  size_t count);

#endif
