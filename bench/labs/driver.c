/* SPDX-License-Identifier: MIT */
/*
 * The driver that the labs share; see driver.h and part.h.
 * Longer than other files: one life of a trial, from its group to its row.
 */

#include "bench/labs/driver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/labs/memory_group.h"
#include "bench/labs/region.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"
#include "bench/machine/coprocess.h"
#include "bench/machine/cure.h"
#include "bench/machine/failure.h"
#include "bench/machine/memory.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/measure/predict_facts.h"
#include "bench/show/progress.h"
#include "lib/spawnwise.h"

#define TRIES 10 /* of a trial, while this process is stopped meanwhile */

void *lab_row(const struct lab_context *context, size_t i)
{
	return i < context->count ? context->rows + i * context->part->row_bytes
				  : NULL;
}

size_t lab_cases(const struct lab_part *part)
{
	return part->cases ? part->case_count : 1;
}

const struct lab_case *lab_case(const struct lab_part *part, size_t i)
{
	static const struct lab_case none;

	return part->cases ? (const void *)((const char *)part->cases +
					    i * part->case_bytes)
			   : &none;
}

/* One of those that create something and are not left out; NULL: there is none
 * of that number. */
static const struct sw_strategy *strategy_at(const struct lab_part *part,
					     size_t number)
{
	for (size_t i = 0; sw_strategies[i]; i++)
		if (!(sw_strategies[i]->traits &
		      (SW_CREATES_NOTHING | part->without)) &&
		    !number--)
			return sw_strategies[i];
	return NULL;
}

size_t lab_strategies(const struct lab_part *part)
{
	size_t count = !part->strategies;

	while (part->strategies && strategy_at(part, count))
		count++;
	return count;
}

/* How much memory a trial may take: no more than a quarter of what is there. */
static int bound(struct trial *trial)
{
	const struct lab_part *part = trial->context->part;
	struct failure *failure = trial->context->failure;
	char room[MEMORY_WHY_BYTES];
	uint64_t room_bytes;
	const int error = memory_room(&room_bytes, room, sizeof room);

	if (error)
		return fail(failure, error, cure_of(CURE_PROC, error, NULL),
			    "see how much memory a lab may take: %s", room);
	trial->limit_bytes =
		whole_pages(smaller(room_bytes / 4, part->most_bytes));
	if (trial->limit_bytes < part->least_bytes)
		return fail(failure, -ERANGE,
			    "Free some memory, or raise the limit.",
			    "take the %s that this lab needs: it may have a "
			    "quarter of the %s",
			    size_human(part->least_bytes).text, room);
	return 0;
}

/* Whatever ends the lab, each row is there when it was written. A signal waits
 * until it is known that there is one. */
static int write_row(struct lab_context *context, const void *row)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	error = row_file_append(&context->file, row)
			?: row_file_flush(&context->file);
	context->wrote_row |= !error;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

int lab_keep(struct lab_context *context, const void *row)
{
	const struct lab_part *part = context->part;
	const int error =
		list_add(&context->rows, &context->count, row, part->row_bytes);
	struct trial *trial;

	if (error)
		return error;
	trial = lab_row(context, context->count - 1);
	trial->mark = trial->agrees ? "" : "!";
	return trial->skipped[0] && !part->skipped_rows
		       ? 0
		       : write_row(context, trial);
}

static int look(void *row)
{
	const struct trial *trial = row;
	const int error = trial->context->part->look(row);

	return error ? error : write_row(trial->context, row);
}

static int prepare(void *row)
{
	const struct trial *trial = row;
	const struct lab_part *part = trial->context->part;
	const int error = trial->group ? memory_group_enter(trial->group) : 0;

	return error || !part->prepare ? error : part->prepare(row);
}

/* One worker's life. */
static int work(struct trial *trial)
{
	const struct lab_part *part = trial->context->part;
	struct coprocess worker;
	bool acts;
	int error = worker_start(&worker, trial->context->guardian, prepare,
				 part->act, trial);

	if (error)
		return error;
	trial->pid = worker.pid;
	acts = !trial->skipped[0] || part->skipped_rows;
	if (part->before && acts)
		error = part->before(trial);
	if (part->act && !error && acts)
		trial->ended = worker_act(&worker, trial,
					  part->look ? look : NULL, &error);
	else
		coprocess_end(&worker, NULL);
	if (!error && !part->deadly)
		error = trial->ended;
	if (!error && part->after && (!trial->skipped[0] || part->skipped_rows))
		error = part->after(trial);
	return error;
}

/* Try again whenever this process was stopped meanwhile: what the worker found
 * is not trusted then. */
static int try_trial(struct trial *shared, const struct trial *start)
{
	struct lab_context *context = start->context;
	OWNED_TEXT doing = NULL;
	int error = LAB_TRY_AGAIN, tries = 0;

	while ((error == LAB_TRY_AGAIN || error == -EINTR) && tries < TRIES) {
		memset(shared, 0, context->part->row_bytes);
		*shared = *start;
		shared->tries = ++tries;
		error = work(shared);
	}
	if (!error)
		return lab_keep(context, shared);
	if (error == LAB_LEAVE_OUT)
		return 0;
	if (context->failure->what[0])
		return error;
	doing = report_fill(context, context->part->doing, shared);
	return fail(
		context->failure, error,
		cure_of(error == -ENODATA ? CURE_PROC : CURE_SELF, error, NULL),
		"%s: %s", doing ?: "go on",
		error == -EINTR ? "the lab was stopped (^Z, SIGSTOP) each "
				  "time that it was tried"
				: meminfo_error(error));
}

/* Nothing dangerous is done without a group. LAB_LEAVE_OUT: there can be none,
 * and the part is left out. */
static int try_in_group(struct trial *shared, struct trial start)
{
	struct lab_context *context = start.context;
	const char *ungrouped = context->part->ungrouped;
	char reason[MEMORY_WHY_BYTES + 256];
	struct memory_group group;
	int error = memory_group_open(&group, start.limit_bytes, reason,
				      sizeof reason);

	if (error && ungrouped) {
		context->skipped++;
		report_text(context, "%s %s.", ungrouped, reason);
		return LAB_LEAVE_OUT;
	}
	if (error)
		return fail(context->failure, error,
			    cure_of(CURE_SELF, error,
				    "Nothing was done: without a group of its "
				    "own the kernel would choose among all "
				    "processes."),
			    "begin: %s", reason);
	start.group = &group;
	error = try_trial(shared, &start);
	memory_group_close(&group);
	return error;
}

static int try_product(struct trial *shared, struct trial trial,
		       struct progress *progress)
{
	const struct lab_part *part = trial.context->part;
	const size_t strategies = lab_strategies(part);
	const size_t cases = lab_cases(part);
	int error = 0;

	for (size_t i = 0; i < strategies * cases && !error; i++) {
		trial.one = lab_case(part, i % cases);
		trial.case_name = trial.one->name;
		if (part->strategies) {
			trial.strategy = strategy_at(part, i / cases);
			trial.strategy_name = trial.strategy->name;
		}
		if (part->trial_s > 0)
			progress_note(progress, "%s%s%s", trial.strategy_name,
				      trial.case_name ? ", " : "",
				      trial.case_name ?: "");
		error = part->most_bytes ? bound(&trial) : 0;
		if (!error)
			error = part->deadly ? try_in_group(shared, trial)
					     : try_trial(shared, &trial);
		progress_step(progress, part->trial_s);
	}
	return error;
}

/* Mode 2 is left out where holding it would leave other programs without
 * memory, or where nothing says what it would leave; not if it is the user's.
 */
static bool may_hold(struct lab_context *context, int mode)
{
	struct predict_facts facts;
	const char *lack;
	char unseen[160];
	int error;

	if (mode != 2 || context->users_mode == 2 || context->alone)
		return true;
	error = predict_facts_self(&facts);
	if (error)
		snprintf(unseen, sizeof unseen,
			 "What it would leave cannot be seen: %s.",
			 meminfo_error(error));
	lack = error ? unseen : headroom_lack(0, &facts);
	if (!lack)
		return true;
	context->skipped++;
	report_text(context,
		    "Skipped: mode 2. %s On a machine that nobody else uses, "
		    "--alone holds it all the same.",
		    lack);
	return false;
}

static int try_modes(struct lab_context *context)
{
	const struct lab_part *part = context->part;
	struct trial *shared = coprocess_share(part->row_bytes);
	struct trial trial = { .context = context, .agrees = -1 };
	struct progress progress;
	int error = 0;

	if (!shared)
		return fail_errno(context->failure, -ENOMEM, CURE_SELF, -ENOMEM,
				  NULL, "begin the lab");
	progress_begin(&progress, stderr,
		       part->trial_s * (double)(lab_strategies(part) *
						lab_cases(part)));
	for (size_t i = 0; i < context->modes.count && !error; i++) {
		trial.mode = (int)context->modes.values[i].number;
		if (may_hold(context, trial.mode))
			error = try_product(shared, trial, &progress);
	}
	live_end(&progress.live);
	munmap(shared, part->row_bytes);
	return error;
}

/* Try a part, write its rows and tell of them, whatever came after them. */
static int try_part(struct lab_context *context, const struct lab_part *part)
{
	int error, told = 0;

	context->part = part;
	context->count = 0;
	error = try_modes(context);
	if (context->count)
		told = report(context);
	free(context->rows);
	context->rows = NULL;
	return error < 0 ? error : told;
}

int lab_run(struct lab_context *context)
{
	const struct lab *lab = context->lab;
	int error = 0;

	if (access("/proc/self/oom_score_adj", W_OK))
		return fail_errno(context->failure, -errno, CURE_SELF, -errno,
				  "Run where /proc can be written: a process "
				  "of a lab must be the first to die.",
				  "write to /proc/self/oom_score_adj");
	for (size_t i = 0; lab->parts[i] && !error; i++)
		error = try_part(context, lab->parts[i]);
	return error;
}
