/* SPDX-License-Identifier: MIT */
/*
 * From strategies, cells and this machine's memory to a choice.
 *
 * judge/choose.c weighs; here its candidates are put together, because only
 * a verb may look at strategies, cells and /proc at once.
 */

#include "bench/verbs/advice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/attest/trial.h"
#include "bench/measure/predict_facts.h"
#include "lib/spawnwise.h"

/* What the run predicted for the cell asked for: the worst of several, or
 * OUTCOME_UNKNOWN. */
static int predicted_by_run(const struct choice_query *query,
			    const struct summary *rows, size_t count,
			    const char *strategy)
{
	int predicted = OUTCOME_UNKNOWN;

	for (size_t i = 0; i < count; i++)
		if (rows[i].time == TIME_REAP &&
		    rows[i].cell.heap_bytes == query->heap_bytes &&
		    rows[i].cell.overcommit == query->overcommit &&
		    !strcmp(rows[i].cell.strategy, strategy) &&
		    rows[i].predicted > predicted)
			predicted = rows[i].predicted;
	return predicted;
}

static int predicted(const struct sw_strategy *strategy,
		     const struct choice_query *query,
		     const struct summary *rows, size_t count,
		     const struct predict_facts *facts)
{
	const char *step;
	const int refused = trial_known(strategy, &step);
	int predicted;

	if (refused)
		return -refused;
	predicted = predicted_by_run(query, rows, count, strategy->name);
	if (predicted != OUTCOME_UNKNOWN)
		return predicted;
	return predict(strategy->traits, query->overcommit, facts);
}

int advise(const struct choice_query *query, const struct summary *rows,
	   size_t count, struct choice *choice)
{
	struct choice_candidate *candidates;
	struct predict_facts facts;
	size_t candidate_count = 0;
	int error = predict_facts_imagined(query->heap_bytes, &facts);

	if (error)
		return error;
	while (sw_strategies[candidate_count])
		candidate_count++;
	candidates = calloc(candidate_count + 1, sizeof *candidates);
	if (!candidates)
		return -ENOMEM;
	for (size_t i = 0; i < candidate_count; i++)
		candidates[i] = (struct choice_candidate){
			.name = sw_strategies[i]->name,
			.traits = sw_strategies[i]->traits,
			.predicted = predicted(sw_strategies[i], query, rows,
					       count, &facts),
		};
	error = choose(query, rows, count, candidates, candidate_count, choice);
	free(candidates);
	return error;
}
