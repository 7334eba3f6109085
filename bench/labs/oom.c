/* SPDX-License-Identifier: MIT */
/*
 * oom: whom does the OOM killer choose, and what does it say of it?
 *
 * Scores are predicted from /proc and compared with what the kernel prints;
 * then, in a memory control group of our own, processes are chosen in earnest.
 */

#include "bench/labs/oom.h"

#include "bench/labs/group.h"
#include "bench/labs/part.h"
#include "bench/labs/report.h"

#define MIB ((uint64_t)1 << 20)
#define UNITS 6 /* that the group has room for; see oom_kills() */
#define UNIT_BYTES (16 * MIB)
#define LEAST_UNIT_BYTES (4 * MIB)

#define AT(member) offsetof(struct oom_row, member)
#define PROCESS(member) offsetof(struct badness_process, member)
#define GROUP(member) offsetof(struct memory_group_reading, member)
#define LOG(member) offsetof(struct oom_log_kill, member)

static const struct row_field of_case[] = {
	FIELD("part", TEXT, AT(part),
	      "`score`: a process and its score; `inherit`: the value that a "
	      "child has; `kill`: a group that was filled"),
	FIELD("case", TEXT, AT(name),
	      "`score`: `small`, `size`, `nice`, `user` (not root), `child` "
	      "(has one of four times its size), `raised`, `lowered`. "
	      "`inherit`: `inherited` (nothing asked), `asked` (by the "
	      "request), `later` (the parent has raised its own since it "
	      "opened the strategy). `kill`: `first`, `second`, `whole` (with "
	      "memory.oom.group)"),
	FIELD("strategy", TEXT, AT(strategy),
	      "`inherit`: how the child was created"),
	FIELD("oom_score_adj", NUMBER, AT(oom_score_adj),
	      "of the process; `inherit`: of the parent; `kill`: of who was "
	      "predicted"),
	FIELD("nice", NUMBER, AT(nice)),
	FIELD("uid", INTEGER, AT(uid), "of the process"),
	{ 0 },
};

static const struct row_field of_process[] = {
	FIELD("resident_bytes", BYTES, PROCESS(rss_bytes)),
	FIELD("swap_bytes", BYTES, PROCESS(swap_bytes)),
	FIELD("page_table_bytes", BYTES, PROCESS(page_table_bytes),
	      "VmRSS, VmSwap, VmPTE; `kill`: of who was predicted, when the "
	      "group is full"),
	{ 0 },
};

static const struct row_field of_answer[] = {
	FIELD("badness_bytes", INTEGER, AT(badness_bytes),
	      "by the rules of mm/oom_kill.c, of the machine or (`kill`) of "
	      "the group; may be negative; empty: never chosen"),
	FIELD("predicted", TEXT, AT(predicted)),
	FIELD("observed", TEXT, AT(observed),
	      "`score`: /proc/PID/oom_score; `inherit`: the child's "
	      "oom_score_adj, or the name of an error; `kill`: who was killed, "
	      "`raised`, `steady`, `growing`, with `+` between"),
	FIELD("agrees", YES, AT(agrees),
	      "`yes`, `no`; scores may differ by 1; `inherit`: also that the "
	      "parent's own value stayed"),
	{ 0 },
};

static const struct row_field of_group[] = {
	FIELD("failcnt", BYTES, GROUP(failcnt),
	      "by how much the group's counter grew: memory.failcnt (version "
	      "1)"),
	FIELD("low", BYTES, GROUP(low)),
	FIELD("high", BYTES, GROUP(high)),
	FIELD("max", BYTES, GROUP(max)),
	FIELD("oom", BYTES, GROUP(oom)),
	FIELD("oom_kill", BYTES, GROUP(oom_kill)),
	FIELD("oom_group_kill", BYTES, GROUP(oom_group_kill),
	      "the same of memory.events (version 2); `oom_kill` also of "
	      "memory.oom_control (version 1)"),
	{ 0 },
};

static const struct row_field of_log[] = {
	FIELD("total_vm_bytes", BYTES, LOG(vm_bytes)),
	FIELD("anon_rss_bytes", BYTES, LOG(anon_bytes)),
	FIELD("file_rss_bytes", BYTES, LOG(file_bytes)),
	FIELD("shmem_rss_bytes", BYTES, LOG(shmem_bytes),
	      "of the kernel's log line about the kill"),
	{ 0 },
};

static const struct row_type row_type = {
	"oom.csv",
	{ { .fields = of_case },
	  { .fields = of_process, AT(process), true },
	  { .fields = of_answer },
	  { .fields = of_group, AT(growth), true },
	  { .fields = of_log, AT(log), true } },
};

int oom_write_row(struct lab_context *context, const struct oom_row *row)
{
	context->skipped += !row->agrees; /* the status tells of it */
	return row_put(&context->csv, &row_type, NULL, row);
}

/* Even where no group can be made: the processes of this lab must not be what
 * drives the group that they are in out of memory. */
static int choose_unit(struct lab_context *context, uint64_t *unit_bytes)
{
	uint64_t ceiling;
	const int error =
		lab_ceiling(context, UNITS * LEAST_UNIT_BYTES, &ceiling);

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
	.row = &row_type,
	.run = run,
};
