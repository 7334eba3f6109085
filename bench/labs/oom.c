/* SPDX-License-Identifier: MIT */
/*
 * oom: whom does the OOM killer choose, and what does it say of it?
 *
 * Scores are predicted from /proc and compared with what the kernel prints;
 * then, in a memory control group of our own, processes are chosen in earnest.
 */

#include "bench/labs/oom.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/labs/driver.h"
#include "bench/labs/report.h"
#include "bench/machine/process.h"
#include "bench/machine/units.h"

#define MIB ((uint64_t)1 << 20)
#define UNITS 6 /* that the group has room for; see oom_kill.c */
#define UNIT_BYTES (16 * MIB)
#define LEAST_UNIT_BYTES (4 * MIB)

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
	FIELD("resident_bytes", BYTES, AT(process.rss_bytes)),
	FIELD("swap_bytes", BYTES, AT(process.swap_bytes)),
	FIELD("page_table_bytes", BYTES, AT(process.page_table_bytes),
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
	      "parent's own value stayed"),
	{ 0 },
};

static const struct row_field of_log[] = {
	FIELD("total_vm_bytes", BYTES, AT(log.vm_bytes)),
	FIELD("anon_rss_bytes", BYTES, AT(log.anon_bytes)),
	FIELD("file_rss_bytes", BYTES, AT(log.file_bytes)),
	FIELD("shmem_rss_bytes", BYTES, AT(log.shmem_bytes),
	      "of the kernel's log line about the kill"),
	{ 0 },
};

static const struct row_type row_type = {
	"oom.csv",
	{ { .fields = fields },
	  { .fields = memory_group_counters,
	    .base = AT(growth),
	    .help = "by how much the group's counter grew, memory.failcnt and "
		    "memory.oom_control (version 1), memory.events (version "
		    "2)" },
	  { .fields = of_log } },
};

const struct row_field oom_words[] = {
	FIELD("held_bytes", BYTES, AT(held_bytes)),
	FIELD("badness", LINE, AT(badness)),
	FIELD("large", COUNT, AT(large)),
	FIELD("limit_bytes", BYTES, AT(limit_bytes)),
	FIELD("killed", COUNT, AT(killed)),
	FIELD("kills", INTEGER, AT(growth.oom_kill)),
	{ 0 },
};

uint64_t oom_unit_bytes;

void oom_begin(struct oom *oom, const char *part)
{
	oom->part = part;
	oom->uid = getuid();
	oom->badness_bytes = INTEGER_UNKNOWN;
	oom->process.rss_bytes = oom->process.swap_bytes =
		oom->process.page_table_bytes = BYTES_UNKNOWN;
	memset(&oom->growth, 0xff, sizeof oom->growth); /* all are absent */
	memset(&oom->log, 0xff, sizeof oom->log);
}

int oom_read(pid_t pid, struct badness_process *process)
{
	struct process_memory memory;
	const int error = process_memory_read(pid, &memory);

	if (error)
		return error;
	process->rss_bytes = memory.rss_bytes;
	process->swap_bytes = memory.swap_bytes;
	process->page_table_bytes = memory.page_table_bytes;
	return 0;
}

void oom_weigh(struct oom *oom, const struct badness_scope *scope)
{
	const int64_t badness = badness_bytes(&oom->process, scope);
	const bool never = badness == BADNESS_NEVER;

	oom->badness_bytes = never ? INTEGER_UNKNOWN : badness;
	oom->held_bytes =
		oom->process.rss_bytes + oom->process.page_table_bytes;
	snprintf(oom->badness, sizeof oom->badness, "%s%s",
		 badness < 0 && !never ? "-" : "",
		 never ? "never" : size_human((uint64_t)llabs(badness)).text);
}

/* Even where no group can be made: the processes of this lab must not be what
 * drives the group that they are in out of memory. */
static int choose_unit(struct lab_context *context)
{
	const int error =
		lab_ceiling(context, UNITS * LEAST_UNIT_BYTES, &oom_unit_bytes);

	oom_unit_bytes = oom_unit_bytes / UNITS / MIB * MIB;
	if (oom_unit_bytes > UNIT_BYTES)
		oom_unit_bytes = UNIT_BYTES;
	return error;
}

static int run(struct lab_context *context)
{
	static struct memory_group group;
	char why[512];
	int error = choose_unit(context);

	if (error)
		return error;
	if (!memory_group_open(&group, UNITS * oom_unit_bytes, why, sizeof why))
		context->group = &group;
	error = lab_try(context, &oom_scores);
	if (!error)
		error = lab_try(context, &oom_inheritance);
	if (!error && context->group)
		error = lab_try(context, &oom_kills);
	if (!error && !context->group) {
		context->skipped++;
		report_text(
			context,
			"Nobody was driven out of memory: without a group of "
			"its own the kernel would choose among all processes "
			"of this machine. Here is none, because %s.",
			why);
	}
	memory_group_close(&group);
	return error;
}

const struct lab lab_oom = {
	.name = "oom",
	.place = 3,
	.summary = "whom the OOM killer chooses, and what it says of it",
	.row = &row_type,
	.parts =
		(const struct lab_part *const[]){ &oom_scores, &oom_inheritance,
						  &oom_kills, NULL },
	.run = run,
};
