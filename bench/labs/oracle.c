/* SPDX-License-Identifier: MIT */
/*
 * oracle: which spawn is refused, predicted and observed.
 *
 * Every strategy that creates something, in every overcommit mode, with every
 * kind of memory. The rules are in bench/judge/predict.c; what they want to
 * know is read from smaps and meminfo just before.
 *
 * Longer than other files: a lab is one file.
 */

#include <errno.h>
#include <string.h>

#include "bench/labs/oracle_memory.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/measure/predict_facts.h"
#include "bench/rows/rows.h"
#include "lib/spawnwise.h"

#define AT(member) offsetof(struct oracle, member)

static const char *const stages[] = { "spawn", "map" };

static const struct row_field fields[] = {
	FIELD("strategy", TEXT, AT(trial.strategy_name)),
	FIELD("overcommit", COUNT, AT(trial.mode),
	      "what spawned in which mode"),
	FIELD("memory", TEXT, AT(trial.case_name), "the parent's; see below"),
	FIELD("stage", CHOICE, AT(at_map),
	      "`map`: the memory itself was refused, so there was no spawn; "
	      "else `spawn`",
	      stages),
	FIELD("predicted", OUTCOME, AT(predicted),
	      "`ok` or an error name, from the facts in the same row"),
	FIELD("observed", OUTCOME, AT(observed),
	      "likewise; empty if it was not tried"),
	FIELD("agrees", YES, AT(trial.agrees),
	      "`yes`, `no`; empty if it was not tried"),
	FIELD("heap_bytes", BYTES, AT(heap_bytes), "size of the memory"),
	FIELD("mapped_overcommit", COUNT, AT(map_mode),
	      "the mode in which it was mapped"),
	FIELD("asked_bytes", BYTES, AT(asked_bytes),
	      "what this step asks the kernel to commit"),
	FIELD("accountable_bytes", BYTES, AT(facts.accountable_bytes),
	      "what a copy of the parent asks for: VMAs with the flag `ac`, "
	      "without `dc` (smaps)"),
	FIELD("largest_vma_bytes", BYTES, AT(facts.largest_vma_bytes),
	      "the largest of them, which mode 0 judges"),
	FIELD("total_vm_bytes", BYTES, AT(facts.total_vm_bytes),
	      "VmSize; a 32nd of it, or vm.user_reserve_kbytes, is kept for "
	      "others"),
	FIELD("ram_bytes", BYTES, AT(facts.ram_bytes)),
	FIELD("swap_bytes", BYTES, AT(facts.swap_bytes)),
	FIELD("commit_limit_bytes", BYTES, AT(facts.commit_limit_bytes),
	      "MemTotal, SwapTotal, CommitLimit"),
	FIELD("committed_bytes", BYTES, AT(facts.committed_bytes),
	      "Committed_AS; where memory is `exhausted`, at least what the "
	      "kernel's last refusal proves"),
	FIELD("left_bytes", BYTES, AT(left_bytes), "as in `frontier.csv`"),
	FIELD("address_limit_bytes", LIMIT, AT(facts.address_limit_bytes),
	      "RLIMIT_AS; empty: none"),
	FIELD("data_bytes", BYTES, AT(facts.data_bytes),
	      "VmData: what is private and writable"),
	FIELD("data_limit_bytes", LIMIT, AT(facts.data_limit_bytes),
	      "its limit, RLIMIT_DATA; empty: none"),
	FIELD("skipped", LINE, AT(trial.skipped),
	      "why it was not tried, a sentence; a limit on processes (EAGAIN) "
	      "is such a reason"),
	{ 0 },
};

static const struct row_field words[] = {
	FIELD("mapped", TEXT, AT(mapped)),
	FIELD("counts", LINE, AT(counts)),
	FIELD("refused", LINE, AT(refused)),
	FIELD("most_bytes", BYTES, AT(most_bytes)),
	{ 0 },
};

/* A helper is opened before the memory grows, and so is everything else. */
static int prepare(void *row)
{
	struct oracle *oracle = row;
	const int error = spawner_open(row);

	return error || !oracle_memory(oracle)->early
		       ? error
		       : oracle_map(oracle, oracle->trial.context->users_mode);
}

static int spawn(struct oracle *oracle)
{
	struct trial *trial = &oracle->trial;
	const unsigned traits = trial->strategy->traits;
	struct predict_facts *facts = &oracle->facts;
	int error;

	oracle_exhaust(oracle);
	error = predict_facts_self(facts);
	if (error)
		return error;
	/* The kernel refuses by a counter whose parts it adds up late; meminfo
	 * adds them up. That it has just refused us tells more than the sum. */
	if (oracle_exhausts(oracle))
		facts->committed_bytes += predict_left(facts);
	oracle->predicted = predict(traits, trial->mode, facts);
	/* In mode 2, what others need is left to them. */
	if (trial->mode == 2 && !trial->context->alone)
		strcpy(trial->skipped,
		       request_harm(predict_asked(traits, facts), facts) ?: "");
	if (trial->skipped[0])
		return 0;
	oracle->observed = spawner_try();
	if (oracle->observed == EAGAIN)
		spawner_skip(trial, EAGAIN);
	return 0;
}

static int ask(void *row)
{
	struct oracle *oracle = row;
	int error = 0;

	if (!oracle_memory(oracle)->early)
		error = oracle_map(oracle, oracle->trial.mode);
	/* Memory that is refused is so whatever would have spawned. */
	if (oracle->at_map && !oracle->trial.for_others)
		oracle->trial.skipped[0] = '\0';
	if (!error && !oracle->at_map && !oracle->trial.skipped[0])
		error = spawn(oracle);
	if (spawner.handle)
		spawner_close();
	return error;
}

static int judge(void *row)
{
	struct oracle *oracle = row;
	struct trial *trial = &oracle->trial;

	oracle->asked_bytes = oracle->at_map
				      ? oracle->heap_bytes
				      : predict_asked(trial->strategy->traits,
						      &oracle->facts);
	oracle->left_bytes = predict_left(&oracle->facts);
	if (trial->skipped[0])
		oracle->observed = OUTCOME_UNKNOWN;
	else
		trial->agrees = oracle->predicted == oracle->observed;
	return 0;
}

static bool is_copied(const struct oracle *oracle)
{
	return oracle->trial.strategy->traits & SW_CHARGES_COMMIT;
}

/* Sum up what the strategies had for an answer with the memory and in the mode
 * of a row in it. */
static void sum_kind(const struct lab_context *context, struct oracle *first)
{
	const struct oracle *row;

	first->first = true;
	for (size_t i = 0; (row = lab_row(context, i)); i++) {
		if (row->trial.mode != first->trial.mode ||
		    row->trial.one != first->trial.one)
			continue;
		first->tried += row->trial.agrees >= 0;
		first->agreed += row->trial.agrees > 0;
		if (!row->trial.skipped[0] && row->observed)
			text_join(first->refused, sizeof first->refused, ", ",
				  "%s", row->trial.strategy_name);
	}
	first->mapped = !first->tried	? "-"
			: first->at_map ? outcome_name(first->observed)
					: "ok";
	snprintf(first->counts, sizeof first->counts,
		 first->tried ? "%d of %d" : "-", first->agreed, first->tried);
	if (!*first->refused || first->at_map)
		strcpy(first->refused, !first->tried ? "not tried"
				       : first->at_map
					       ? "there is no such parent"
					       : "-");
}

static uint64_t find_most(const struct lab_context *context)
{
	const struct oracle *row;
	uint64_t most_bytes = 0;

	for (size_t i = 0; (row = lab_row(context, i)); i++) {
		if (oracle_exhausts(row) || row->trial.skipped[0] ||
		    row->at_map)
			continue;
		if (row->observed && !is_copied(row))
			return 0;
		most_bytes = larger(most_bytes, row->heap_bytes);
	}
	return most_bytes;
}

static void sum(struct lab_context *context)
{
	struct oracle *first = lab_row(context, 0), *row;

	for (size_t i = 0; (row = lab_row(context, i)); i++)
		if (row->trial.strategy == first->trial.strategy)
			sum_kind(context, row);
	first->most_bytes = find_most(context);
}

static const struct lab_column columns[] = {
	{ "memory", 'l', "{case}" },
	{ "heap", 'r', "{heap_bytes}" },
	{ "mapped", 'l', "{mapped}" },
	{ "as predicted", 'l', "{counts}" },
	{ "spawns refused", 'l', "{refused}" },
	{ 0 },
};

/* Whether it tells of this memory in this mode. */
static bool is_of(const struct oracle *oracle, int mode, const char *name)
{
	return oracle->first && oracle->trial.mode == mode &&
	       !strcmp(oracle->trial.case_name, name);
}

/* Whether strategies copy a parent with that memory, in this row's mode, and
 * all of them were answered so. */
static bool copies_are(const struct oracle *one, const char *name, int answer)
{
	const struct oracle *row;
	bool copied = false;

	for (size_t i = 0; (row = lab_row(one->trial.context, i)); i++) {
		if (!is_copied(row) || row->trial.mode != one->trial.mode ||
		    strcmp(row->trial.case_name, name))
			continue;
		if (row->trial.skipped[0] || row->at_map ||
		    row->observed != answer)
			return false;
		copied = true;
	}
	return copied;
}

LESSON_WHEN(oracle, is_first, row->first)
LESSON_WHEN(oracle, is_wrong, row->trial.context->wrong)
LESSON_WHEN(oracle, is_more_than_free,
	    is_of(row, 0, "large") && copies_are(row, "large", 0))
LESSON_WHEN(oracle, is_refused_merged,
	    is_of(row, 0, "merged") && copies_are(row, "merged", ENOMEM) &&
		    copies_are(row, "split", 0))
LESSON_WHEN(oracle, is_refused_strictly,
	    is_of(row, 2, "large") && copies_are(row, "large", ENOMEM))
LESSON_WHEN(oracle, is_exhausted, is_of(row, 2, "exhausted") && row->tried)
LESSON_WHEN(oracle, is_free, row->most_bytes)

static const struct lesson lessons[] = {
	{ is_wrong, "The others contradict our rules: please report their rows "
		    "of oracle.csv, where `agrees` is \"no\", with "
		    "host.json." },
	{ is_more_than_free,
	  "Mode 0: `large`, {heap_bytes}, is more than all memory that was "
	  "free, and yet a process of that size can be copied. Free memory "
	  "plays no part since Linux 5.2: a request is refused if it alone is "
	  "larger than RAM and swap (__vm_enough_memory() in mm/util.c). That "
	  "fork(2) needs as much free memory as the parent has, and that the "
	  "rule is not public, is no longer so." },
	{ is_refused_merged,
	  "Mode 0: `merged` and `split` are the same {heap_bytes}. A copy asks "
	  "for each VMA again (dup_mmap() in the kernel): one VMA of that size "
	  "is refused, two of half the size are not." },
	{ is_refused_strictly,
	  "Mode 2: all requests of all processes together must stay below "
	  "CommitLimit. A parent of more than half of what is left cannot be "
	  "copied; what is not copied (`dontfork`, `shared`) or was never "
	  "charged (`noreserve_before`) does not count. MAP_NORESERVE is heard "
	  "where memory is mapped, not where it is copied: in mode 2 it "
	  "changes nothing (`noreserve_after`)." },
	{ is_exhausted,
	  "Mode 2, nothing left: refused are {refused}. The libc maps a stack "
	  "for each child that it spawns, so that its calls need memory as "
	  "well (trait maps_memory); those whose stack was mapped when they "
	  "were opened, or is the parent's own, need none. What the new "
	  "program wants comes from what the kernel keeps from a large process "
	  "for small ones (vm.user_reserve_kbytes)." },
	{ is_free,
	  "Only strategies that copy their parent were refused because of its "
	  "size, which was up to {most_bytes}. That vfork(2) and "
	  "posix_spawn(3) ask for no memory of that kind was hoped for in 2015 "
	  "without a proof; system(3) and popen(3), which were said to fail as "
	  "fork(2) does, spawn that way too (glibc 2.29)." },
	{ 0 },
};

static const struct lab_part part = {
	.row_bytes = sizeof(struct oracle),
	.doing = "spawn with memory '{case}' in overcommit mode {mode}",
	.strategies = true,
	LAB_CASES(memories),
	.prepare = prepare,
	.act = ask,
	.after = judge,
	.limit_ms = 20000,
	.skipped_rows = true,
	.words = words,
	.sum = sum,
	.intro = "A parent with memory of each kind was asked to start a "
		 "program, by every strategy. What the kernel would answer "
		 "was predicted just before.",
	.columns = columns,
	.listed = is_first,
	.table_per_mode = true,
	.all = "{agreed} of {tried} cells are as predicted from the parent's "
	       "smaps and from /proc/meminfo: {strategies} strategies, {cases} "
	       "kinds of memory, none of it touched.",
	.none = "No spawn was tried.",
	.lessons = lessons,
};

const struct lab lab_oracle = {
	.name = "oracle",
	.place = 6,
	.summary = "which spawn is refused in which mode, predicted, observed",
	.row = &(const struct row_type)ROW_TYPE("oracle.csv", fields),
	.modes = true,
	.parts = (const struct lab_part *const[]){ &part, NULL },
};
