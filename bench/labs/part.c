/* SPDX-License-Identifier: MIT */
/* A part of a lab, as declared; see part.h. */

#include "bench/labs/part.h"

#include "lib/spawnwise.h"

void *lab_row(const struct lab_context *context, size_t i)
{
	return i < context->count ? context->rows + i * context->part->row_bytes
				  : NULL;
}

size_t lab_cases(const struct lab_part *part)
{
	return part->cases ? part->case_count : 1;
}

const struct lab_case *lab_case(const struct lab_part *part, size_t i)
{
	static const struct lab_case none;

	return part->cases ? (const void *)((const char *)part->cases +
					    i * part->case_bytes)
			   : &none;
}

const struct sw_strategy *lab_strategy(const struct lab_part *part,
				       size_t number)
{
	for (size_t i = 0; sw_strategies[i]; i++)
		if (!(sw_strategies[i]->traits &
		      (SW_CREATES_NOTHING | part->without)) &&
		    !number--)
			return sw_strategies[i];
	return NULL;
}

size_t lab_strategies(const struct lab_part *part)
{
	size_t count = 0;

	while (part->strategies && lab_strategy(part, count))
		count++;
	return part->strategies ? count : 1;
}
