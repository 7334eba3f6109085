/* SPDX-License-Identifier: MIT */
/*
 * The first part of the lab `oom`: processes of known size, the score that
 * badness.h predicts for them, and the one that /proc prints.
 *
 * Older kernels, and what was written about them, also counted children and
 * nice, and spared root: so there is a process for each of those claims.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/labs/oom.h"
#include "bench/labs/region.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"
#include "bench/machine/memory.h"
#include "bench/machine/process.h"
#include "bench/show/table.h"

#define UID_NOBODY 65534 /* the user without rights */

/* A process to be looked at. */
struct score_case {
	struct lab_case one;
	unsigned units;
	int adj;
	int nice;
	unsigned child_units; /* a child that holds so many; 0: no child */
	bool nobody;	      /* it gives up being root */
};

static const struct score_case cases[] = {
	{ .one = { "small", "hardly any memory" } },
	{ .one = { "size", "" }, .units = 1 },
	{ .one = { "size", "" }, .units = 2 },
	{ .one = { "size", "" }, .units = 4 },
	{ .one = { "nice", "nice 19" }, .units = 4, .nice = 19 },
	{ .one = { "user", "not root" }, .units = 4, .nobody = true },
	{ .one = { "child", "its child holds four times as much" },
	  .units = 1,
	  .child_units = 4 },
	{ .one = { "raised", "" }, .units = 4, .adj = 300 },
	{ .one = { "raised", "" }, .units = 4, .adj = 1000 },
	{ .one = { "lowered", "" }, .units = 4, .adj = -300 },
	{ .one = { "lowered", "never chosen" }, .units = 4, .adj = -1000 },
};

static const struct score_case *case_of(const struct oom *oom)
{
	return (const struct score_case *)oom->trial.one;
}

static int hold(void *bytes)
{
	return worker_populate(*(const uint64_t *)bytes, NULL);
}

static int take_rank(const struct score_case *one)
{
	int error = worker_set_oom_score_adj(one->adj);

	if (!error && setpriority(PRIO_PROCESS, 0, one->nice))
		error = -errno;
	if (error || !one->nobody)
		return error;
	if (setresuid(UID_NOBODY, UID_NOBODY, UID_NOBODY))
		return -errno;
	/* The kernel has forgotten it with the old identity: prctl(2). */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return 0;
}

/* What this user may not be is left out. */
static int prepare(void *row)
{
	const struct oom *oom = row;
	const struct score_case *one = case_of(oom);
	uint64_t child_bytes = one->child_units * oom_unit_bytes(oom);
	struct coprocess child;
	int error = worker_populate(one->units * oom_unit_bytes(oom), NULL);

	if (!error && child_bytes)
		error = worker_start(&child, NULL, hold, NULL, &child_bytes);
	if (!error)
		error = take_rank(one);
	return error == -EPERM || error == -EACCES ? LAB_LEAVE_OUT : error;
}

static int look(void *row)
{
	struct oom *oom = row;
	const struct score_case *one = case_of(oom);
	struct badness_scope scope = { .page_bytes = page_bytes() };
	struct meminfo machine;
	struct utsname kernel;
	int predicted, adj;
	int error = meminfo_read(&machine);

	oom_begin(oom, "score");
	oom->nice = one->nice;
	if (one->nobody)
		oom->uid = UID_NOBODY;
	oom->process.oom_score_adj = one->adj;
	if (!error)
		error = process_memory_read(oom->trial.pid,
					    &oom->process.memory);
	if (!error)
		error = oom_score_read(oom->trial.pid, &oom->score, &adj);
	if (error)
		return error;
	scope.total_bytes = machine.total_bytes + machine.swap_total_bytes;
	oom_weigh(oom, &scope);
	uname(&kernel);
	predicted = badness_score(&oom->process, &scope, kernel.release);
	snprintf(oom->predicted, sizeof oom->predicted, "%d", predicted);
	snprintf(oom->observed, sizeof oom->observed, "%d", oom->score);
	/* The kernel's counters may be some pages off: see badness.h. */
	oom->trial.agrees = abs(predicted - oom->score) <= 1;
	return 0;
}

static const struct oom *find(const struct lab_context *context,
			      const char *name, unsigned units)
{
	const struct oom *oom;

	for (size_t i = 0; (oom = lab_row(context, i)); i++)
		if (!strcmp(oom->trial.case_name, name) &&
		    case_of(oom)->units == units)
			return oom;
	return NULL;
}

static void sum(struct lab_context *context)
{
	struct oom *first = lab_row(context, 0);
	const struct oom *large = find(context, "size", 4);

	first->large = large ? large->score : 0;
}

static int tell_claims(struct lab_context *context)
{
	static const char *const heads[] = { "claim", "with", "without", NULL };
	static const struct {
		const char *claim, *with;
		unsigned units;
	} claims[] = {
		{ "nice raises it: until Linux 2.6.35", "nice", 4 },
		{ "its children's memory counts: until 2.6.35", "child", 1 },
		{ "root has a bonus: until 4.17", "user", 4 },
	};
	struct table table;

	report_text(context,
		    "Some of what is written about the score was true of older "
		    "kernels only. What /proc prints for the same process with "
		    "and without:");
	table_init(&table, "lrr");
	table_heads(&table, heads);
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		const unsigned units = claims[i].units;
		const struct oom *with = find(context, claims[i].with, units);
		const struct oom *without = find(context, "size", units);

		if (!with || !without || (case_of(with)->nobody && getuid()))
			continue;
		table_cell(&table, "%s", claims[i].claim);
		table_cell(&table, "%d", with->score);
		table_cell(&table, "%d", without->score);
		table_row(&table, TABLE_PLAIN);
	}
	return report_table(context, &table);
}

static const struct lab_column columns[] = {
	{ "holds", 'r', "{held_bytes}" },
	{ "oom_score_adj", 'r', "{oom_score_adj}" },
	{ "badness", 'r', "{badness}" },
	{ "predicted", 'r', "{predicted}" },
	{ "/proc", 'r', "{observed}{mark}" },
	{ NULL, 'l', "{what}" },
	{ 0 },
};

LESSON_WHEN(oom, is_shifted, row->large && row->score > 600)
LESSON_WHEN(oom, is_unprotected, !find(row->trial.context, "lowered", 4))

static const struct lesson lessons[] = {
	{ is_shifted,
	  "The printed scale is shifted since Linux 5.9: a process of hardly "
	  "any memory has {observed}, not 0, and the largest possible score is "
	  "2000, not 1000. A step of it is 1.5 thousandths of this machine's "
	  "memory; so {observed} and {large} are all that tells these sizes "
	  "apart." },
	{ is_unprotected, "Nobody can be protected here: to lower "
			  "oom_score_adj below what it was needs "
			  "CAP_SYS_RESOURCE." },
	{ 0 },
};

const struct lab_part oom_scores = {
	.row_bytes = sizeof(struct oom),
	.doing = "look at a process ({case})",
	LAB_CASES(cases),
	.most_bytes = OOM_UNITS * OOM_UNIT_BYTES,
	.least_bytes = OOM_UNITS * OOM_UNIT_LEAST_BYTES,
	.prepare = prepare,
	.before = look,
	.words = oom_words,
	.sum = sum,
	.intro = "Badness is resident memory, swap and page tables, and a "
		 "thousandth of RAM and swap for each step of oom_score_adj; "
		 "nothing else (oom_badness() in mm/oom_kill.c).",
	.columns = columns,
	.all = "/proc/PID/oom_score was as predicted, within a point.",
	.some = "{wrong} of {tried} were predicted otherwise (marked !).",
	.lessons = lessons,
	.tell = tell_claims,
};
