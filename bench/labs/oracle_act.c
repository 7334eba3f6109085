/* SPDX-License-Identifier: MIT */
/* The parent of an oracle at work; see oracle.h. */

#include <errno.h>

#include "bench/labs/oracle.h"
#include "bench/labs/oracle_memory.h"
#include "bench/measure/predict_facts.h"

/* A helper is opened before the memory grows, and so is everything else. */
void oracle_prepare(void *data)
{
	struct oracle *oracle = data;

	oracle->error = attempt_open(&oracle->attempt);
	if (!oracle->error && oracle->memory->early)
		oracle_map(oracle, oracle->users_mode);
}

static bool may_try(const struct oracle *oracle, struct oracle_cell *cell,
		    size_t i)
{
	const unsigned traits = oracle->attempt.strategies[i]->traits;
	const int refusal = oracle->attempt.refusals[i];

	if (refusal)
		attempt_why(-refusal, cell->skipped, sizeof cell->skipped);
	return !refusal &&
	       (oracle->mode != 2 || oracle->alone ||
		request_ok(predict_asked(traits, &cell->facts), &cell->facts,
			   cell->skipped, sizeof cell->skipped));
}

/* The kernel refuses by a counter whose parts it adds up late; meminfo adds
 * them up. That it has just refused us tells more than the sum. */
static void note_refusal(const struct oracle *oracle,
			 struct predict_facts *facts)
{
	if (oracle_exhausts(oracle))
		facts->committed_bytes += predict_left(facts);
}

static void try_strategy(struct oracle *oracle, size_t i)
{
	struct oracle_cell *cell = &oracle->cells[i];

	oracle_exhaust(oracle);
	oracle->error = predict_facts_self(&cell->facts);
	if (oracle->error)
		return;
	note_refusal(oracle, &cell->facts);
	cell->predicted = predict(oracle->attempt.strategies[i]->traits,
				  oracle->mode, &cell->facts);
	if (!may_try(oracle, cell, i))
		return;
	cell->observed = attempt_spawn(&oracle->attempt, i);
	if (cell->observed == EAGAIN) {
		attempt_why(EAGAIN, cell->skipped, sizeof cell->skipped);
		cell->observed = -1;
	}
}

/* Of what is not mapped, the answers are still foreseen. */
static void foresee(struct oracle *oracle)
{
	for (size_t i = 0; i < oracle->attempt.count; i++)
		oracle->cells[i].predicted =
			predict(oracle->attempt.strategies[i]->traits,
				oracle->mode, &oracle->cells[i].facts);
}

static void ask(struct oracle *oracle)
{
	if (oracle->error)
		return;
	for (size_t i = 0; i < oracle->attempt.count; i++)
		oracle->cells[i].observed = -1;
	if (!oracle->memory->early)
		oracle_map(oracle, oracle->mode);
	foresee(oracle);
	if (oracle->skipped[0] || oracle->map_observed)
		return;
	for (size_t i = 0; i < oracle->attempt.count && !oracle->error; i++)
		try_strategy(oracle, i);
}

void oracle_act(void *data)
{
	struct oracle *oracle = data;

	ask(oracle);
	attempt_close(&oracle->attempt);
}
