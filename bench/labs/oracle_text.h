/* SPDX-License-Identifier: MIT */
/* What the oracle's rows say, for people. */
#ifndef LABS_ORACLE_TEXT_H
#define LABS_ORACLE_TEXT_H

#include "bench/labs/labs.h"
#include "bench/labs/oracle.h"

/* Tables and explanations of count trials, MEMORY_COUNT a mode. 0 or -errno of
 * the text's stream. */
int oracle_tell(struct lab_context *context, const struct oracle *seen,
		size_t count);

#endif
