/* SPDX-License-Identifier: MIT */
/*
 * victim: parent or child, who is killed when their group is full?
 *
 * For each strategy: a parent whose fork needs more page tables than there is
 * room; a child that grows, larger and smaller than its parent; and the same
 * with an oom_score_adj of its own.
 */

#include <errno.h>

#include "bench/labs/labs.h"
#include "bench/labs/report.h"
#include "bench/labs/victim.h"
#include "bench/show/progress.h"
#include "bench/show/table.h"
#include "lib/spawnwise.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define LIMIT_BYTES (320 * MIB)
#define CASE_S 1.0 /* about, for the progress */

static const struct victim_case cases[] = {
	{ "page_tables", "256 MiB of heap, 192 KiB of room", 256 * MIB,
	  192 * KIB, VICTIM_PARENT_ADJ },
	{ "child_larger", "64 MiB of heap, the child grows", 64 * MIB, 0,
	  VICTIM_PARENT_ADJ },
	{ "parent_larger", "224 MiB of heap, the child grows", 224 * MIB, 0,
	  VICTIM_PARENT_ADJ },
	{ "child_first", "the same, the child has oom_score_adj 1000",
	  224 * MIB, 0, 1000 },
};
#define CASE_COUNT (sizeof cases / sizeof *cases)

#define AT(member) offsetof(struct victim_outcome, member)

static const struct row_field fields[] = {
	FIELD("strategy", TEXT, AT(strategy), "how the child was created"),
	FIELD("case", TEXT, AT(one.name),
	      "`page_tables`: the copy of the parent's page tables does not "
	      "fit; `child_larger`, `parent_larger`: the child grows until the "
	      "group is full; `child_first`: the same with an oom_score_adj of "
	      "its own"),
	FIELD("heap_bytes", BYTES, AT(one.heap_bytes),
	      "heap of the parent, all written"),
	FIELD("limit_bytes", BYTES, AT(limit_bytes), "limit of the group"),
	FIELD("room_bytes", BYTES, AT(room_bytes),
	      "what the group had left before the spawn"),
	FIELD("page_table_bytes", BYTES, AT(page_table_bytes),
	      "VmPTE of the parent"),
	FIELD("parent_oom_score_adj", NUMBER, AT(parent_adj)),
	FIELD("child_oom_score_adj", NUMBER, AT(one.child_adj), "as set"),
	FIELD("predicted", CHOICE, AT(predicted), NULL, victim_names),
	FIELD("observed", CHOICE, AT(observed),
	      "who was killed first: `nobody`, `parent`, `child`; `refused`: "
	      "the strategy cannot set oom_score_adj",
	      victim_names),
	FIELD("agrees", YES, AT(agrees), "`yes`, `no`"),
	FIELD("oom_kill", BYTES, AT(kills),
	      "by how much the group's counter grew"),
	{ 0 },
};

static const struct row_type type = { "victim.csv", { { .fields = fields } } };

/* Whether it creates a child of which we know more than its end. */
static bool takes_part(const struct sw_strategy *strategy)
{
	return !(strategy->traits & (SW_CREATES_NOTHING | SW_BASELINE));
}

/* How many of its predictions were wrong. */
struct score {
	size_t cells;
	size_t wrong;
};

static int try_strategy(struct lab_context *context, struct table *table,
			struct progress *progress,
			const struct sw_strategy *strategy, struct score *score)
{
	table_cell(table, "%s", strategy->name);
	for (size_t i = 0; i < CASE_COUNT; i++) {
		struct victim_outcome row = {
			.strategy = strategy->name,
			.one = cases[i],
			.parent_adj = VICTIM_PARENT_ADJ,
		};
		int error;

		progress_note(progress, "%s, %s", strategy->name,
			      cases[i].name);
		error = victim_try(context, strategy, &cases[i], LIMIT_BYTES,
				   &row);
		progress_step(progress, CASE_S);
		row.agrees = row.predicted == row.observed;
		if (!error)
			error = row_put(&context->csv, &type, NULL, &row);
		if (error)
			return error;
		score->cells++;
		score->wrong += !row.agrees;
		table_cell(table, "%s%s", victim_names[row.observed],
			   row.agrees ? "" : "!");
	}
	table_row(table, TABLE_PLAIN);
	return 0;
}

static void tell_cases(struct lab_context *context)
{
	lab_tell(context,
		 "A parent and its child in a memory control group that is "
		 "full: whom does the kernel kill? A column each:");
	for (size_t i = 0; i < CASE_COUNT; i++)
		fprintf(context->text, "  %-14s %s\n", cases[i].name,
			cases[i].what);
	fputc('\n', context->text);
}

static void tell_lessons(struct lab_context *context, const struct score *score)
{
	context->skipped += score->wrong; /* the status tells of it */
	if (score->wrong)
		lab_tell(context,
			 "%zu of %zu were predicted otherwise (marked !).",
			 score->wrong, score->cells);
	else
		lab_tell(context, "All %zu were predicted.", score->cells);
	lab_tell(context,
		 "page_tables: fork copies the page tables of the heap, and "
		 "they are charged to the group before there is a child. "
		 "Where they do not fit, the *parent* is killed, without a "
		 "write to any page; ways that share memory copy none.");
	lab_tell(context,
		 "child_larger, parent_larger: badness is resident memory, "
		 "swap and page tables; the larger one dies, and that is the "
		 "parent as often as not. child_first: with oom_score_adj "
		 "raised the child dies first. Who cannot ask for it "
		 "(refused) can let the program set its own, by a wrapper "
		 "such as choom(1).");
}

static int run(struct lab_context *context)
{
	struct score score = { 0 };
	struct progress progress;
	struct table table;
	size_t count = 0;
	int error = 0;

	for (size_t i = 0; sw_strategies[i]; i++)
		count += takes_part(sw_strategies[i]);
	progress_begin(&progress, stderr,
		       (double)(count * CASE_COUNT) * CASE_S);

	table_init(&table, "lllll");
	table_cell(&table, "strategy");
	for (size_t i = 0; i < CASE_COUNT; i++)
		table_cell(&table, "%s", cases[i].name);
	table_row(&table, TABLE_STRONG);
	for (size_t i = 0; sw_strategies[i] && !error; i++)
		if (takes_part(sw_strategies[i]))
			error = try_strategy(context, &table, &progress,
					     sw_strategies[i], &score);
	progress_end(&progress);
	if (!error) {
		tell_cases(context);
		error = lab_tell_table(context, &table);
		tell_lessons(context, &score);
	}
	table_release(&table);
	return error;
}

extern const struct lab lab_victim;

const struct lab lab_victim = {
	.name = "victim",
	.summary = "who is killed when memory runs out, parent or child",
	.row = &type,
	.run = run,
};
