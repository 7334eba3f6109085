/* SPDX-License-Identifier: MIT */
/*
 * The third part of the lab `oom`: a group is filled until somebody is killed.
 *
 * Up to three processes: a small one that is raised, a larger one that stays as
 * it is, and the worker, which grows. All have an oom_score_adj of 500 at
 * least, so that they go first if the machine itself runs out; only differences
 * count.
 *
 * Longer than other files: a part of a lab is one file.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/labs/driver.h"
#include "bench/labs/oom.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/show/table.h"

#define LIMIT_MS 10000
#define LOG_WAIT_MS 500
#define BASE_ADJ 500

enum { RAISED, STEADY, GROWING, PROCESSES };

static const struct {
	const char *name;
	unsigned units; /* that it holds before one grows */
	int adj;
} processes[PROCESSES] = {
	{ "raised", 1, 1000 },
	{ "steady", 2, BASE_ADJ },
	{ "growing", 1, BASE_ADJ },
};

struct kill_case {
	struct lab_case one;
	bool raised; /* there is such a process */
	bool whole;  /* with memory.oom.group */
};

static const struct kill_case cases[] = {
	{ .one = { .name = "first" }, .raised = true },
	{ .one = { .name = "second" } },
	{ .one = { .name = "whole" }, .raised = true, .whole = true },
};

/* One time that the group was full. */
struct kill {
	struct oom oom;
	pid_t pids[PROCESSES]; /* 0: there is none */
	struct memory_group_reading before;
	uint64_t goal_bytes; /* to which it grows */
	struct oom_log log;

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

/* Not in the row, which workers share with us: each knows itself as pid 0. */
static struct worker others[GROWING];

static const struct kill_case *case_of(const struct kill *kill)
{
	return (const struct kill_case *)kill->oom.trial.one;
}

static int enter(const struct kill *kill, int i)
{
	int error = memory_group_enter(kill->oom.trial.group, 0);

	if (!error)
		error = worker_populate(processes[i].units * oom_unit_bytes);
	return error ? error : worker_set_oom_score_adj(processes[i].adj);
}

static int prepare(void *row)
{
	return enter(row, GROWING);
}

static int be_raised(void *row)
{
	return enter(row, RAISED);
}

static int be_steady(void *row)
{
	return enter(row, STEADY);
}

static void bury(const struct kill *kill)
{
	for (int i = 0; i < GROWING; i++)
		if (kill->pids[i])
			coprocess_end(&others[i].process, NULL);
}

static int start_others(struct kill *kill)
{
	static int (*const lives[])(void *) = { be_raised, be_steady };
	int error = 0;

	kill->pids[GROWING] = kill->oom.trial.pid;
	for (int i = 0; i < GROWING && !error; i++) {
		if (i == RAISED && !case_of(kill)->raised)
			continue;
		error = worker_start(&others[i], NULL, lives[i], NULL, kill);
		if (!error)
			kill->pids[i] = others[i].process.pid;
	}
	return error;
}

/* The victim when the group is full: by then the growing process has taken the
 * room that is left now. */
static int predict(struct kill *kill, uint64_t room_bytes)
{
	struct oom *oom = &kill->oom;
	const struct badness_scope scope = {
		.total_bytes = kill->limit_bytes,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	struct badness_process all[PROCESSES];
	size_t victim;
	int error = 0;

	for (int i = 0; i < PROCESSES && !error; i++) {
		all[i] = (struct badness_process){
			.oom_score_adj = processes[i].adj,
			.exempt = !kill->pids[i],
		};
		if (kill->pids[i])
			error = oom_read(kill->pids[i], &all[i]);
	}
	if (error)
		return error;
	all[GROWING].rss_bytes += room_bytes;
	victim = badness_victim(all, PROCESSES, &scope);
	if (victim == PROCESSES)
		return -ESRCH;
	oom->process = all[victim];
	oom_weigh(oom, &scope);
	strcpy(oom->predicted, case_of(kill)->whole ? "raised+steady+growing"
						    : processes[victim].name);
	return 0;
}

/* Let it want half a unit more than there is, or more than all. */
static int begin(struct kill *kill)
{
	struct memory_group *group = kill->oom.trial.group;
	uint64_t room_bytes;
	int error = start_others(kill);

	if (!error)
		error = memory_group_read(group, &kill->before);
	if (error)
		return error;
	oom_begin(&kill->oom, "kill");
	kill->limit_bytes = group->limit_bytes;
	room_bytes = group->limit_bytes - kill->before.usage_bytes;
	kill->goal_bytes = room_bytes + oom_unit_bytes / 2;
	if (!case_of(kill)->raised || case_of(kill)->whole)
		kill->goal_bytes += group->limit_bytes;
	kill->log_error = oom_log_open(&kill->log);
	return predict(kill, room_bytes);
}

/* What this kernel cannot do is left out. */
static int before(void *row)
{
	struct kill *kill = row;
	int error;

	if (case_of(kill)->whole &&
	    memory_group_set_oom_group(kill->oom.trial.group, true))
		return LAB_LEAVE_OUT;
	error = begin(kill);
	if (error)
		bury(kill);
	return error;
}

static int grow(void *row)
{
	const struct kill *kill = row;

	return worker_populate(kill->goal_bytes);
}

/* Killed, and not reaped yet; of the growing one the driver knows. */
static bool has_died(const struct kill *kill, int i)
{
	siginfo_t info = { .si_pid = 0 };

	if (i == GROWING)
		return kill->oom.trial.ended == -ECHILD;
	return kill->pids[i] &&
	       !waitid(P_PID, (id_t)kill->pids[i], &info,
		       WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid;
}

/* Memory is given back before a process has ended (oom_reap_task() in
 * mm/oom_kill.c): wait for so many. */
static void await_deaths(const struct kill *kill, int expected)
{
	for (int waited_ms = 0; waited_ms < LIMIT_MS; waited_ms++) {
		int dead = 0;

		for (int i = 0; i < PROCESSES; i++)
			dead += has_died(kill, i);
		if (dead >= expected)
			return;
		poll(NULL, 0, 1);
	}
}

static void find_in_log(struct kill *kill, pid_t pid)
{
	struct oom_log_record record;

	while (!kill->log_error && !kill->line[0] &&
	       !oom_log_next(&kill->log, LOG_WAIT_MS, &record)) {
		if (record.kill.pid != pid)
			continue;
		kill->oom.log = record.kill;
		snprintf(kill->line, sizeof kill->line, "%.*s",
			 (int)sizeof kill->line - 1, record.line);
	}
}

static int after(void *row)
{
	struct kill *kill = row;
	struct oom *oom = &kill->oom;
	int error;

	await_deaths(kill, case_of(kill)->whole ? PROCESSES : 1);
	error = memory_group_read(oom->trial.group, &oom->growth);
	memory_group_growth(&kill->before, &oom->growth);
	*oom->observed = '\0';
	for (int i = 0; i < PROCESSES; i++) {
		if (!has_died(kill, i))
			continue;
		text_join(oom->observed, sizeof oom->observed, "+", "%s",
			  processes[i].name);
		find_in_log(kill, kill->pids[i]);
		kill->killed++;
	}
	if (!kill->killed)
		strcpy(oom->observed, "nobody");
	oom->trial.agrees = !strcmp(oom->predicted, oom->observed);
	if (!kill->log_error)
		oom_log_close(&kill->log);
	bury(kill);
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

	report_text(context, "What the group counted meanwhile (version 1: "
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
	return report_table(context, &table);
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
		report_text(context, "The kernel's log says of the %s kill:",
			    kill->oom.trial.case_name);
		report_text(context, "%s", kill->line);
		tell_sizes(context, &kill->oom.log);
	} else if (log_error) {
		report_text(
			context,
			"The kernel's log has a line for each; this user may "
			"not read it: %s. `sudo dmesg` shows it, or set "
			"kernel.dmesg_restrict to 0.",
			strerror(-log_error));
	} else {
		report_text(
			context,
			"The kernel's log has no line about these kills: in "
			"a container it names processes by other pids.");
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

LESSON_WHEN(kill, is_whole, case_of(row)->whole)
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
	.doing = "fill a memory control group",
	.prepare = prepare,
	.before = before,
	.act = grow,
	.after = after,
	.limit_ms = LIMIT_MS,
	.deadly = true,
	.words = words,
	.intro = intro,
	.columns = columns,
	.all = "All {tried} were predicted.",
	.some = "{wrong} of {tried} were predicted otherwise (marked !).",
	.lessons = lessons,
	.tell = tell,
};
