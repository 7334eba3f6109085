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
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/labs/oom.h"
#include "bench/labs/region.h"
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
	int first;  /* of the processes: those before it are not there */
	bool whole; /* with memory.oom.group */
};

static const struct kill_case cases[] = {
	{ .one = { .name = "first" }, .first = RAISED },
	{ .one = { .name = "second" }, .first = STEADY },
	{ .one = { .name = "whole" }, .first = RAISED, .whole = true },
};

/* Not in the row, which workers share with us: each knows itself as pid 0. */
static struct coprocess others[GROWING];

static int kernel_log; /* open, or -errno */

/* What another one is told at its birth. */
struct member {
	const struct oom *oom;
	int number;
};

static const struct kill_case *case_of(const struct oom *oom)
{
	return (const struct kill_case *)oom->trial.one;
}

/* 0: there is none. */
static pid_t pid_of(const struct oom *oom, int i)
{
	return i == GROWING ? oom->trial.pid : others[i].pid;
}

static int take_place(const struct oom *oom, int number)
{
	const int error = worker_populate(
		processes[number].units * oom_unit_bytes(oom), NULL);

	return error ?: worker_set_oom_score_adj(processes[number].adj);
}

static int prepare(void *row)
{
	return take_place(row, GROWING);
}

static int prepare_other(void *data)
{
	const struct member *member = data;
	const int error = memory_group_enter(member->oom->trial.group);

	return error ?: take_place(member->oom, member->number);
}

/* After an error they end with their group. */
static void end_others(void)
{
	for (int i = 0; i < GROWING; i++)
		if (others[i].pid)
			coprocess_end(&others[i], NULL);
	memset(others, 0, sizeof others);
}

static int start_others(const struct oom *oom)
{
	int error = 0;

	for (int i = case_of(oom)->first; i < GROWING && !error; i++)
		error = worker_start(&others[i], NULL, prepare_other, NULL,
				     &(struct member){ oom, i });
	return error;
}

/* The victim when the group is full: by then the growing process has taken the
 * room that is left now. */
static int predict_victim(struct oom *oom, uint64_t room_bytes)
{
	const struct badness_scope scope = {
		.total_bytes = oom->trial.limit_bytes,
		.page_bytes = page_bytes(),
	};
	const int first = case_of(oom)->first;
	struct badness_process all[PROCESSES] = { 0 };
	size_t victim;
	int error = 0;

	for (int i = first; i < PROCESSES && !error; i++) {
		all[i].oom_score_adj = processes[i].adj;
		error = process_memory_read(pid_of(oom, i), &all[i].memory);
	}
	if (error)
		return error;
	all[GROWING].memory.rss_bytes += room_bytes;
	victim = (size_t)first + badness_victim(all + first,
						(size_t)(PROCESSES - first),
						&scope);
	oom->process = all[victim];
	oom_weigh(oom, &scope);
	strcpy(oom->predicted, case_of(oom)->whole ? "raised+steady+growing"
						   : processes[victim].name);
	return 0;
}

/* What this kernel cannot do is left out. The worker shall want half a unit
 * more than there is, or more than all. */
static int before(void *row)
{
	struct oom *oom = row;
	const struct kill_case *one = case_of(oom);
	struct memory_group_reading reading;
	uint64_t room_bytes;
	int error;

	if (one->whole && memory_group_set_oom_group(oom->trial.group))
		return LAB_LEAVE_OUT;
	error = start_others(oom);
	if (!error)
		error = memory_group_read(oom->trial.group, &reading);
	if (error)
		return error;
	oom_begin(oom, "kill");
	room_bytes = oom->trial.limit_bytes - reading.usage_bytes;
	oom->goal_bytes = room_bytes + oom_unit_bytes(oom) / 2;
	if (one->first != RAISED || one->whole)
		oom->goal_bytes += oom->trial.limit_bytes;
	kernel_log = oom_log_open();
	return predict_victim(oom, room_bytes);
}

static int grow(void *row)
{
	const struct oom *oom = row;

	return worker_populate(oom->goal_bytes, NULL);
}

/* Its end of the socket is closed then; of the growing one the driver knows. */
static bool has_died(const struct oom *oom, int i)
{
	return i == GROWING
		       ? oom->trial.ended == -ECHILD
		       : others[i].pid && !coprocess_await(others[i].socket, 0);
}

/* Memory is given back before a process has ended (oom_reap_task() in
 * mm/oom_kill.c): wait for so many. */
static void await_deaths(const struct oom *oom, int expected)
{
	for (int waited_ms = 0; waited_ms < LIMIT_MS; waited_ms++) {
		int dead = 0;

		for (int i = 0; i < PROCESSES; i++)
			dead += has_died(oom, i);
		if (dead >= expected)
			return;
		poll(NULL, 0, 1);
	}
}

/* Nobody asks for memory after the growing process, the last of the names, has
 * died: whoever stands before another was killed first. */
static bool is_first(const char *who, const char *killed)
{
	const size_t length = strlen(who);

	return !strncmp(who, killed, length) &&
	       (!killed[length] || killed[length] == '+');
}

static int after(void *row)
{
	struct oom *oom = row;
	int error;

	await_deaths(oom, case_of(oom)->whole ? PROCESSES : 1);
	error = memory_group_read(oom->trial.group, &oom->group);
	for (int i = 0; i < PROCESSES; i++) {
		if (!has_died(oom, i))
			continue;
		text_join(oom->observed, sizeof oom->observed, "+", "%s",
			  processes[i].name);
		if (kernel_log >= 0 && !oom->logged.line[0])
			oom_log_find(kernel_log, LOG_WAIT_MS, pid_of(oom, i),
				     &oom->logged);
		oom->killed++;
	}
	if (!oom->killed)
		strcpy(oom->observed, "nobody");
	oom->trial.agrees = is_first(oom->predicted, oom->observed);
	if (kernel_log >= 0)
		close(kernel_log);
	end_others();
	return error;
}

/* A line a counter, a column a kill. */
static int tell_counters(struct lab_context *context)
{
	const struct oom *oom, *first = lab_row(context, 0);
	char text[ROW_TEXT_BYTES];
	struct table table;

	report_text(context, "What the group counted meanwhile (version 1: "
			     "memory.failcnt, memory.oom_control; version 2: "
			     "memory.events):");
	table_init(&table, "lrrrl");
	table_cell(&table, "counter");
	for (size_t i = 0; (oom = lab_row(context, i)); i++)
		table_cell(&table, "%s", oom->trial.case_name);
	table_row(&table, TABLE_STRONG);
	for (const struct row_field *counter = memory_group_counters;
	     counter->name; counter++) {
		if (!*row_text(counter, row_member(counter, &first->group),
			       text))
			continue;
		table_cell(&table, "%s", counter->name);
		for (size_t i = 0; (oom = lab_row(context, i)); i++)
			table_cell(&table, "%s",
				   row_text(counter,
					    row_member(counter, &oom->group),
					    text));
		table_span(&table, "%s", counter->help);
		table_row(&table, TABLE_PLAIN);
	}
	return report_table(context, &table);
}

/* Of the first kill that is there. */
static void tell_log(struct lab_context *context)
{
	const struct row_field *size = oom_log_sizes;
	const struct oom *oom;

	for (size_t i = 0; (oom = lab_row(context, i)) && !oom->logged.line[0];
	     i++)
		;
	if (oom) {
		report_text(context, "The kernel's log says of the %s kill:",
			    oom->trial.case_name);
		report_text(context, "%s", oom->logged.line);
		for (; size->name; size++) {
			const uint64_t *bytes =
				row_member(size, &oom->logged.memory);

			if (*bytes != BYTES_UNKNOWN)
				fprintf(context->text, "  %-15s %9s  %s\n",
					size->name, size_human(*bytes).text,
					size->help);
		}
		fputc('\n', context->text);
	} else if (kernel_log < 0) {
		report_text(
			context,
			"The kernel's log has a line for each; this user may "
			"not read it: %s. `sudo dmesg` shows it, or set "
			"kernel.dmesg_restrict to 0.",
			strerror(-kernel_log));
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

static const struct lab_column columns[] = {
	{ "kill", 'l', "{case}" },
	{ "holds", 'r', "{held_bytes}" },
	{ "adj", 'r', "{oom_score_adj}" },
	{ "badness", 'r', "{badness}" },
	{ "predicted", 'l', "{predicted}" },
	{ "killed", 'l', "{observed}{mark}" },
	{ 0 },
};

LESSON_WHEN(oom, is_whole, case_of(row)->whole)
LESSON_WHEN(oom, is_counted_twice,
	    is_whole(row) && row->group.oom_kill > (uint64_t)row->killed)
/* exit_mmap() and oom_reap_task() set MMF_OOM_SKIP before the last batch of
 * pages is free (mm/mmap.c, mm/oom_kill.c). */
LESSON_WHEN(oom, is_chosen_twice, row->killed > 1 && !case_of(row)->whole)
LESSON_WHEN(oom, is_of_version_1, row->group.failcnt != BYTES_UNKNOWN)

static const struct lesson lessons[] = {
	{ is_whole, "With memory.oom.group the whole group died as one: "
		    "{killed} processes, and oom_kill grew by {kills}." },
	{ is_counted_twice,
	  "The one that was chosen is counted once more when all are killed: "
	  "oom_kill is not the number of the dead." },
	{ is_chosen_twice,
	  "The {case} kill was followed by another: the kernel chose again "
	  "before the first had given back all of its memory." },
	{ is_of_version_1, "To kill a group as a whole (memory.oom.group) is "
			   "of version 2 alone." },
	{ 0 },
};

const struct lab_part oom_kills = {
	.row_bytes = sizeof(struct oom),
	LAB_CASES(cases),
	.doing = "fill a memory control group",
	.most_bytes = OOM_UNITS * OOM_UNIT_BYTES,
	.least_bytes = OOM_UNITS * OOM_UNIT_LEAST_BYTES,
	.deadly = true,
	.ungrouped = "Nobody was driven out of memory: without a group of its "
		     "own the kernel would choose among all processes of this "
		     "machine. Here is none, because",
	.prepare = prepare,
	.before = before,
	.act = grow,
	.after = after,
	.limit_ms = LIMIT_MS,
	.words = oom_words,
	.intro = "Then three processes shared a memory control group of "
		 "{limit_bytes}: a small one with oom_score_adj 1000, a "
		 "larger steady one and one that grew, both with 500. In a "
		 "group a step of oom_score_adj is a thousandth of the "
		 "group's limit, so the same process has another badness than "
		 "on the machine.",
	.columns = columns,
	.all = "All {tried} were predicted.",
	.some = "{wrong} of {tried} were predicted otherwise (marked !).",
	.lessons = lessons,
	.tell = tell,
};
