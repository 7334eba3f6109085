/* SPDX-License-Identifier: MIT */
/*
 * oom: whom does the OOM killer choose, and what does it say of it?
 *
 * Scores are predicted from /proc and compared with what the kernel prints;
 * then, in a memory control group of our own, processes are chosen in earnest.
 *
 * Longer than other files: the lab, and the part of it that is about children.
 */

#include "bench/labs/oom.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/labs/worker.h"
#include "bench/machine/process.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/rows/rows.h"
#include "lib/spawnwise.h"

#define AT(member) offsetof(struct oom, member)

static const struct row_field fields[] = {
	FIELD("part", TEXT, AT(part),
	      "`score`: a process and its score; `inherit`: the value that a "
	      "child has; `kill`: a group that was filled"),
	FIELD("case", TEXT, AT(trial.case_name),
	      "`score`: `small`, `size`, `nice`, `user` (not root), `child` "
	      "(has one of four times its size), `raised`, `lowered`. "
	      "`inherit`: `inherited` (nothing asked), `asked` (by the "
	      "request), `later` (the parent has raised its own since it "
	      "opened the strategy). `kill`: `first`, `second`, `whole` (with "
	      "memory.oom.group)"),
	FIELD("strategy", TEXT, AT(trial.strategy_name),
	      "`inherit`: how the child was created"),
	FIELD("oom_score_adj", NUMBER, AT(process.oom_score_adj),
	      "of the process; `inherit`: of the parent; `kill`: of who was "
	      "predicted"),
	FIELD("nice", NUMBER, AT(nice)),
	FIELD("uid", INTEGER, AT(uid), "of the process"),
	FIELD("resident_bytes", BYTES, AT(process.memory.rss_bytes)),
	FIELD("swap_bytes", BYTES, AT(process.memory.swap_bytes)),
	FIELD("page_table_bytes", BYTES, AT(process.memory.page_table_bytes),
	      "VmRSS, VmSwap, VmPTE; `kill`: of who was predicted, when the "
	      "group is full"),
	FIELD("badness_bytes", INTEGER, AT(badness_bytes),
	      "by the rules of mm/oom_kill.c, of the machine or (`kill`) of "
	      "the group; may be negative; empty: never chosen"),
	FIELD("predicted", LINE, AT(predicted)),
	FIELD("observed", LINE, AT(observed),
	      "`score`: /proc/PID/oom_score; `inherit`: the child's "
	      "oom_score_adj, or the name of an error; `kill`: who was killed, "
	      "`raised`, `steady`, `growing`, with `+` between"),
	FIELD("agrees", YES, AT(trial.agrees),
	      "`yes`, `no`; scores may differ by 1; `inherit`: also that the "
	      "parent's own value stayed; `kill`: who was killed first"),
	{ 0 },
};

static const struct row_field of_log[] = {
	FIELD("total_vm_bytes", BYTES, AT(logged.memory.vm_bytes)),
	FIELD("anon_rss_bytes", BYTES, AT(logged.memory.anon_bytes)),
	FIELD("file_rss_bytes", BYTES, AT(logged.memory.file_bytes)),
	FIELD("shmem_rss_bytes", BYTES, AT(logged.memory.shmem_bytes),
	      "of the kernel's log line about the kill"),
	{ 0 },
};

static const struct row_type row_type = {
	"oom.csv",
	{ { .fields = fields },
	  { .fields = memory_group_counters,
	    .base = AT(group),
	    .help = "by how much the group's counter grew, memory.failcnt and "
		    "memory.oom_control (version 1), memory.events (version "
		    "2)" },
	  { .fields = of_log } },
};

const struct row_field oom_words[] = {
	FIELD("held_bytes", BYTES, AT(held_bytes)),
	FIELD("badness", LINE, AT(badness)),
	FIELD("large", COUNT, AT(large)),
	FIELD("limit_bytes", BYTES, AT(trial.limit_bytes)),
	FIELD("killed", COUNT, AT(killed)),
	FIELD("kills", INTEGER, AT(group.oom_kill)),
	{ 0 },
};

uint64_t oom_unit_bytes(const struct oom *oom)
{
	return oom->trial.limit_bytes / OOM_UNITS;
}

void oom_begin(struct oom *oom, const char *part)
{
	oom->part = part;
	oom->uid = getuid();
	oom->badness_bytes = INTEGER_UNKNOWN;
	/* All bytes are unknown. */
	memset(&oom->process.memory, 0xff, sizeof oom->process.memory);
	memset(&oom->group, 0xff, sizeof oom->group);
	memset(&oom->logged.memory, 0xff, sizeof oom->logged.memory);
}

void oom_weigh(struct oom *oom, const struct badness_scope *scope)
{
	const int64_t badness = badness_bytes(&oom->process, scope);
	const bool never = badness == BADNESS_NEVER;

	oom->badness_bytes = never ? INTEGER_UNKNOWN : badness;
	oom->held_bytes = oom->process.memory.rss_bytes +
			  oom->process.memory.page_table_bytes;
	snprintf(oom->badness, sizeof oom->badness, "%s%s",
		 badness < 0 && !never ? "-" : "",
		 never ? "never" : size_human((uint64_t)llabs(badness)).text);
}

/*
 * The second part: which oom_score_adj does a child have? The child is cat(1),
 * and says it itself. Its parent is a worker, whose own value is seen to have
 * stayed what it was.
 */
static const struct lab_case cases[] = {
	{ .name = "inherited" }, /* what the parent has the child gets */
	{ .name = "asked" },	 /* the request carries another value */
	{ .name = "later" },	 /* the parent's was raised since sw_open() */
};

/* The parent's value when it opens the strategy, where that is allowed, and by
 * how much it is raised. */
#define BASE_ADJ 300
#define STEP_ADJ 200

static bool is_case(const struct oom *oom, const char *name)
{
	return !strcmp(oom->trial.case_name, name);
}

static int read_own(void)
{
	char text[16] = "";

	text_read("/proc/self/oom_score_adj", text, sizeof text);
	return atoi(text);
}

static int prepare(void *row)
{
	struct oom *oom = row;
	int error;

	worker_set_oom_score_adj(BASE_ADJ);
	oom->opened = read_own();
	error = spawner_open(&oom->trial);
	if (is_case(oom, "later"))
		worker_set_oom_score_adj(oom->opened + STEP_ADJ);
	oom->own = read_own();
	oom->asked = oom->own + STEP_ADJ <= 1000 ? oom->own + STEP_ADJ : 1000;
	return error;
}

static int run_cat(const struct oom *oom, int out_fd)
{
	char program[] = "cat";
	char file[] = "/proc/self/oom_score_adj";
	char *argv[] = { program, file, NULL };
	const struct sw_request request = {
		.path = program,
		.search = true,
		.argv = argv,
		.stdout_fd = out_fd,
		.fields = is_case(oom, "asked") ? SW_OOMADJ : 0,
		.oom_score_adj = oom->asked,
	};
	struct sw_child child;

	return sw_run(spawner.handle, &request, &child);
}

static int ask(void *row)
{
	struct oom *oom = row;
	char text[16] = "";
	int ends[2];

	if (pipe(ends))
		return -errno;
	oom->error = run_cat(oom, ends[1]);
	close(ends[1]);
	if (!oom->error && read(ends[0], text, sizeof text - 1) <= 0)
		oom->error = -ENODATA;
	close(ends[0]);
	oom->child = atoi(text);
	oom->after = read_own();
	spawner_close();
	return 0;
}

static void put_outcome(char text[32], int error, int adj)
{
	if (error)
		snprintf(text, 32, "%s", errname(error));
	else
		snprintf(text, 32, "%d", adj);
}

static int judge(void *row)
{
	struct oom *oom = row;
	const struct sw_strategy *strategy = oom->trial.strategy;
	/* What has to be opened early has a helper, and the kernel copies the
	 * helper's value (copy_signal() in kernel/fork.c): that of its birth.
	 */
	const int parents =
		strategy->traits & SW_NEEDS_EARLY_OPEN ? oom->opened : oom->own;

	oom_begin(oom, "inherit");
	oom->process.oom_score_adj = oom->own;
	put_outcome(oom->predicted,
		    is_case(oom, "asked") && !(strategy->honours & SW_OOMADJ)
			    ? ENOTSUP
			    : 0,
		    is_case(oom, "asked") ? oom->asked : parents);
	put_outcome(oom->observed, -oom->error, oom->child);
	oom->trial.agrees = !strcmp(oom->predicted, oom->observed) &&
			    (oom->error || oom->after == oom->own);
	return 0;
}

_Static_assert(BASE_ADJ == 300 && STEP_ADJ == 200, "a text says so");

const struct lab_part oom_inheritance = {
	.row_bytes = sizeof(struct oom),
	.doing = "see a child of {strategy}",
	.strategies = true,
	LAB_CASES(cases),
	.prepare = prepare,
	.act = ask,
	.after = judge,
	.limit_ms = 20000,
	.intro = "A child has the oom_score_adj of the process that creates "
		 "it: who protects itself protects its children too. Here the "
		 "parent had 300; the child asked for 500 (ENOTSUP: the "
		 "strategy cannot ask); or the parent had raised its own to "
		 "500 later, after it had opened the strategy, of which a "
		 "helper that was born before knows nothing. The child was "
		 "cat, and said:",
	.matrix = "{observed}{mark}",
	.all = "All {tried} were predicted.",
	.some = "{wrong} of {tried} were predicted otherwise (marked !).",
	.none = "No child was seen.",
};

const struct lab lab_oom = {
	.name = "oom",
	.place = 3,
	.summary = "whom the OOM killer chooses, and what it says of it",
	.row = &row_type,
	.parts =
		(const struct lab_part *const[]){ &oom_scores, &oom_inheritance,
						  &oom_kills, NULL },
};
