/* SPDX-License-Identifier: MIT */
/* An oracle's trial, cell by cell and summed up; see oracle_answer.h. */

#include "bench/labs/oracle_answer.h"

#include <stdio.h>

#include "bench/rows/errname.h"

struct oracle_answer oracle_answer(const struct oracle *oracle, size_t i)
{
	const struct oracle_cell *cell = &oracle->cells[i];
	struct oracle_answer answer = {
		.at_map = oracle->map_predicted || oracle->map_observed,
		.tried = !oracle->skipped[0],
		.predicted = oracle->map_predicted,
		.observed = oracle->map_observed,
		.facts = &oracle->map_facts,
		.skipped = oracle->skipped,
	};

	if (!answer.at_map) {
		answer.predicted = cell->predicted;
		answer.observed = cell->observed;
		answer.facts = &cell->facts;
		if (answer.tried) {
			answer.tried = cell->observed >= 0;
			answer.skipped = cell->skipped;
		}
	}
	answer.agrees = answer.predicted == answer.observed;
	if (!answer.tried) {
		answer.observed = OUTCOME_UNKNOWN;
		answer.agrees = -1;
	}
	return answer;
}

struct oracle_tally oracle_tally(const struct oracle *oracle)
{
	struct oracle_tally counts = { 0 };

	for (size_t i = 0; i < oracle->attempt.count; i++) {
		const struct oracle_answer answer = oracle_answer(oracle, i);

		counts.tried += answer.tried;
		counts.agreed += answer.tried && answer.agrees;
	}
	return counts;
}

void oracle_list_refused(const struct oracle *oracle, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "-");
	for (size_t i = 0; i < oracle->attempt.count; i++) {
		const struct oracle_answer answer = oracle_answer(oracle, i);

		if (!answer.tried || !answer.observed || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 used ? ", " : "",
					 oracle->attempt.strategies[i]->name);
	}
}

bool oracle_copies_are(const struct oracle *oracle, int outcome)
{
	bool some = false;

	for (size_t i = 0; i < oracle->attempt.count; i++) {
		const struct oracle_answer answer = oracle_answer(oracle, i);

		if (!(oracle->attempt.strategies[i]->traits &
		      SW_CHARGES_COMMIT))
			continue;
		if (!answer.tried || answer.at_map ||
		    answer.observed != outcome)
			return false;
		some = true;
	}
	return some;
}

bool oracle_refuses_others(const struct oracle *oracle)
{
	for (size_t i = 0; i < oracle->attempt.count; i++) {
		const struct oracle_answer answer = oracle_answer(oracle, i);

		if (answer.tried && !answer.at_map && answer.observed &&
		    !(oracle->attempt.strategies[i]->traits &
		      SW_CHARGES_COMMIT))
			return true;
	}
	return false;
}
