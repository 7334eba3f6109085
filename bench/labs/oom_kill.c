/* SPDX-License-Identifier: MIT */
/*
 * The third part of the lab `oom`: a group is filled until somebody is killed.
 *
 * Three processes: a small one that is raised, a larger one that stays as it
 * is, and one that grows. All have an oom_score_adj of 500 at least, so that
 * they go first if the machine itself runs out; only differences count.
 *
 * Longer than others: three processes are led at once, not by the driver.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/labs/driver.h"
#include "bench/labs/oom.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"
#include "bench/show/table.h"
#include "bench/show/units.h"

#define LIMIT_MS 10000
#define LOG_WAIT_MS 500
#define BASE_ADJ 500
#define RAISED_ADJ 1000

enum { RAISED, STEADY, GROWING, PROCESSES };

static const char *const names[] = { "raised", "steady", "growing" };
static const unsigned units[] = { 1, 2, 1 };
static const struct lab_case cases[] = { { .name = "first" },
					 { .name = "second" },
					 { .name = "whole" } };

/* One time that the group was full. */
struct kill {
	struct oom oom;

	/* In texts. */
	uint64_t limit_bytes; /* of the group */
	int killed;
	int log_error;	/* the kernel's log cannot be read */
	char line[512]; /* as the kernel wrote it; "": none was found */
};

#define AT(member) offsetof(struct kill, member)

static const struct row_field words[] = {
	FIELD("held_bytes", BYTES, AT(oom.held_bytes)),
	FIELD("badness", LINE, AT(oom.badness)),
	FIELD("limit_bytes", BYTES, AT(limit_bytes)),
	FIELD("killed", COUNT, AT(killed)),
	FIELD("kills", INTEGER, AT(oom.growth.oom_kill)),
	{ 0 },
};

/* A process in the group, in memory that it shares with us. */
struct process {
	const struct memory_group *group;
	uint64_t bytes; /* to hold from the begin */
	int oom_score_adj;
	int error; /* of its preparation */

	struct worker_growth growth;
};

/* The processes, and what is written of them. */
struct stage {
	struct lab_context *context;
	struct memory_group *group;
	struct process *processes;
	struct worker workers[PROCESSES]; /* pid 0: not alive */
	struct oom_log log;
	int log_error;
};

static void enter(void *data)
{
	struct process *process = data;

	process->error = memory_group_enter(process->group, 0);
	if (!process->error)
		process->error = worker_populate(process->bytes);
	if (!process->error)
		process->error =
			worker_set_oom_score_adj(process->oom_score_adj);
}

static void grow(void *data)
{
	struct process *process = data;

	worker_grow(&process->growth);
}

static void bury(struct worker *worker)
{
	if (worker->pid)
		worker_end(worker, NULL);
	worker->pid = 0;
}

static void bury_all(struct stage *stage)
{
	for (int i = 0; i < PROCESSES; i++)
		bury(&stage->workers[i]);
}

static int begin(struct stage *stage)
{
	int error = 0;

	for (int i = 0; i < PROCESSES && !error; i++) {
		struct process *process = &stage->processes[i];

		*process = (struct process){
			.group = stage->group,
			.bytes = units[i] * oom_unit_bytes,
			.oom_score_adj = i == RAISED ? RAISED_ADJ : BASE_ADJ,
		};
		error = worker_start(&stage->workers[i], NULL, enter, grow,
				     process);
		if (error)
			stage->workers[i].pid = 0;
		else
			error = process->error;
	}
	if (!error)
		worker_go(&stage->workers[GROWING]);
	return error;
}

/* Killed, and not reaped yet. */
static bool has_died(const struct worker *worker)
{
	siginfo_t info = { .si_pid = 0 };

	return worker->pid &&
	       !waitid(P_PID, (id_t)worker->pid, &info,
		       WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid;
}

static int count_dead(const struct stage *stage)
{
	int dead = 0;

	for (int i = 0; i < PROCESSES; i++)
		dead += has_died(&stage->workers[i]);
	return dead;
}

/* Who is first when the group is full: then the growing one has the rest. */
static int predict(const struct stage *stage, uint64_t room_bytes,
		   struct oom *oom)
{
	const struct badness_scope scope = {
		.total_bytes = stage->group->limit_bytes,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	struct badness_process all[PROCESSES];
	size_t victim;
	int error = 0;

	for (int i = 0; i < PROCESSES && !error; i++) {
		const pid_t pid = stage->workers[i].pid;

		all[i] = (struct badness_process){
			.oom_score_adj = stage->processes[i].oom_score_adj,
			.exempt = !pid,
		};
		if (pid)
			error = oom_read(pid, &all[i]);
	}
	if (error)
		return error;
	all[GROWING].rss_bytes += room_bytes;
	victim = badness_victim(all, PROCESSES, &scope);
	if (victim == PROCESSES)
		return -ESRCH;
	oom->process = all[victim];
	oom_weigh(oom, &scope);
	snprintf(oom->predicted, sizeof oom->predicted, "%s", names[victim]);
	return 0;
}

/* Let it grow, until so many are dead. */
static void drive(struct stage *stage, uint64_t goal_bytes, int dead)
{
	atomic_store(&stage->processes[GROWING].growth.goal_bytes, goal_bytes);
	for (int i = 0; i < LIMIT_MS && count_dead(stage) < dead; i++)
		poll(NULL, 0, 1);
}

static void find_in_log(struct stage *stage, pid_t pid, struct kill *kill)
{
	struct oom_log_record record;

	while (!stage->log_error && !kill->line[0] &&
	       !oom_log_next(&stage->log, LOG_WAIT_MS, &record)) {
		if (record.kill.pid != pid)
			continue;
		kill->oom.log = record.kill;
		snprintf(kill->line, sizeof kill->line, "%.*s",
			 (int)sizeof kill->line - 1, record.line);
	}
}

static void observe(struct stage *stage, struct kill *kill)
{
	char *text = kill->oom.observed;
	const size_t size = sizeof kill->oom.observed;
	size_t used = 0;

	for (int i = 0; i < PROCESSES; i++) {
		if (!has_died(&stage->workers[i]))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 used ? "+" : "", names[i]);
		find_in_log(stage, stage->workers[i].pid, kill);
		bury(&stage->workers[i]);
		kill->killed++;
	}
	if (!used)
		snprintf(text, size, "nobody");
	kill->oom.trial.agrees = !strcmp(kill->oom.predicted, text);
}

/* Fill the group, so that there is over_bytes too little room. */
static int fill_group(struct stage *stage, const struct lab_case *one,
		      uint64_t over_bytes, bool whole)
{
	struct kill kill = {
		.oom.trial = { .context = stage->context,
			       .part = &oom_kills,
			       .mode = stage->context->users_mode,
			       .one = one,
			       .case_name = one->name,
			       .group = stage->group },
		.limit_bytes = stage->group->limit_bytes,
		.log_error = stage->log_error,
	};
	const uint64_t grown_bytes =
		atomic_load(&stage->processes[GROWING].growth.grown_bytes);
	struct memory_group_reading before;
	uint64_t room_bytes;
	int error = memory_group_read(stage->group, &before);

	if (error)
		return error;
	oom_begin(&kill.oom, "kill");
	room_bytes = stage->group->limit_bytes - before.usage_bytes;
	error = predict(stage, room_bytes, &kill.oom);
	if (error)
		return error;
	if (whole)
		strcpy(kill.oom.predicted, "raised+steady+growing");
	drive(stage, grown_bytes + room_bytes + over_bytes,
	      whole ? PROCESSES : 1);
	error = memory_group_read(stage->group, &kill.oom.growth);
	memory_group_growth(&before, &kill.oom.growth);
	observe(stage, &kill);
	return error ? error : lab_keep(stage->context, &kill);
}

/* One after the other, and then, where the kernel can, all as one. */
static int fill_groups(struct stage *stage)
{
	const uint64_t all_bytes = stage->group->limit_bytes;
	int error = begin(stage);

	if (!error)
		error = fill_group(stage, &cases[0], oom_unit_bytes / 2, false);
	if (!error && stage->workers[GROWING].pid)
		error = fill_group(stage, &cases[1], all_bytes, false);
	bury_all(stage);
	if (error || memory_group_set_oom_group(stage->group, true))
		return error;
	error = begin(stage);
	if (!error)
		error = fill_group(stage, &cases[2], all_bytes, true);
	bury_all(stage);
	return error;
}

static int run(struct lab_context *context)
{
	const size_t bytes = PROCESSES * sizeof(struct process);
	struct stage stage = {
		.context = context,
		.group = context->group,
		.processes = worker_share(bytes),
	};
	int error;

	if (!stage.processes)
		return lab_fail(context, -ENOMEM, "Free some memory.",
				"begin the lab: no memory");
	stage.log_error = oom_log_open(&stage.log);
	error = fill_groups(&stage);
	if (error)
		lab_fail(context, error, "Try again.", "fill %s: %s",
			 stage.group->directory, strerror(-error));
	if (!stage.log_error)
		oom_log_close(&stage.log);
	worker_unshare(stage.processes, bytes);
	return error;
}

static uint64_t counter_of(const struct kill *kill,
			   const struct row_field *counter)
{
	uint64_t value;

	memcpy(&value, (const char *)&kill->oom.growth + counter->offset,
	       sizeof value);
	return value;
}

/* A line a counter, a column a kill. */
static int tell_counters(struct lab_context *context)
{
	const struct row_field *counter = memory_group_counters;
	const struct kill *kill;
	struct table table;

	lab_tell(context, "What the group counted meanwhile (version 1: "
			  "memory.failcnt, memory.oom_control; version 2: "
			  "memory.events):");
	table_init(&table, "lrrrl");
	table_cell(&table, "counter");
	for (size_t i = 0; (kill = lab_row(context, i)); i++)
		table_cell(&table, "%s", kill->oom.trial.case_name);
	table_row(&table, TABLE_STRONG);
	for (; counter->name; counter++) {
		if (counter_of(lab_row(context, 0), counter) ==
		    MEMORY_GROUP_ABSENT)
			continue;
		table_cell(&table, "%s", counter->name);
		for (size_t i = 0; (kill = lab_row(context, i)); i++)
			table_cell(&table, "%" PRIu64,
				   counter_of(kill, counter));
		table_span(&table, "%s", counter->help);
		table_row(&table, TABLE_PLAIN);
	}
	return lab_tell_table(context, &table);
}

static void tell_sizes(struct lab_context *context,
		       const struct oom_log_kill *log)
{
	for (const struct row_field *size = oom_log_sizes; size->name; size++) {
		uint64_t bytes;

		memcpy(&bytes, (const char *)log + size->offset, sizeof bytes);
		if (bytes != OOM_LOG_ABSENT)
			fprintf(context->text, "  %-15s %9s  %s\n", size->name,
				size_human(bytes).text, size->help);
	}
	fputc('\n', context->text);
}

/* Of the first kill that is there. */
static void tell_log(struct lab_context *context)
{
	const struct kill *kill = lab_row(context, 0);
	const int log_error = kill->log_error;

	for (size_t i = 1; kill && !kill->line[0]; i++)
		kill = lab_row(context, i);
	if (kill) {
		lab_tell(context, "The kernel's log says of the %s kill:",
			 kill->oom.trial.case_name);
		lab_tell(context, "%s", kill->line);
		tell_sizes(context, &kill->oom.log);
	} else if (log_error) {
		lab_tell(context,
			 "The kernel's log has a line for each; this user may "
			 "not read it: %s. `sudo dmesg` shows it, or set "
			 "kernel.dmesg_restrict to 0.",
			 strerror(-log_error));
	} else {
		lab_tell(context,
			 "No line about them was found in the kernel's log: "
			 "in a container pids are other ones there.");
	}
}

static int tell(struct lab_context *context)
{
	const int error = tell_counters(context);

	tell_log(context);
	return error;
}

static const char *const intro[] = {
	"Then three processes shared a memory control group of {limit_bytes}: "
	"a small one with oom_score_adj 1000, a larger steady one and one that "
	"grew, both with 500. In a group a step of oom_score_adj is a "
	"thousandth of the group's limit, so the same process has another "
	"badness than on the machine.",
	NULL,
};

static const struct lab_column columns[] = {
	{ "kill", 'l', "{case}" },
	{ "holds", 'r', "{held_bytes}" },
	{ "adj", 'r', "{oom_score_adj}" },
	{ "badness", 'r', "{badness}" },
	{ "predicted", 'l', "{predicted}" },
	{ "killed", 'l', "{observed}{mark}" },
	{ 0 },
};

LESSON_WHEN(kill, is_whole, row->oom.trial.one == &cases[2])
LESSON_WHEN(kill, is_counted_twice,
	    is_whole(row) && row->oom.growth.oom_kill > (uint64_t)row->killed)
LESSON_WHEN(kill, is_of_version_1, row->oom.trial.group->version == 1)

static const struct lesson lessons[] = {
	{ is_whole, "With memory.oom.group the whole group died as one: "
		    "{killed} processes, and oom_kill grew by {kills}." },
	{ is_counted_twice,
	  "The one that was chosen is counted once more when all are killed: "
	  "oom_kill is not the number of the dead." },
	{ is_of_version_1, "To kill a group as a whole (memory.oom.group) is "
			   "of version 2 alone." },
	{ 0 },
};

const struct lab_part oom_kills = {
	.row_bytes = sizeof(struct kill),
	.cases = cases,
	.case_bytes = sizeof *cases,
	.case_count = sizeof cases / sizeof *cases,
	.run = run,
	.words = words,
	.intro = intro,
	.columns = columns,
	.all = "All {tried} were predicted.",
	.some = "{wrong} of {tried} were predicted otherwise (marked !).",
	.lessons = lessons,
	.tell = tell,
};
