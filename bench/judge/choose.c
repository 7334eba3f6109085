/* SPDX-License-Identifier: MIT */
/*
 * Which strategy should this program use? Find the cells that tell, exclude,
 * rank, explain. Longer than other files: nobody else asks these cells.
 */

#include "bench/judge/choose.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/units.h"
#include "bench/rows/rows.h"
#include "lib/spawnwise.h"

__attribute__((format(printf, 2, 3))) static void say(struct choice *choice,
						      const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(choice->reasons[choice->reason_count++], CHOICE_REASON_BYTES,
		  format, arguments);
	va_end(arguments);
}

int choice_demands(unsigned traits)
{
	const unsigned demands = SW_COPIES_PAGE_TABLES | SW_CHARGES_COMMIT |
				 SW_NEEDS_EARLY_OPEN | SW_IDENTITY_OF_OPEN;
	const unsigned favours = SW_SILENT_FAILURE | SW_THREAD_SAFE;

	return __builtin_popcount(traits & demands) +
	       __builtin_popcount(~traits & favours);
}

/* The heap and mode whose timings are used for all strategies alike; another
 * one for each would compare heaps, not strategies. */
struct evidence_basis {
	bool exists;
	uint64_t heap_bytes;
	int overcommit;
};

/* What the cells at the basis, by reap and only where they ran, say of one
 * strategy; with several (backings, threads) the worst of each. */
struct evidence {
	int observed;		 /* OUTCOME_UNKNOWN when not measured there */
	int ok, failed;		 /* spawns of the cell that tells observed */
	double quiet_ns, p95_ns; /* of reap; NAN without a good sample */
};

static bool is_measured(const struct summary *row)
{
	return row->time == TIME_REAP && row->observed != OUTCOME_UNKNOWN;
}

/* Whether heap a stands in for the heap asked for better than b does. */
static bool is_nearer(uint64_t a, uint64_t b, uint64_t asked)
{
	if (a >= asked && b >= asked)
		return a < b;
	return a > b;
}

/* How far a mode is from the one asked for: 1 before 0 before 2, the most
 * permissive first because there all strategies have timings. */
static int mode_distance(int mode, int asked)
{
	static const int distances[] = { 2, 1, 3 };

	return mode == asked ? 0 : distances[mode];
}

/* The cells nearest to what is asked for: first the mode, then the heap:
 * itself, else the nearest above, else the largest below. */
static struct evidence_basis find_basis(const struct summary *rows,
					size_t row_count,
					const struct choice_query *query)
{
	struct evidence_basis basis = { 0 };

	for (size_t i = 0; i < row_count; i++) {
		const struct cell *cell = &rows[i].cell;
		const int farther =
			mode_distance(cell->overcommit, query->overcommit) -
			mode_distance(basis.overcommit, query->overcommit);

		if (is_measured(&rows[i]) &&
		    (!basis.exists || farther < 0 ||
		     (!farther && is_nearer(cell->heap_bytes, basis.heap_bytes,
					    query->heap_bytes))))
			basis = (struct evidence_basis){ true, cell->heap_bytes,
							 cell->overcommit };
	}
	return basis;
}

static struct evidence find_evidence(const struct summary *rows,
				     size_t row_count,
				     const struct evidence_basis *basis,
				     const char *strategy)
{
	struct evidence evidence = { .observed = OUTCOME_UNKNOWN,
				     .quiet_ns = NAN,
				     .p95_ns = NAN };

	for (size_t i = 0; i < row_count; i++) {
		const struct summary *row = &rows[i];

		if (!is_measured(row) || strcmp(row->cell.strategy, strategy) ||
		    row->cell.heap_bytes != basis->heap_bytes ||
		    row->cell.overcommit != basis->overcommit)
			continue;
		if (evidence.observed <= 0) {
			evidence.observed = row->observed;
			evidence.ok = row->ok;
			evidence.failed = row->failed;
		}
		/* fmax() prefers a number to NAN. */
		evidence.quiet_ns = fmax(evidence.quiet_ns, row->quiet_ns);
		evidence.p95_ns = fmax(evidence.p95_ns, row->p95_ns);
	}
	return evidence;
}

/* What is known of one candidate; excluded says why it is out, or is "". */
struct standing {
	const struct choice_candidate *candidate;
	struct evidence evidence;
	char excluded[CHOICE_REASON_BYTES / 2];
};

#define EXCLUDE(standing, ...)                                                 \
	snprintf((standing)->excluded, sizeof(standing)->excluded, __VA_ARGS__)

static void check_traits(struct standing *standing)
{
	const unsigned traits = standing->candidate->traits;

	if (traits & SW_CREATES_NOTHING)
		EXCLUDE(standing, "it creates nothing");
	else if (traits & SW_BASELINE)
		EXCLUDE(standing, "a baseline, measured for comparison only");
	else if (traits & SW_EXPERIMENTAL)
		EXCLUDE(standing, "it is experimental");
}

/* A few failures are told apart from a refusal: programs that shared the
 * machine for a moment can have caused them. */
static void exclude_failing(struct standing *standing, const char *heap,
			    int overcommit)
{
	const struct evidence *evidence = &standing->evidence;
	const char *error = errname(evidence->observed);

	if (evidence->ok)
		EXCLUDE(standing,
			"failed %d of %d times with %s at %s in mode %d",
			evidence->failed, evidence->ok + evidence->failed,
			error, heap, overcommit);
	else
		EXCLUDE(standing, "failed with %s at %s in mode %d", error,
			heap, overcommit);
}

static void check_outcomes(struct standing *standing,
			   const struct choice_query *query,
			   const struct evidence_basis *basis)
{
	bool seen = basis->overcommit == query->overcommit &&
		    basis->heap_bytes >= query->heap_bytes;
	const struct evidence *evidence = &standing->evidence;
	int predicted = standing->candidate->predicted;
	const struct units_text asked = size_exact(query->heap_bytes),
				heap = size_exact(basis->heap_bytes);

	if (predicted > 0)
		EXCLUDE(standing, "predicted to fail with %s at %s in mode %d",
			errname(predicted), asked.text, query->overcommit);
	else if (evidence->observed > 0)
		exclude_failing(standing, heap.text, basis->overcommit);
	else if (evidence->observed || isnan(evidence->quiet_ns))
		EXCLUDE(standing, "not measured at %s in mode %d", heap.text,
			basis->overcommit);
	else if (!seen && predicted)
		EXCLUDE(standing,
			"not measured at %s in mode %d, nor predicted",
			asked.text, query->overcommit);
}

/* Whether a ranks before b. */
static bool is_better(enum choice_policy policy, const struct standing *a,
		      const struct standing *b)
{
	int more = choice_demands(a->candidate->traits) -
		   choice_demands(b->candidate->traits);

	if (policy == CHOICE_FAST)
		return a->evidence.quiet_ns < b->evidence.quiet_ns;
	return more ? more < 0 : a->evidence.p95_ns < b->evidence.p95_ns;
}

/* NULL when all are excluded. */
static const struct standing *find_best(enum choice_policy policy,
					const struct standing *standings,
					size_t count)
{
	const struct standing *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (!*standings[i].excluded &&
		    (!best || is_better(policy, &standings[i], best)))
			best = &standings[i];
	return best;
}

static void say_basis(struct choice *choice, const struct choice_query *query,
		      const struct evidence_basis *basis)
{
	const struct units_text asked = size_exact(query->heap_bytes),
				heap = size_exact(basis->heap_bytes);

	if (basis->heap_bytes != query->heap_bytes)
		say(choice, "heap %s was not measured: timings are of %s, %s",
		    asked.text, heap.text,
		    basis->heap_bytes > query->heap_bytes
			    ? "the nearest above"
			    : "the largest measured");
	if (basis->overcommit != query->overcommit)
		say(choice,
		    "mode %d was not measured: timings are of mode %d, "
		    "whether it works is predicted",
		    query->overcommit, basis->overcommit);
}

static void say_standing(struct choice *choice, enum choice_policy policy,
			 const struct standing *standing, bool best)
{
	const char *name = standing->candidate->name;
	const struct evidence *evidence = &standing->evidence;
	const struct units_text quiet = duration_human(evidence->quiet_ns),
				p95 = duration_human(evidence->p95_ns);

	if (*standing->excluded)
		say(choice, "%s: %s", name, standing->excluded);
	else if (best && policy == CHOICE_FAST)
		say(choice, "%s: has the lowest reap, %s when quiet (p95 %s)",
		    name, quiet.text, p95.text);
	else
		say(choice, "%s: %s (demands: %d), reap %s when quiet, p95 %s",
		    name, best ? "asks least of the caller" : "works too",
		    choice_demands(standing->candidate->traits), quiet.text,
		    p95.text);
}

static void explain(struct choice *choice, const struct choice_query *query,
		    const struct evidence_basis *basis,
		    const struct standing *standings, size_t count)
{
	const struct standing *best =
		find_best(query->policy, standings, count);
	const struct units_text heap = size_exact(query->heap_bytes);

	choice->name = best ? best->candidate->name : NULL;
	if (best)
		say_standing(choice, query->policy, best, true);
	else
		say(choice, "no strategy is known to work at %s in mode %d",
		    heap.text, query->overcommit);
	if (!basis->exists) {
		say(choice, "the run has no measured cell");
		return;
	}
	say_basis(choice, query, basis);
	for (size_t i = 0; i < count; i++)
		if (&standings[i] != best)
			say_standing(choice, query->policy, &standings[i],
				     false);
}

int choose(const struct choice_query *query, const struct summary *rows,
	   size_t row_count, const struct choice_candidate *candidates,
	   size_t candidate_count, struct choice *choice)
{
	const struct evidence_basis basis = find_basis(rows, row_count, query);
	struct standing *standings =
		calloc(candidate_count + 1, sizeof *standings);

	/* One line each, and up to two on what the timings rest on. */
	*choice = (struct choice){
		.reasons = calloc(candidate_count + 3, CHOICE_REASON_BYTES),
	};
	if (!standings || !choice->reasons) {
		free(standings);
		choice_release(choice);
		return -ENOMEM;
	}
	for (size_t i = 0; i < candidate_count; i++) {
		standings[i].candidate = &candidates[i];
		standings[i].evidence = find_evidence(rows, row_count, &basis,
						      candidates[i].name);
		check_traits(&standings[i]);
		if (!*standings[i].excluded)
			check_outcomes(&standings[i], query, &basis);
	}
	explain(choice, query, &basis, standings, candidate_count);
	free(standings);
	return 0;
}

void choice_release(struct choice *choice)
{
	free(choice->reasons);
	*choice = (struct choice){ 0 };
}
