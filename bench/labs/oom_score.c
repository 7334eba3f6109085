/* SPDX-License-Identifier: MIT */
/*
 * The first part of the lab `oom`: processes of known size, the score that
 * badness.h predicts for them, and the one that /proc prints.
 *
 * Older kernels, and what was written about them, also counted children and
 * nice, and spared root: so there is a process for each of those claims.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/labs/oom.h"
#include "bench/labs/oom_process.h"
#include "bench/labs/report.h"
#include "bench/machine/memory.h"
#include "bench/machine/oom.h"
#include "bench/show/table.h"
#include "bench/show/units.h"

/* A process to be looked at. */
struct score_case {
	const char *name; /* for the CSV */
	const char *what; /* for people */
	int units;
	int adj;
	int nice;
	int child_units; /* a child that holds so many; 0: no child */
	bool nobody;	 /* it gives up being root */
};

static const struct score_case cases[] = {
	{ .name = "small", .what = "hardly any memory" },
	{ .name = "size", .what = "", .units = 1 },
	{ .name = "size", .what = "", .units = 2 },
	{ .name = "size", .what = "", .units = 4 },
	{ .name = "nice", .what = "nice 19", .units = 4, .nice = 19 },
	{ .name = "user", .what = "not root", .units = 4, .nobody = true },
	{ .name = "child",
	  .what = "its child holds four times as much",
	  .units = 1,
	  .child_units = 4 },
	{ .name = "raised", .what = "", .units = 4, .adj = 300 },
	{ .name = "raised", .what = "", .units = 4, .adj = 1000 },
	{ .name = "lowered", .what = "", .units = 4, .adj = -300 },
	{ .name = "lowered", .what = "never chosen", .units = 4, .adj = -1000 },
};

#define CASE_COUNT (sizeof cases / sizeof *cases)

struct look {
	struct badness_process process;
	uid_t uid;
	int64_t badness_bytes;
	int predicted, observed;
};

static int look_at(pid_t pid, const struct score_case *one, struct look *look)
{
	struct meminfo machine;
	struct utsname system;
	int adj;
	int error = oom_process_read(pid, one->adj, &look->process);

	if (!error)
		error = meminfo_read(&machine);
	if (!error)
		error = oom_score_read(pid, &look->observed, &adj);
	if (error)
		return error;
	uname(&system);
	const struct badness_scope scope = {
		.total_bytes = machine.total_bytes + machine.swap_total_bytes,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	look->uid = one->nobody ? OOM_NOBODY : getuid();
	look->badness_bytes = badness_bytes(&look->process, &scope);
	look->predicted = badness_score(&look->process, &scope,
					badness_scale_of(system.release));
	return 0;
}

/* -EPERM, -EACCES: this user may not make such a process. */
static int try_case(struct oom_process *process, const struct score_case *one,
		    const struct memory_group *group, uint64_t unit_bytes,
		    struct look *look)
{
	struct worker worker;

	*process = (struct oom_process){
		.group = group,
		.bytes = one->units * unit_bytes,
		.child_bytes = one->child_units * unit_bytes,
		.oom_score_adj = one->adj,
		.nice = one->nice,
		.nobody = one->nobody,
	};
	int error = oom_process_start(&worker, process);
	if (error)
		return error;
	error = look_at(worker.pid, one, look);
	worker_end(&worker, NULL);
	return error;
}

/* The kernel's counters may be some pages off: see badness.h. */
static bool agrees(const struct look *look)
{
	return abs(look->predicted - look->observed) <= 1;
}

static int write_row(struct lab_context *context, const struct score_case *one,
		     const struct look *look)
{
	char predicted[16], observed[16];
	const struct oom_row row = {
		.part = "score",
		.name = one->name,
		.oom_score_adj = one->adj,
		.nice = one->nice,
		.uid = look->uid,
		.process = &look->process,
		.badness_bytes = look->badness_bytes == BADNESS_NEVER
					 ? INTEGER_UNKNOWN
					 : look->badness_bytes,
		.predicted = predicted,
		.observed = observed,
		.agrees = agrees(look),
	};

	snprintf(predicted, sizeof predicted, "%d", look->predicted);
	snprintf(observed, sizeof observed, "%d", look->observed);
	return oom_write_row(context, &row);
}

static void tabulate(struct table *table, const struct score_case *one,
		     const struct look *look)
{
	const int64_t badness = look->badness_bytes;

	table_size(table,
		   look->process.rss_bytes + look->process.page_table_bytes);
	table_cell(table, "%d", one->adj);
	if (badness == BADNESS_NEVER)
		table_cell(table, "never");
	else
		table_cell(table, "%s%s", badness < 0 ? "-" : "",
			   size_human((uint64_t)llabs(badness)).text);
	table_cell(table, "%d", look->predicted);
	table_cell(table, "%d%s", look->observed, agrees(look) ? "" : "!");
	table_span(table, "%s", one->what);
	table_row(table, TABLE_PLAIN);
}

/* What was seen, by the order of cases. */
struct seen {
	struct look looks[CASE_COUNT];
	bool there[CASE_COUNT];
	size_t wrong;
};

static const struct look *find(const struct seen *seen, const char *name,
			       int units)
{
	for (size_t i = 0; i < CASE_COUNT; i++)
		if (seen->there[i] && !strcmp(cases[i].name, name) &&
		    cases[i].units == units)
			return &seen->looks[i];
	return NULL;
}

static void tabulate_claim(struct table *table, const char *claim,
			   const struct look *with, const struct look *without)
{
	if (!with || !without)
		return;
	table_cell(table, "%s", claim);
	table_cell(table, "%d", with->observed);
	table_cell(table, "%d", without->observed);
	table_row(table, TABLE_PLAIN);
}

static int tell_claims(struct lab_context *context, const struct seen *seen)
{
	static const char *const heads[] = { "claim", "with", "without", NULL };
	const struct look *plain = find(seen, "size", 4);
	struct table table;

	lab_tell(context,
		 "Some of what is written about the score was true of older "
		 "kernels only. What /proc prints for the same process with "
		 "and without:");
	table_init(&table, "lrr");
	table_heads(&table, heads);
	tabulate_claim(&table, "nice raises it: until Linux 2.6.35",
		       find(seen, "nice", 4), plain);
	tabulate_claim(&table, "its children's memory counts: until 2.6.35",
		       find(seen, "child", 1), find(seen, "size", 1));
	tabulate_claim(&table, "root has a bonus: until 4.17",
		       getuid() ? NULL : plain, find(seen, "user", 4));
	return lab_tell_table(context, &table);
}

static void tell_scale(struct lab_context *context, const struct seen *seen)
{
	const struct look *small = find(seen, "small", 0);
	const struct look *large = find(seen, "size", 4);

	lab_tell(context,
		 "Badness is resident memory, swap and page tables, and a "
		 "thousandth of RAM and swap for each step of oom_score_adj; "
		 "nothing else (oom_badness() in mm/oom_kill.c). %s",
		 seen->wrong
			 ? "Where it was not as predicted, it is marked (!)."
			 : "/proc/PID/oom_score was as predicted, within "
			   "a point.");
	if (small && large && small->observed > 600)
		lab_tell(context,
			 "The printed scale is shifted since Linux 5.9: a "
			 "process of hardly any memory has %d, not 0, and "
			 "the largest possible score is 2000, not 1000. A "
			 "step of it is 1.5 thousandths of this machine's "
			 "memory; so %d and %d are all that tells these "
			 "sizes apart.",
			 small->observed, small->observed, large->observed);
}

static void tell_missing(struct lab_context *context, const struct seen *seen)
{
	if (!find(seen, "lowered", 4))
		lab_tell(context,
			 "Nobody can be protected here: to lower oom_score_adj "
			 "below what it was needs CAP_SYS_RESOURCE.");
}

static int try_all(struct lab_context *context, struct oom_process *process,
		   const struct memory_group *group, uint64_t unit_bytes,
		   struct seen *seen, struct table *table)
{
	for (size_t i = 0; i < CASE_COUNT; i++) {
		struct look *look = &seen->looks[i];
		int error =
			try_case(process, &cases[i], group, unit_bytes, look);

		if (error == -EPERM || error == -EACCES)
			continue;
		if (error)
			return lab_fail(context, error, "Try again.",
					"look at a process (%s): %s",
					cases[i].name, meminfo_error(error));
		seen->there[i] = true;
		seen->wrong += !agrees(look);
		tabulate(table, &cases[i], look);
		error = write_row(context, &cases[i], look);
		if (error)
			return error;
	}
	return 0;
}

int oom_scores(struct lab_context *context, const struct memory_group *group,
	       uint64_t unit_bytes)
{
	static const char *const heads[] = { "holds",	"oom_score_adj",
					     "badness", "predicted",
					     "/proc",	NULL };
	struct oom_process *process = worker_share(sizeof *process);
	struct seen seen = { .wrong = 0 };
	struct table table;
	int error;

	if (!process)
		return lab_fail(context, -ENOMEM, "Free some memory.",
				"begin the lab: no memory");
	table_init(&table, "rrrrrl");
	table_heads(&table, heads);
	error = try_all(context, process, group, unit_bytes, &seen, &table);
	worker_unshare(process, sizeof *process);
	if (!error) {
		tell_scale(context, &seen);
		error = lab_tell_table(context, &table);
		tell_missing(context, &seen);
	}
	if (!error)
		error = tell_claims(context, &seen);
	table_release(&table);
	return error;
}
