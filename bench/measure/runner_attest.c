/* SPDX-License-Identifier: MIT */
/* What a run does about attestations; see runner.h and attest.h. */

#include <errno.h>
#include <stdio.h>

#include "bench/measure/runner.h"
#include "lib/spawnwise.h"

/* A strategy that is not what it says would be measured under a false name. */
static void bar(struct run *run, const struct sw_strategy *strategy,
		const char *fault)
{
	for (size_t i = 0; i < run->plan->cell_count; i++)
		if (run->plan->strategies[i] == strategy) {
			struct cell_outcome *outcome = &run->outcomes[i];

			outcome->barred = true;
			snprintf(outcome->skipped, sizeof outcome->skipped,
				 "%s is not what it says: %s.", strategy->name,
				 fault);
		}
}

void runner_attest(struct run *run)
{
	const struct axes *axes = &run->plan->axes;

	for (size_t i = 0; i < axes->strategy_count; i++) {
		const struct sw_strategy *strategy = axes->strategies[i];
		const char *fault;

		attest(strategy, &run->attested[i]);
		fault = attest_fault(strategy, &run->attested[i]);
		if (fault)
			bar(run, strategy, fault);
	}
}

int runner_refusal(const struct run *run, const struct sw_strategy *strategy)
{
	const struct axes *axes = &run->plan->axes;
	size_t i = 0;
	int refused;

	while (axes->strategies[i] != strategy)
		i++;
	refused = run->attested[i].refused;
	return refused == ENOMEM || refused == EAGAIN ? 0 : refused;
}
