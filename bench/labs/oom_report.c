/* SPDX-License-Identifier: MIT */
/* What was seen of kills, in words; see oom_report.h. */

#include "bench/labs/oom_report.h"
#include "bench/labs/report.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench/show/table.h"
#include "bench/show/units.h"

bool oom_death_agrees(const struct oom_death *death)
{
	return !strcmp(death->predicted, death->observed);
}

static size_t count_of(const char *text, char letter)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == letter;
	return count;
}

static void tabulate(struct table *table, const struct oom_death *death)
{
	const bool agrees = oom_death_agrees(death);

	table_cell(table, "%s", death->name);
	table_size(table,
		   death->process.rss_bytes + death->process.page_table_bytes);
	table_cell(table, "%d", death->process.oom_score_adj);
	/* Nobody here is lowered: it is not negative. */
	table_size(table, (uint64_t)death->badness_bytes);
	table_cell(table, "%s", death->predicted);
	table_cell(table, "%s%s", death->observed, agrees ? "" : "!");
	table_row(table, agrees ? TABLE_PLAIN : TABLE_BAD);
}

static int tell_deaths(struct lab_context *context,
		       const struct memory_group *group,
		       const struct oom_death *deaths, size_t count)
{
	static const char *const heads[] = { "kill",	"holds",     "adj",
					     "badness", "predicted", "killed",
					     NULL };
	struct table table;

	lab_tell(context,
		 "Then three processes shared a memory control group of %s: a "
		 "small one with oom_score_adj 1000, a larger steady one and "
		 "one that grew, both with 500. In a group a step of "
		 "oom_score_adj is a thousandth of the group's limit, so the "
		 "same process has another badness than on the machine.",
		 size_human(group->limit_bytes).text);
	table_init(&table, "lrrrll");
	table_heads(&table, heads);
	for (size_t i = 0; i < count; i++)
		tabulate(&table, &deaths[i]);
	return lab_tell_table(context, &table);
}

static const struct counter {
	const char *name;
	size_t offset; /* in a reading */
	const char *meaning;
} counters[] = {
#define COUNTER(name, meaning)                                                 \
	{                                                                      \
#name, offsetof(struct memory_group_reading, name), meaning    \
	}
	COUNTER(failcnt, "the limit was hit; most hits end in reclaim"),
	COUNTER(low, "reclaimed although below memory.low"),
	COUNTER(high, "slowed down above memory.high"),
	COUNTER(max, "the limit was hit; most hits end in reclaim"),
	COUNTER(oom, "reclaim did not help either"),
	COUNTER(oom_kill, "processes that were killed"),
	COUNTER(oom_group_kill, "the whole group was (memory.oom.group)"),
};

static uint64_t value_of(const struct oom_death *death,
			 const struct counter *counter)
{
	uint64_t value;

	memcpy(&value, (const char *)&death->growth + counter->offset,
	       sizeof value);
	return value;
}

/* A line a counter, a column a death. */
static int tell_counters(struct lab_context *context,
			 const struct oom_death *deaths, size_t count)
{
	struct table table;

	lab_tell(context, "What the group counted meanwhile (version 1: "
			  "memory.failcnt, memory.oom_control; version 2: "
			  "memory.events):");
	table_init(&table, "lrrrl");
	table_cell(&table, "counter");
	for (size_t i = 0; i < count; i++)
		table_cell(&table, "%s", deaths[i].name);
	table_row(&table, TABLE_STRONG);
	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		if (value_of(deaths, &counters[i]) == MEMORY_GROUP_ABSENT)
			continue;
		table_cell(&table, "%s", counters[i].name);
		for (size_t j = 0; j < count; j++)
			table_cell(&table, "%" PRIu64,
				   value_of(&deaths[j], &counters[i]));
		table_span(&table, "%s", counters[i].meaning);
		table_row(&table, TABLE_PLAIN);
	}
	return lab_tell_table(context, &table);
}

/* As a program that counts kills by the counter would have it. */
static void tell_whole(struct lab_context *context,
		       const struct oom_death *death)
{
	const uint64_t killed = 1 + (uint64_t)count_of(death->observed, '+');

	if (strcmp(death->name, "whole") != 0)
		return;
	lab_tell(context,
		 "With memory.oom.group the whole group died as one: %" PRIu64
		 " processes, and oom_kill grew by %" PRIu64 ".%s",
		 killed, death->growth.oom_kill,
		 death->growth.oom_kill > killed
			 ? " The one that was chosen is counted once more when "
			   "all are killed: the counter is not the number of "
			   "the dead."
			 : "");
}

static void tell_size(struct lab_context *context, const char *name,
		      uint64_t bytes, const char *meaning)
{
	if (bytes != OOM_LOG_ABSENT)
		fprintf(context->text, "  %-15s %9s  %s\n", name,
			size_human(bytes).text, meaning);
}

static void tell_log(struct lab_context *context, const struct oom_death *death)
{
	const struct oom_log_kill *log = &death->log;

	lab_tell(context, "The kernel's log says of the %s kill:", death->name);
	lab_tell(context, "%s", death->line);
	tell_size(context, "total-vm", log->vm_bytes,
		  "address space: promised, and no memory yet");
	tell_size(context, "anon-rss", log->anon_bytes,
		  "resident, of no file: heap and stacks");
	tell_size(context, "file-rss", log->file_bytes,
		  "resident, of files: program and libraries");
	tell_size(context, "shmem-rss", log->shmem_bytes,
		  "resident and shared: tmpfs, shared mappings");
	tell_size(context, "pgtables", log->page_table_bytes,
		  "its page tables, which count too");
	fputc('\n', context->text);
}

static void tell_no_log(struct lab_context *context, int log_error)
{
	if (log_error)
		lab_tell(context,
			 "The kernel's log has a line for each; this user may "
			 "not read it: %s. `sudo dmesg` shows it, or set "
			 "kernel.dmesg_restrict to 0.",
			 strerror(-log_error));
	else
		lab_tell(context,
			 "No line about them was found in the kernel's log: "
			 "in a container pids are other ones there.");
}

int oom_report(struct lab_context *context, const struct memory_group *group,
	       const struct oom_death *deaths, size_t count, int log_error)
{
	const struct oom_death *logged = NULL;
	int error = tell_deaths(context, group, deaths, count);

	for (size_t i = 0; i < count; i++)
		if (deaths[i].logged && !logged)
			logged = &deaths[i];
	if (!error)
		error = tell_counters(context, deaths, count);
	tell_whole(context, &deaths[count - 1]);
	if (group->version == 1)
		lab_tell(context,
			 "To kill a group as a whole (memory.oom.group) is "
			 "of version 2 alone.");
	if (logged)
		tell_log(context, logged);
	else
		tell_no_log(context, log_error);
	return error;
}
