/* SPDX-License-Identifier: MIT */
/*
 * From axes to cells, and how long that will take.
 *
 * The cost model is a rule of thumb for the plan and the progress line; it
 * decides how many samples a block takes, never a result. Longer
 * than other files: product, sizes and times are of one matrix.
 */

#include "bench/measure/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GIB ((double)(1 << 30))
#define SPAWN_NS 1e5	    /* any spawn, its exec and its reaping */
#define SHELL_NS 6e5	    /* the same through a shell */
#define COPY_NS_PER_GIB 4e7 /* both ends of copied page tables */
#define POPULATE_S_PER_GIB 0.4
#define EXIT_S_PER_GIB 0.07
#define FD_NS 60	   /* copied and closed */
#define VMA_NS 1600	   /* the same */
#define PARENT_S 0.02	   /* start, open, verify, report */
#define BLOCK_S 0.004	   /* reference and change of mode */
#define COPYING_CELL_S 2.4 /* what a cell that copies tables may take */

static double spawn_cost_ns(const struct sw_strategy *strategy,
			    const struct state *state)
{
	if (strategy->traits & SW_CREATES_NOTHING)
		return 100;
	if (strategy->traits & SW_BASELINE)
		return SHELL_NS;
	if (!(strategy->traits & SW_COPIES_PAGE_TABLES))
		return SPAWN_NS + FD_NS * state->cell.fds;
	return 2 * SPAWN_NS + FD_NS * state->cell.fds +
	       VMA_NS * state->cell.vmas +
	       COPY_NS_PER_GIB * state->backing->fork_share *
		       (double)state->cell.heap_bytes / GIB;
}

static int at_least_per_parent(int samples, int parents)
{
	return (samples + parents - 1) / parents;
}

/* share: 1 takes as many samples as are useful, 0 as few as are allowed. */
static void size_block(struct plan *plan, const struct state *state,
		       size_t cell, double share)
{
	const struct sw_strategy *strategy = plan->strategies[cell];
	const bool copies = strategy->traits & SW_COPIES_PAGE_TABLES;
	struct block_size *block = &plan->blocks[cell];
	int least = at_least_per_parent(
		copies ? COPYING_SAMPLES : SHARING_SAMPLES, state->parents);
	int most = at_least_per_parent(USEFUL_SAMPLES, state->parents);

	block->cost_ns = spawn_cost_ns(strategy, state);
	if (copies &&
	    state->parents * most * block->cost_ns > COPYING_CELL_S * 1e9)
		most = (int)(COPYING_CELL_S * 1e9 / block->cost_ns /
			     state->parents);
	if (most < least)
		most = least;
	block->samples = least + (int)(share * (most - least));
	block->warmups = block->cost_ns > 1e6 ? 1 : 5;
}

static void size_blocks(struct plan *plan, double share)
{
	for (size_t i = 0; i < plan->state_count; i++) {
		const struct state *state = &plan->states[i];

		for (size_t k = 0; k < state->cell_count; k++)
			size_block(plan, state, state->first_cell + k, share);
	}
}

/* Whether a parent differs from the first values in one axis at most. */
static bool varies_once(const struct axes *axes, const struct cell *cell)
{
	const struct row_field *axis;
	int others = 0;

	for (size_t i = 0; (axis = axis_at(i)); i++) {
		const enum axis_kind kind = axis->axis->kind;
		struct cell first = *cell;

		axis_set(axis, &first, axes->values[i].values[0]);
		others += kind != AXIS_GROUP && kind != AXIS_SETTING &&
			  axis_compare(axis, &first, cell);
	}
	return others < 2;
}

static bool is_wanted(const struct axes *axes, const struct cell *cell)
{
	if (axes->one && !varies_once(axes, cell))
		return false;
	return !axes->filter ||
	       !regexec(axes->filter, axes_name(cell, ':').text, 0, NULL, 0) !=
		       axes->unlike;
}

static void add_cells(struct plan *plan, const struct cell *like)
{
	for (size_t i = 0; i < plan->axes.strategy_count; i++) {
		const size_t id = plan->cell_count;
		const struct sw_strategy *strategy = plan->axes.strategies[i];
		const unsigned traits = strategy->traits;
		struct cell *cell = &plan->cells[id];

		plan->strategies[id] = strategy;
		*cell = *like;
		cell->id = (int)id;
		cell->strategy = strategy->name;
		cell->creates_nothing = !!(traits & SW_CREATES_NOTHING);
		cell->baseline = !!(traits & SW_BASELINE);
		cell->copies_page_tables = !!(traits & SW_COPIES_PAGE_TABLES);
		plan->cell_count += is_wanted(&plan->axes, cell);
	}
}

static void multiply(struct plan *plan, size_t number, bool settings,
		     struct cell *cell);

/* All settings of the machine in one state of a parent. */
static void add_state(struct plan *plan, struct cell *cell)
{
	struct state *state = &plan->states[plan->state_count];

	*state = (struct state){ .backing = backing_find(cell->backing),
				 .first_cell = plan->cell_count };
	multiply(plan, 0, true, cell);
	state->cell = plan->cells[state->first_cell];
	state->cell_count = plan->cell_count - state->first_cell;
	plan->state_count += state->cell_count > 0;
}

/* The product of the axes from this number on: of the settings of the machine,
 * or of the others; the first axis is the slowest. */
static void multiply(struct plan *plan, size_t number, bool settings,
		     struct cell *cell)
{
	const struct row_field *axis = axis_at(number);
	const struct value_list *list = &plan->axes.values[number];

	if (!axis && settings)
		add_cells(plan, cell);
	else if (!axis)
		add_state(plan, cell);
	else if ((axis->axis->kind == AXIS_SETTING) != settings)
		multiply(plan, number + 1, settings, cell);
	else
		for (size_t i = 0; i < list->count; i++) {
			axis_set(axis, cell, list->values[i]);
			multiply(plan, number + 1, settings, cell);
		}
}

static int allocate(struct plan *plan)
{
	const struct row_field *axis;
	size_t cells = plan->axes.strategy_count;

	for (size_t i = 0; (axis = axis_at(i)); i++) {
		struct value_list *list = &plan->axes.values[i];

		if (!list->count)
			list->values[list->count++] = axis_default(axis);
		cells *= list->count;
	}
	plan->states = calloc(cells, sizeof *plan->states);
	plan->cells = calloc(cells, sizeof *plan->cells);
	plan->blocks = calloc(cells, sizeof *plan->blocks);
	plan->strategies = calloc(cells, sizeof *plan->strategies);
	if (plan->states && plan->cells && plan->blocks && plan->strategies)
		return 0;
	plan_release(plan);
	return -ENOMEM;
}

/* Those without a cell are neither opened nor attested. */
static void drop_strategies(struct plan *plan)
{
	struct axes *axes = &plan->axes;
	size_t kept = 0;

	for (size_t i = 0; i < axes->strategy_count; i++) {
		size_t cell = 0;

		while (cell < plan->cell_count &&
		       plan->strategies[cell] != axes->strategies[i])
			cell++;
		axes->strategies[kept] = axes->strategies[i];
		kept += cell < plan->cell_count;
	}
	axes->strategy_count = kept;
}

static double life_seconds(const struct state *state)
{
	// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): add_state()
	const bool populated = state->backing->populate;
	const double gib = populated ? state->cell.heap_bytes / GIB : 0;

	return PARENT_S + gib * (POPULATE_S_PER_GIB + EXIT_S_PER_GIB);
}

/* At small heaps many processes with few spawns each say most. */
static void share_parents(struct plan *plan)
{
	for (size_t i = 0; i < plan->state_count; i++) {
		struct state *state = &plan->states[i];
		const bool large = life_seconds(state) > 1 && !plan->exactly &&
				   plan->parents > PARENTS_LARGE;

		state->parents = large ? PARENTS_LARGE : plan->parents;
	}
}

int plan_build(struct plan *plan)
{
	struct cell cell = { 0 };
	double share = plan->least ? 0 : 1;

	if (allocate(plan))
		return -ENOMEM;
	multiply(plan, 0, false, &cell);
	plan->axes.filter = NULL;
	drop_strategies(plan);
	if (!plan->cell_count) {
		plan_release(plan);
		return -ENOENT;
	}
	share_parents(plan);
	size_blocks(plan, share);
	while (plan->budget_s > 0 && plan_seconds(plan) > plan->budget_s) {
		if (share <= 0)
			return -ETIME;
		share -= 0.05;
		size_blocks(plan, share > 0 ? share : 0);
	}
	return 0;
}

void plan_release(struct plan *plan)
{
	free(plan->states);
	free(plan->cells);
	free(plan->blocks);
	free(plan->strategies);
	*plan = (struct plan){ 0 };
}

size_t plan_strategy(const struct plan *plan, size_t cell)
{
	size_t i = 0;

	while (plan->axes.strategies[i] != plan->strategies[cell])
		i++;
	return i;
}

/* How often a block starts the child's program. */
static double block_children(const struct plan *plan, size_t cell)
{
	const struct block_size *block = &plan->blocks[cell];
	const bool none = plan->strategies[cell]->traits & SW_CREATES_NOTHING;

	return REFERENCE_SPAWNS + (none ? 0 : block->samples + block->warmups);
}

double plan_block_seconds(const struct plan *plan, size_t cell)
{
	const struct block_size *block = &plan->blocks[cell];
	const double spawns = block->samples + block->warmups;

	return BLOCK_S + (spawns * block->cost_ns +
			  block_children(plan, cell) * plan->child_ns) /
				 1e9;
}

double plan_parent_seconds(const struct plan *plan, const struct state *state,
			   const size_t *order, size_t count)
{
	double seconds = life_seconds(state);

	for (size_t k = 0; k < count; k++)
		seconds +=
			plan_block_seconds(plan, state->first_cell + order[k]);
	return seconds;
}

/* Add up something of all blocks, as often as they are measured. */
static double sum_blocks(const struct plan *plan,
			 double (*of_block)(const struct plan *, size_t))
{
	double sum = 0;

	for (size_t i = 0; i < plan->state_count; i++) {
		const struct state *state = &plan->states[i];

		for (size_t k = 0; k < state->cell_count; k++)
			sum += state->parents *
			       of_block(plan, state->first_cell + k);
	}
	return sum;
}

double plan_seconds(const struct plan *plan)
{
	double seconds = sum_blocks(plan, plan_block_seconds);

	for (size_t i = 0; i < plan->state_count; i++)
		seconds += plan->states[i].parents *
			   life_seconds(&plan->states[i]);
	return seconds;
}

size_t plan_processes(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->state_count; i++)
		count += (size_t)plan->states[i].parents;
	return count;
}

static double block_samples(const struct plan *plan, size_t cell)
{
	return plan->blocks[cell].samples;
}

size_t plan_samples(const struct plan *plan)
{
	return (size_t)sum_blocks(plan, block_samples);
}

double plan_child_ns(const struct plan *plan)
{
	return plan->child_ns - (plan_seconds(plan) - plan->budget_s) * 1e9 /
					sum_blocks(plan, block_children);
}

static double foreign_windows(const struct plan *plan, size_t cell)
{
	return plan->cells[cell].overcommit != plan->original_mode;
}

static double foreign_seconds(const struct plan *plan, size_t cell)
{
	return foreign_windows(plan, cell) * plan_block_seconds(plan, cell);
}

double plan_foreign_seconds(const struct plan *plan, size_t *windows)
{
	*windows = (size_t)sum_blocks(plan, foreign_windows);
	return sum_blocks(plan, foreign_seconds);
}

uint64_t plan_peak_bytes(const struct plan *plan)
{
	uint64_t peak = 0;

	for (size_t i = 0; i < plan->state_count; i++)
		if (plan->states[i].backing->populate &&
		    plan->states[i].cell.heap_bytes > peak)
			peak = plan->states[i].cell.heap_bytes;
	return peak;
}

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators, 2014): small, and the same everywhere. */
static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void plan_shuffle(uint64_t *seed, size_t *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (size_t i = count; i > 1; i--) {
		size_t k = (size_t)(next_random(seed) % i);
		size_t swap = order[i - 1];

		order[i - 1] = order[k];
		order[k] = swap;
	}
}
