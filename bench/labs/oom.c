/* SPDX-License-Identifier: MIT */
/*
 * oom: whom does the OOM killer choose, and what does it say of it?
 *
 * Scores are predicted from /proc and compared with what the kernel prints;
 * then, in a memory control group of our own, processes are chosen in earnest.
 */

#include "bench/labs/oom.h"

#include "bench/labs/group.h"

#define MIB ((uint64_t)1 << 20)
#define UNITS 6 /* that the group has room for; see oom_kills() */
#define UNIT_BYTES (16 * MIB)
#define LEAST_UNIT_BYTES (4 * MIB)

static const char columns[] =
	"part,case,strategy,oom_score_adj,nice,uid,resident_bytes,swap_bytes,"
	"page_table_bytes,badness_bytes,predicted,observed,agrees,failcnt,low,"
	"high,max,oom,oom_kill,oom_group_kill,total_vm_bytes,anon_rss_bytes,"
	"file_rss_bytes,shmem_rss_bytes";

/* Empty where the kernel does not tell. */
static void put_known(struct csv_writer *csv, bool known, uint64_t number)
{
	if (known && number != UINT64_MAX)
		csv_put_size(csv, number);
	else
		csv_put_text(csv, NULL);
}

static void put_process(struct csv_writer *csv, const struct oom_row *row)
{
	const struct badness_process none = { 0 };
	const struct badness_process *process =
		row->process ? row->process : &none;

	put_known(csv, row->process, process->rss_bytes);
	put_known(csv, row->process, process->swap_bytes);
	put_known(csv, row->process, process->page_table_bytes);
	if (row->process && row->badness_bytes != BADNESS_NEVER)
		csv_put_integer(csv, row->badness_bytes);
	else
		csv_put_text(csv, NULL);
}

static void put_counters(struct csv_writer *csv,
			 const struct memory_group_reading *growth)
{
	const struct memory_group_reading none = { 0 };
	const struct memory_group_reading *now = growth ? growth : &none;

	put_known(csv, growth, now->failcnt);
	put_known(csv, growth, now->low);
	put_known(csv, growth, now->high);
	put_known(csv, growth, now->max);
	put_known(csv, growth, now->oom);
	put_known(csv, growth, now->oom_kill);
	put_known(csv, growth, now->oom_group_kill);
}

int oom_write_row(struct lab_context *context, const struct oom_row *row)
{
	const struct oom_log_kill none = { 0 };
	const struct oom_log_kill *log = row->log ? row->log : &none;
	struct csv_writer *csv = &context->csv;

	context->skipped += !row->agrees; /* the status tells of it */
	csv_put_text(csv, row->part);
	csv_put_text(csv, row->name);
	csv_put_text(csv, row->strategy);
	csv_put_integer(csv, row->oom_score_adj);
	csv_put_integer(csv, row->nice);
	csv_put_integer(csv, row->uid);
	put_process(csv, row);
	csv_put_text(csv, row->predicted);
	csv_put_text(csv, row->observed);
	csv_put_text(csv, row->agrees ? "yes" : "no");
	put_counters(csv, row->growth);
	put_known(csv, row->log, log->vm_bytes);
	put_known(csv, row->log, log->anon_bytes);
	put_known(csv, row->log, log->file_bytes);
	put_known(csv, row->log, log->shmem_bytes);
	return csv_end_row(csv);
}

/* Even where no group can be made: the processes of this lab must not be what
 * drives the group that they are in out of memory. */
static int choose_unit(struct lab_context *context, uint64_t *unit_bytes)
{
	uint64_t ceiling;
	const int error =
		lab_group_ceiling(context, UNITS * LEAST_UNIT_BYTES, &ceiling);

	if (error)
		return error;
	*unit_bytes = ceiling / UNITS / MIB * MIB;
	if (*unit_bytes > UNIT_BYTES)
		*unit_bytes = UNIT_BYTES;
	return 0;
}

static int run(struct lab_context *context)
{
	struct memory_group group;
	uint64_t unit_bytes = 0;
	char why[512];
	bool grouped;
	int error = choose_unit(context, &unit_bytes);

	if (error)
		return error;
	grouped =
		!memory_group_open(&group, UNITS * unit_bytes, why, sizeof why);
	error = oom_scores(context, grouped ? &group : NULL, unit_bytes);
	if (!error)
		error = oom_inheritance(context);
	if (!error && grouped)
		error = oom_kills(context, &group, unit_bytes);
	else if (!error)
		lab_skip(context,
			 "Nobody was driven out of memory: without a group of "
			 "its own the kernel would choose among all processes "
			 "of this machine. Here is none, because %s.",
			 why);
	if (grouped)
		memory_group_close(&group);
	return error;
}

extern const struct lab lab_oom;

const struct lab lab_oom = {
	.name = "oom",
	.summary = "whom the OOM killer chooses, and what it says of it",
	.columns = columns,
	.run = run,
};
