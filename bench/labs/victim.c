/* SPDX-License-Identifier: MIT */
/*
 * victim: parent or child, who is killed when their group is full?
 *
 * For each strategy: a parent whose fork needs more page tables than there is
 * room; a child that grows, larger and smaller than its parent; and the same
 * with an oom_score_adj of its own.
 *
 * The parent enters the group first of all, so that everything it and its
 * helper ever take is charged there. It keeps to one CPU: the kernel charges
 * in advance for each CPU (MEMCG_CHARGE_BATCH, mm/memcontrol.c), and room that
 * is set to a few hundred KiB would not be what it says.
 *
 * Longer than other files: a lab is one file.
 */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

#include "bench/labs/badness.h"
#include "bench/labs/memory_group.h"
#include "bench/labs/part.h"
#include "bench/labs/region.h"
#include "bench/labs/worker.h"
#include "bench/machine/cpu.h"
#include "bench/machine/failure.h"
#include "bench/machine/process.h"
#include "bench/machine/program.h"
#include "lib/spawnwise.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define LIMIT_BYTES (320 * MIB)
#define PARENT_ADJ 500 /* raised, so that nobody outside comes first */

struct victim_case {
	struct lab_case name;
	uint64_t heap_bytes;
	/* Room that is left when the parent has its heap. 0: what the group
	 * has beyond it, for a child that grows until there is no more. */
	uint64_t room_bytes;
	int child_adj; /* oom_score_adj that the request asks for */
};

static const struct victim_case cases[] = {
	{ { "page_tables", "256 MiB of heap, 192 KiB of room" },
	  256 * MIB,
	  192 * KIB,
	  PARENT_ADJ },
	{ { "child_larger", "64 MiB of heap, the child grows" },
	  64 * MIB,
	  0,
	  PARENT_ADJ },
	{ { "parent_larger", "224 MiB of heap, the child grows" },
	  224 * MIB,
	  0,
	  PARENT_ADJ },
	{ { "child_first", "the same, the child has oom_score_adj 1000" },
	  224 * MIB,
	  0,
	  1000 },
};

enum who { NOBODY, PARENT, CHILD, REFUSED };

static const char *const names[] = { "nobody", "parent", "child", "refused" };

struct victim {
	struct trial trial;
	struct victim_case one;
	int parent_adj;
	uint64_t room_bytes; /* below the limit, before the spawn */
	struct process_memory parent;
	enum who predicted;
	enum who observed;
	struct memory_group_reading group; /* at the end */

	/* The parent's. */
	char program[PATH_MAX];
	int refused; /* -errno of the spawn */
	int status;  /* of the child, as waitpid(2) tells it */
};

#define AT(member) offsetof(struct victim, member)

static const struct row_field fields[] = {
	FIELD("strategy", TEXT, AT(trial.strategy_name),
	      "how the child was created"),
	FIELD("case", TEXT, AT(trial.case_name),
	      "`page_tables`: the copy of the parent's page tables does not "
	      "fit; `child_larger`, `parent_larger`: the child grows until the "
	      "group is full; `child_first`: the same with an oom_score_adj of "
	      "its own"),
	FIELD("heap_bytes", BYTES, AT(one.heap_bytes),
	      "heap of the parent, all written"),
	FIELD("limit_bytes", BYTES, AT(trial.limit_bytes),
	      "limit of the group"),
	FIELD("room_bytes", BYTES, AT(room_bytes),
	      "what the group had left before the spawn"),
	FIELD("page_table_bytes", BYTES, AT(parent.page_table_bytes),
	      "VmPTE of the parent"),
	FIELD("parent_oom_score_adj", NUMBER, AT(parent_adj)),
	FIELD("child_oom_score_adj", NUMBER, AT(one.child_adj), "as set"),
	FIELD("predicted", CHOICE, AT(predicted), NULL, names),
	FIELD("observed", CHOICE, AT(observed),
	      "who was killed first: `nobody`, `parent`, `child`; `refused`: "
	      "the strategy cannot set oom_score_adj",
	      names),
	FIELD("agrees", YES, AT(trial.agrees), "`yes`, `no`"),
	FIELD("oom_kill", BYTES, AT(group.oom_kill),
	      "by how much the group's counter grew"),
	{ 0 },
};

static int prepare(void *row)
{
	struct victim *victim = row;
	int cpu;
	int error = cpu_same(&cpu) ? 0 : cpu_pin(cpu);

	victim->one = *(const struct victim_case *)victim->trial.one;
	victim->parent_adj = PARENT_ADJ;
	if (!error)
		error = worker_set_oom_score_adj(PARENT_ADJ);
	if (!error)
		error = spawner_open(&victim->trial);
	if (!error && !victim->trial.skipped[0])
		error = worker_populate(victim->one.heap_bytes, NULL);
	return error;
}

/* When the group is full the child has what the parent left it. The order is
 * that in which they came into the group. */
static enum who predict_larger(const struct victim *victim)
{
	const struct badness_process processes[] = {
		{ .memory = victim->parent, .oom_score_adj = PARENT_ADJ },
		{ .memory.rss_bytes = victim->room_bytes,
		  .oom_score_adj = victim->one.child_adj },
	};
	const struct badness_scope scope = {
		.total_bytes = victim->trial.limit_bytes,
		.page_bytes = page_bytes(),
	};

	return badness_victim(processes, 2, &scope) ? CHILD : PARENT;
}

static enum who predict_victim(const struct victim *victim)
{
	const struct sw_strategy *strategy = victim->trial.strategy;

	if (victim->one.child_adj != PARENT_ADJ &&
	    !(strategy->honours & SW_OOMADJ))
		return REFUSED;
	if (!victim->one.room_bytes)
		return predict_larger(victim);
	/* What fork(2) charges, it charges to the group of its caller. */
	return strategy->traits & SW_COPIES_PAGE_TABLES &&
			       victim->parent.page_table_bytes >
				       victim->room_bytes
		       ? PARENT
		       : NOBODY;
}

/* Take the room away, and predict from what is there. */
static int limit_room(void *row)
{
	struct victim *victim = row;
	struct trial *trial = &victim->trial;
	struct memory_group_reading reading;
	/* The child's: one that ends at once, or one that grows. */
	int error = installed_program(
		victim->program, victim->one.room_bytes ? "payload" : "memhog");

	if (error)
		return fail(trial->context->failure, error,
			    "Build it with make.",
			    "find the child's program beside this command");
	error = process_memory_read(trial->pid, &victim->parent);
	if (!error)
		error = memory_group_read(trial->group, &reading);
	if (error)
		return error;
	if (victim->one.room_bytes) {
		trial->limit_bytes =
			reading.usage_bytes + victim->one.room_bytes;
		error = memory_group_set_limit(trial->group,
					       trial->limit_bytes);
	}
	victim->room_bytes = trial->limit_bytes - reading.usage_bytes;
	victim->predicted = predict_victim(victim);
	return error;
}

static int spawn(void *row)
{
	struct victim *victim = row;
	char *argv[] = { victim->program, NULL };
	const struct sw_request request = {
		.path = victim->program,
		.argv = argv,
		.stdout_fd = spawner.null_fd,
		.fields = victim->one.child_adj != PARENT_ADJ ? SW_OOMADJ : 0,
		.oom_score_adj = victim->one.child_adj,
	};
	struct sw_child child;

	victim->refused = sw_run(spawner.handle, &request, &child);
	victim->status = child.status;
	return 0;
}

static bool was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int observe(void *row)
{
	struct victim *victim = row;
	const struct trial *trial = &victim->trial;
	const int error = memory_group_read(trial->group, &victim->group);
	const bool killed = victim->group.oom_kill;

	if (error)
		return error;
	if (trial->ended == -ECHILD && killed && was_killed(trial->status))
		victim->observed = PARENT;
	else if (trial->ended)
		return trial->ended;
	else if (victim->refused == -ENOTSUP)
		victim->observed = REFUSED;
	else if (killed && was_killed(victim->status))
		victim->observed = CHILD;
	else if (victim->refused)
		return victim->refused;
	else
		victim->observed = NOBODY;
	victim->trial.agrees = victim->predicted == victim->observed;
	return 0;
}

LESSON_WHEN(victim, needs_page_tables,
	    row->one.room_bytes && row->observed == PARENT)
LESSON_WHEN(victim, has_all_cases, row->one.child_adj != PARENT_ADJ)

static const struct lesson lessons[] = {
	{ needs_page_tables,
	  "page_tables: fork copies the page tables of the heap, and "
	  "they are charged to the group before there is a child. Where "
	  "they do not fit, the *parent* is killed, without a write to "
	  "any page; ways that share memory copy none." },
	{ has_all_cases,
	  "child_larger, parent_larger: badness is resident memory, swap "
	  "and page tables; the larger one dies, and that is the parent "
	  "as often as not. child_first: with oom_score_adj raised the "
	  "child dies first. Who cannot ask for it (refused) can let the "
	  "program set its own, by a wrapper such as choom(1)." },
	{ 0 },
};

static const struct lab_part part = {
	.row_bytes = sizeof(struct victim),
	.doing = "see who is killed with {strategy} ({case})",
	.strategies = true,
	.without = SW_BASELINE, /* of whose child we know its end alone */
	LAB_CASES(cases),
	.most_bytes = LIMIT_BYTES,
	.least_bytes = LIMIT_BYTES,
	.deadly = true,
	.prepare = prepare,
	.before = limit_room,
	.act = spawn,
	.after = observe,
	.limit_ms = 20000,
	.trial_s = 1,
	.intro = "A parent and its child in a memory control group that is "
		 "full: whom does the kernel kill? A column each:",
	.matrix = "{observed}{mark}",
	.all = "All {tried} were predicted.",
	.some = "{wrong} of {tried} were predicted otherwise (marked !).",
	.lessons = lessons,
};

const struct lab lab_victim = {
	.name = "victim",
	.place = 4,
	.summary = "who is killed when memory runs out, parent or child",
	.row = &(const struct row_type)ROW_TYPE("victim.csv", fields),
	.parts = (const struct lab_part *const[]){ &part, NULL },
};
