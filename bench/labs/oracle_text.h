/* SPDX-License-Identifier: MIT */
/* What the oracle's rows say, for people. */
#ifndef LABS_ORACLE_TEXT_H
#define LABS_ORACLE_TEXT_H

#include "bench/labs/labs.h"
#include "bench/labs/oracle.h"

/* One cell: how a strategy got on, at the step that decided. */
struct oracle_answer {
	bool at_map; /* the memory could not be mapped, or should not be */
	bool tried;
	bool agrees;
	int predicted;
	int observed;
	const struct predict_facts *facts;
	const char *skipped; /* why it was not tried, or "" */
};

struct oracle_answer oracle_answer(const struct oracle *oracle, size_t i);

/* Tables and explanations of count trials, MEMORY_COUNT a mode. 0 or -errno of
 * the text's stream. */
int oracle_tell(struct lab_context *context, const struct oracle *seen,
		size_t count);

#endif
