/* SPDX-License-Identifier: MIT */
/*
 * touch: what happens when promised memory is written to?
 *
 * A process in a memory control group of its own is promised four times what
 * the group may use, and writes to it page by page until the kernel kills it.
 * We look on from outside.
 */

#include <string.h>
#include <sys/wait.h>

#include "bench/labs/memory_group.h"
#include "bench/labs/part.h"
#include "bench/labs/region.h"
#include "bench/labs/worker.h"
#include "bench/machine/clock.h"
#include "bench/machine/memory.h"
#include "bench/machine/process.h"

#define MIB ((uint64_t)1 << 20)
#define PROMISE_TIMES 4
#define PTE_BYTES 8 /* of page tables for each page */

struct touch {
	struct trial trial;

	/* Written by the worker. */
	int refused; /* errno of the promise, or 0 */
	_Atomic uint64_t touched_bytes;

	/* Before it writes. */
	uint64_t asked_bytes;
	struct memory_group_reading before;
	uint64_t committed_before;
	int64_t began_ns;

	/* At one look from outside. */
	int64_t ns;
	struct process_memory process;
	uint64_t committed_bytes; /* by how much Committed_AS has grown */
	struct memory_group_reading group;

	/* At the end. */
	double death_ns;   /* since it began, when the kill was first seen */
	const char *event; /* NULL: not the end */
	const char *answer;
	int signal;
	char touched[24], predicted[24];
};

#define AT(member) offsetof(struct touch, member)

static const struct row_field fields[] = {
	FIELD("time_ns", INTEGER, AT(ns),
	      "since the process was told to begin"),
	FIELD("promised_bytes", BYTES, AT(asked_bytes),
	      "what it asked for, and got unless `event` is `refused`"),
	FIELD("touched_bytes", BYTES, AT(touched_bytes),
	      "what it has written to, by its own count"),
	FIELD("resident_bytes", BYTES, AT(process.rss_bytes),
	      "VmRSS; 0 when it is dead"),
	FIELD("page_table_bytes", BYTES, AT(process.page_table_bytes), "VmPTE"),
	FIELD("committed_bytes", BYTES, AT(committed_bytes),
	      "growth of Committed_AS since before, of the whole machine"),
	FIELD("group_used_bytes", BYTES, AT(group.usage_bytes),
	      "charged to its memory control group"),
	FIELD("limit_bytes", BYTES, AT(trial.limit_bytes),
	      "limit of that group"),
	FIELD("oom_kill", BYTES, AT(group.oom_kill), "the group's counter"),
	FIELD("event", TEXT, AT(event),
	      "of the last row: `oom_kill`, `refused`, `survived`; else empty"),
	{ 0 },
};

static const struct row_field words[] = {
	FIELD("answer", TEXT, AT(answer)),
	FIELD("touched", LINE, AT(touched)),
	FIELD("predicted", LINE, AT(predicted)),
	FIELD("death", NS, AT(death_ns)),
	FIELD("signal", COUNT, AT(signal)),
	FIELD("kills_before", INTEGER, AT(before.oom_kill)),
	FIELD("kills", INTEGER, AT(group.oom_kill)),
	{ 0 },
};

static int look_before(void *row)
{
	struct touch *touch = row;
	struct meminfo memory;
	int error = meminfo_read_commit(&memory);

	if (!error)
		error = memory_group_read(touch->trial.group, &touch->before);
	if (error)
		return error;
	touch->committed_before = memory.committed_bytes;
	touch->asked_bytes = PROMISE_TIMES * touch->trial.limit_bytes;
	touch->began_ns = clock_now_ns();
	return 0;
}

static int touch_pages(void *row)
{
	struct touch *touch = row;

	touch->refused =
		-worker_populate(touch->asked_bytes, &touch->touched_bytes);
	return 0;
}

static int look(void *row)
{
	struct touch *touch = row;
	struct meminfo memory;
	int error = meminfo_read_commit(&memory);

	if (error)
		return error;
	touch->ns = clock_now_ns() - touch->began_ns;
	/* A process that has died holds nothing. */
	if (process_memory_read(touch->trial.pid, &touch->process))
		touch->process = (struct process_memory){ 0 };
	touch->committed_bytes =
		minus(memory.committed_bytes, touch->committed_before);
	error = memory_group_read(touch->trial.group, &touch->group);
	if (touch->death_ns <= 0 &&
	    touch->group.oom_kill != touch->before.oom_kill)
		touch->death_ns = (double)touch->ns;
	return error;
}

static void put_mib(char text[24], uint64_t bytes)
{
	snprintf(text, 24, "%.2f MiB", (double)bytes / MIB);
}

static int look_back(void *row)
{
	struct touch *touch = row;
	const int error = look(touch);
	/* What the group still allowed, less the page tables that it takes. */
	const uint64_t predicted_bytes =
		(touch->trial.limit_bytes - touch->before.usage_bytes) /
		(page_bytes() + PTE_BYTES) * page_bytes();

	touch->event = touch->refused	     ? "refused"
		       : touch->death_ns > 0 ? "oom_kill"
					     : "survived";
	touch->answer = touch->refused ? "no" : "yes";
	touch->signal = WTERMSIG(touch->trial.status);
	put_mib(touch->touched, touch->touched_bytes);
	put_mib(touch->predicted, predicted_bytes);
	/* The command's status tells of this one. */
	touch->trial.context->skipped += !strcmp(touch->event, "survived");
	return error;
}

LESSON_WHEN(touch, was_killed, !strcmp(row->event, "oom_kill"))
LESSON_WHEN(touch, was_refused_strictly, row->refused && row->trial.mode == 2)
LESSON_WHEN(touch, was_refused, row->refused && row->trial.mode != 2)
LESSON_WHEN(touch, survived, !strcmp(row->event, "survived"))

static const struct lesson lessons[] = {
	{ NULL, "A process in a memory control group that may use "
		"{limit_bytes} asked for {promised_bytes}, as malloc() does "
		"for such sizes, by mmap(2). The answer was {answer}, in "
		"overcommit mode {mode}: the group's limit plays no part in a "
		"promise." },
	{ was_killed,
	  "It wrote to one page after the other. No write can say no: after "
	  "{touched} (predicted: {predicted}) in {death} the group was full, "
	  "the kernel found nothing to reclaim, and killed the process with "
	  "signal {signal}. Its oom_kill counter went from {kills_before} to "
	  "{kills}. The program had checked the answer to its request, and got "
	  "no chance to do anything." },
	{ was_refused_strictly,
	  "So nothing was written to, and nobody died: that is what mode 2 is "
	  "for." },
	{ was_refused,
	  "So nothing was written to, and nobody died: a limit of the process "
	  "itself, RLIMIT_AS or RLIMIT_DATA (getrlimit(2)), was less." },
	{ survived,
	  "It was not killed within a minute: somebody may have switched the "
	  "OOM killer of this group off." },
	{ 0 },
};

static const struct lab_part part = {
	.row_bytes = sizeof(struct touch),
	.doing = "write to memory in a group of its own",
	.most_bytes = 256 * MIB,
	.least_bytes = 16 * MIB,
	.deadly = true,
	.before = look_before,
	.act = touch_pages,
	.look = look,
	.after = look_back,
	.limit_ms = 60000, /* a group that cannot kill would let it wait */
	.words = words,
	.lessons = lessons,
};

const struct lab lab_touch = {
	.name = "touch",
	.place = 2,
	.summary = "what happens when promised memory is written to",
	.row = &(const struct row_type)ROW_TYPE("touch.csv", fields),
	.parts = (const struct lab_part *const[]){ &part, NULL },
};
