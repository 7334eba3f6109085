/* SPDX-License-Identifier: MIT */
/*
 * frontier: the largest heap from which each strategy still spawns.
 *
 * Found by bisection on memory that is mapped and never touched, and held
 * against what the rules of bench/judge/predict.c say. Two VMAs are tried only
 * where the rules make a difference: where a copy is judged by each of them.
 *
 * Longer than other files: a lab is one file.
 */

#include <string.h>

#include "bench/labs/frontier_find.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"
#include "lib/spawnwise.h"

static const struct frontier_case cases[] = { { .vmas = 1 }, { .vmas = 2 } };

#define TRIES 3 /* of one that is disturbed */

#define AT(member) offsetof(struct frontier, member)

static const char *const stages[] = { NULL, "map", "spawn" };

static const struct row_field fields[] = {
	FIELD("strategy", TEXT, AT(trial.strategy_name)),
	FIELD("overcommit", COUNT, AT(trial.mode),
	      "what spawned in which mode"),
	FIELD("vmas", COUNT, AT(vmas),
	      "mappings that the heap consists of, of equal size: 1, or 2 that "
	      "cannot merge"),
	FIELD("lower_bytes", BYTES, AT(lower_bytes),
	      "the largest heap with which a spawn worked"),
	FIELD("upper_bytes", LIMIT, AT(upper_bytes),
	      "the smallest that was refused; empty: none was, the heap "
	      "reached the end of `room_bytes`"),
	FIELD("predicted_bytes", BYTES, AT(predicted_bytes),
	      "the frontier by the rules of mm/util.c"),
	FIELD("exact", YES, AT(exact),
	      "`yes`: the two are at most 64 KiB apart, or nothing was "
	      "refused; `no`: what lies between was not tried, it would have "
	      "left too little to other programs (`--alone` tries it)"),
	FIELD("agrees", YES, AT(trial.agrees),
	      "`yes`: the prediction is within 1 % of the two (or of the one) "
	      "or between them, in mode 2 within `slack_bytes` if that is "
	      "more; else `no`"),
	FIELD("stage", CHOICE, AT(stage),
	      "what was refused at `upper_bytes`: `map`, the heap itself, or "
	      "`spawn`; empty: nothing",
	      stages),
	FIELD("errno", ERRNO, AT(refused), "by which error; empty: by none"),
	FIELD("stopped_by", TEXT, AT(stopped_by),
	      "the limit by the rules: `ram_and_swap`: of one request in mode "
	      "0; `commit_limit`; `rlimit_as`: RLIMIT_AS; `rlimit_data`: "
	      "RLIMIT_DATA; `address_space`"),
	FIELD("probes", COUNT, AT(probes), "heaps that were tried"),
	FIELD("ram_bytes", BYTES, AT(facts.ram_bytes)),
	FIELD("swap_bytes", BYTES, AT(facts.swap_bytes)),
	FIELD("commit_limit_bytes", BYTES, AT(facts.commit_limit_bytes),
	      "MemTotal, SwapTotal, CommitLimit"),
	FIELD("left_bytes", BYTES, AT(left_bytes),
	      "what mode 2 would still grant this process: CommitLimit less "
	      "Committed_AS and what the kernel keeps for root and for small "
	      "processes"),
	FIELD("room_bytes", BYTES, AT(room.bytes),
	      "the largest run of free addresses, or what RLIMIT_AS or "
	      "RLIMIT_DATA leaves; in mode 2 no more than CommitLimit and the "
	      "slack"),
	FIELD("slack_bytes", BYTES, AT(slack_bytes),
	      "by how much the kernel's own count of commits may be wrong in "
	      "mode 2"),
	FIELD("accountable_bytes", BYTES, AT(facts.accountable_bytes),
	      "what a copy of the parent asks for without a heap"),
	{ 0 },
};

static const struct row_field words[] = {
	FIELD("bound", TEXT, AT(stopped_by), NULL, bound_phrases),
	FIELD("upper", LINE, AT(upper)),
	FIELD("upto", LINE, AT(upto)),
	FIELD("two_bytes", BYTES, AT(two_bytes)),
	FIELD("two_why", TEXT, AT(two_why), NULL, bound_phrases),
	FIELD("disturbed", LINE, AT(disturbed)),
	FIELD("moved_bytes", BYTES, AT(moved_bytes)),
	{ 0 },
};

static bool is_copied(const struct trial *trial)
{
	return trial->strategy->traits & SW_CHARGES_COMMIT;
}

static int prepare(void *row)
{
	struct frontier *frontier = row;
	const struct trial *trial = row;

	frontier->vmas = ((const struct frontier_case *)trial->one)->vmas;
	return frontier->vmas == 1 || (trial->mode == 0 && is_copied(trial))
		       ? spawner_open(row)
		       : LAB_LEAVE_OUT;
}

/* Others' commits moved by more than the kernel's counter may be wrong by: then
 * prediction and outcome are of different machines. */
static bool is_disturbed(const struct frontier *frontier)
{
	return frontier->trial.mode == 2 &&
	       frontier->moved_bytes > predict_slack(&frontier->facts);
}

/* Whether it lies where it was predicted: within 1 %, in mode 2 within the
 * slack of the kernel's counter if that is more; where we held back, whether
 * the prediction lies between what worked and what was refused. */
static bool agrees(const struct frontier *frontier)
{
	const uint64_t predicted_bytes = frontier->predicted_bytes;
	const uint64_t upper_bytes =
		frontier->upper_bytes ?: frontier->lower_bytes;
	const uint64_t spare_bytes =
		larger(predicted_bytes / 100,
		       frontier->trial.mode == 2 ? frontier->slack_bytes : 0);

	return frontier->lower_bytes <= predicted_bytes + spare_bytes &&
	       upper_bytes + spare_bytes >= predicted_bytes;
}

static int judge(void *row)
{
	struct frontier *frontier = row;

	if (is_disturbed(frontier) && frontier->trial.tries < TRIES)
		return LAB_TRY_AGAIN;
	frontier->stopped_by = frontier->predicted_bytes == frontier->room.bytes
				       ? frontier->room.ends
			       : frontier->trial.mode == 0 ? "ram_and_swap"
							   : "commit_limit";
	frontier->left_bytes = predict_left(&frontier->facts);
	frontier->slack_bytes = predict_slack(&frontier->facts);
	frontier->trial.agrees = agrees(frontier);
	snprintf(frontier->upper, sizeof frontier->upper, "%s",
		 !frontier->upper_bytes ? "nothing"
		 : frontier->exact	? "just above"
				   : size_human(frontier->upper_bytes).text);
	return 0;
}

static bool is_stopped_by(const struct frontier *frontier, const char *word)
{
	return !strcmp(frontier->stopped_by, word);
}

/* Parents differ in size, by their strategy: one does not speak for all that
 * ended likewise. The smallest of them tells of the largest. */
static void find_range(const struct lab_context *context,
		       struct frontier *least)
{
	const struct frontier *other, *most = least;

	for (size_t i = 0; (other = lab_row(context, i)); i++) {
		if (other->trial.skipped[0] || other->vmas != least->vmas ||
		    other->trial.mode != least->trial.mode ||
		    !is_stopped_by(other, least->stopped_by))
			continue;
		if (other->lower_bytes < least->lower_bytes)
			return;
		if (other->lower_bytes > most->lower_bytes)
			most = other;
	}
	least->least = true;
	if (most->lower_bytes - least->lower_bytes > most->lower_bytes / 100)
		snprintf(least->upto, sizeof least->upto, " to %s",
			 size_human(most->lower_bytes).text);
}

/* The same strategy's frontier with two VMAs. */
static void find_two(const struct lab_context *context,
		     struct frontier *frontier)
{
	const struct frontier *two;

	for (size_t i = 0; (two = lab_row(context, i)); i++) {
		if (two->vmas != 2 || !two->trial.agrees ||
		    two->trial.strategy != frontier->trial.strategy)
			continue;
		frontier->two_bytes = two->lower_bytes;
		frontier->two_why =
			is_stopped_by(two, "ram_and_swap")
				? "because each is a request of its own"
				: two->stopped_by;
	}
}

static void find_disturbed(const struct lab_context *context)
{
	struct frontier *frontier, *most = NULL;
	int count = 0;

	for (size_t i = 0; (frontier = lab_row(context, i)); i++) {
		if (frontier->trial.skipped[0] || !is_disturbed(frontier))
			continue;
		count++;
		if (!most || frontier->moved_bytes > most->moved_bytes)
			most = frontier;
	}
	if (most)
		snprintf(most->disturbed, sizeof most->disturbed, "%d %s",
			 count, count == 1 ? "row" : "rows");
}

static void sum(struct lab_context *context)
{
	struct frontier *frontier;

	find_disturbed(context);
	for (size_t i = 0; (frontier = lab_row(context, i)); i++) {
		if (frontier->trial.skipped[0])
			continue;
		find_range(context, frontier);
		if (frontier->trial.mode == 0 && frontier->vmas == 1)
			find_two(context, frontier);
	}
}

static const struct lab_column columns[] = {
	{ "strategy", 'l', "{strategy}" },
	{ "VMAs", 'r', "{vmas}" },
	{ "works", 'r', "{lower_bytes}" },
	{ "refused", 'r', "{upper}" },
	{ "predicted", 'r', "{predicted_bytes}" },
	{ "agrees", 'l', "{agrees}" },
	{ "stopped by", 'l', "{stopped_by}" },
	{ 0 },
};

/* A row that does not agree teaches nothing of the rules. */
static bool is_proof(const struct frontier *frontier, int mode)
{
	return frontier->trial.mode == mode && frontier->vmas == 1 &&
	       frontier->trial.agrees;
}

LESSON_WHEN(frontier, is_most_disturbed, row->disturbed[0])
LESSON_WHEN(frontier, ends_in_mode_0,
	    is_proof(row, 0) && row->least && bound_is_own(row->stopped_by))
LESSON_WHEN(frontier, is_copied_in_mode_0,
	    is_proof(row, 0) && row->two_bytes &&
		    is_stopped_by(row, "ram_and_swap"))
LESSON_WHEN(frontier, ends_in_mode_1,
	    is_proof(row, 1) && row->least && bound_is_own(row->stopped_by))
LESSON_WHEN(frontier, is_never_refused,
	    is_proof(row, 1) && !bound_is_own(row->stopped_by))
LESSON_WHEN(frontier, ends_in_mode_2,
	    is_proof(row, 2) && row->least &&
		    !is_stopped_by(row, "commit_limit"))
LESSON_WHEN(frontier, is_copied_in_mode_2,
	    is_proof(row, 2) && is_copied(&row->trial) &&
		    is_stopped_by(row, "commit_limit"))
LESSON_WHEN(frontier, is_shared_in_mode_2,
	    is_proof(row, 2) && !is_copied(&row->trial) &&
		    is_stopped_by(row, "commit_limit"))
LESSON_WHEN(frontier, is_held_back, is_proof(row, 2) && !row->exact)

#define ENDED                                                                  \
	"Mode {mode}: the heap itself ended at {lower_bytes}{upto}, by "       \
	"{bound}, before the mode refused anything."

static const struct lesson lessons[] = {
	{ is_most_disturbed,
	  "In mode 2 other programs' commits moved between prediction and "
	  "outcome of {disturbed}, by up to {moved_bytes} ({strategy}), each "
	  "of the 3 times that was tried: that proves nothing. Run it again "
	  "where nothing else begins or ends meanwhile." },
	{ ends_in_mode_0, ENDED },
	{ is_copied_in_mode_0,
	  "Mode 0: a parent whose heap is one VMA can be copied (fork(2)) up "
	  "to {lower_bytes}, which is RAM and swap together, free or not; as "
	  "two VMAs that do not merge up to {two_bytes}, {two_why}. That a "
	  "copy needs as much free memory as the parent has is no longer so "
	  "(since Linux 5.2)." },
	{ ends_in_mode_1, ENDED },
	{ is_never_refused, "Mode 1: a request is refused only where no "
			    "addresses are left for it." },
	{ ends_in_mode_2, ENDED },
	{ is_copied_in_mode_2,
	  "Mode 2: {left_bytes} were left below CommitLimit for this process. "
	  "A parent that is copied can have half of it, because the copy asks "
	  "for as much again." },
	{ is_shared_in_mode_2,
	  "Mode 2: a parent that is not copied can have all of the "
	  "{left_bytes} that were left for it: CommitLimit stops the heap, not "
	  "the spawn." },
	{ is_held_back,
	  "In mode 2 only what leaves enough to other programs was tried, or "
	  "what was sure to be refused: the frontier lies between the two "
	  "sizes. On a machine that nobody else uses, --alone finds it." },
	{ 0 },
};

_Static_assert(TRIES == 3, "a lesson says so");

static const struct lab_part part = {
	.row_bytes = sizeof(struct frontier),
	.doing = "find the largest heap in overcommit mode {mode}",
	.strategies = true,
	LAB_CASES(cases),
	.prepare = prepare,
	.act = frontier_find,
	.after = judge,
	.limit_ms = 60000,
	.words = words,
	.sum = sum,
	.intro = "From how large a heap can a program still be started? Each "
		 "strategy had a parent of its own, whose heap grew and "
		 "shrank by bisection and was never touched.",
	.columns = columns,
	.table_per_mode = true,
	.all = "{agreed} of {tried} frontiers lie where they were predicted, "
	       "within 1 % or what the kernel's counter may be wrong by.",
	.none = "No frontier was measured.",
	.lessons = lessons,
};

const struct lab lab_frontier = {
	.name = "frontier",
	.place = 5,
	.summary = "the largest heap from which each strategy still spawns",
	.row = &(const struct row_type)ROW_TYPE("frontier.csv", fields),
	.modes = true,
	.parts = (const struct lab_part *const[]){ &part, NULL },
};
