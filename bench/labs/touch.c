/* SPDX-License-Identifier: MIT */
/*
 * touch: what happens when promised memory is written to?
 *
 * A process in a memory control group of its own is promised four times what
 * the group may use, and writes to it page by page until the kernel kills it.
 * We look on from outside.
 */

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/labs/group.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"
#include "bench/machine/clock.h"
#include "bench/machine/memory.h"
#include "bench/machine/process.h"
#include "bench/show/units.h"

#define MIB ((uint64_t)1 << 20)
#define LIMIT_BYTES (256 * MIB)
#define LEAST_BYTES (16 * MIB)
#define PROMISE_TIMES 4
#define SECONDS 60  /* a group that cannot kill would let it wait for ever */
#define PTE_BYTES 8 /* of page tables for each page */

/* Written by the worker, read by us. */
struct touch {
	uint64_t asked_bytes;
	int refused; /* errno of the promise, or 0 */
	_Atomic uint64_t touched_bytes;
};

/* One look from outside. */
struct moment {
	int64_t ns;
	uint64_t touched_bytes;
	uint64_t resident_bytes;
	uint64_t page_table_bytes;
	uint64_t committed_bytes; /* by how much Committed_AS has grown */
	struct memory_group_reading group;
	uint64_t asked_bytes;
	uint64_t limit_bytes; /* of the group */
	const char *event;    /* of the last one; NULL */
};

/* What the experiment keeps. */
struct story {
	struct touch *touch;
	struct memory_group group;
	struct worker worker;
	struct memory_group_reading before;
	uint64_t committed_before;
	int64_t began_ns;
	int64_t death_ns; /* since then, when the kill was first seen */
	struct moment last;
	int status; /* of the worker, as waitpid(2) tells it */
};

static void touch_pages(void *data)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct touch *touch = data;
	char *memory = mmap(NULL, touch->asked_bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		touch->refused = errno;
		return;
	}
	madvise(memory, touch->asked_bytes, MADV_NOHUGEPAGE);
	for (uint64_t at = 0; at < touch->asked_bytes; at += page) {
		memory[at] = 1;
		atomic_store_explicit(&touch->touched_bytes, at + page,
				      memory_order_relaxed);
	}
}

static int look(struct story *story)
{
	struct moment moment = {
		.ns = clock_now_ns() - story->began_ns,
		.touched_bytes = atomic_load(&story->touch->touched_bytes),
		.asked_bytes = story->touch->asked_bytes,
		.limit_bytes = story->group.limit_bytes,
	};
	struct process_memory process = { 0 };
	struct meminfo memory;
	int error = meminfo_read_commit(&memory);

	if (error)
		return error;
	/* It may be dead by now: then it has nothing. */
	if (!process_memory_read(story->worker.pid, &process)) {
		moment.resident_bytes = process.rss_bytes;
		moment.page_table_bytes = process.page_table_bytes;
	}
	moment.committed_bytes =
		memory.committed_bytes > story->committed_before
			? memory.committed_bytes - story->committed_before
			: 0;
	error = memory_group_read(&story->group, &moment.group);
	if (!story->death_ns && moment.group.oom_kill != story->before.oom_kill)
		story->death_ns = moment.ns;
	story->last = moment;
	return error;
}

#define AT(member) offsetof(struct moment, member)

static const struct row_field fields[] = {
	FIELD("time_ns", INTEGER, AT(ns),
	      "since the process was told to begin"),
	FIELD("promised_bytes", BYTES, AT(asked_bytes),
	      "what it asked for, and got unless `event` is `refused`"),
	FIELD("touched_bytes", BYTES, AT(touched_bytes),
	      "what it has written to, by its own count"),
	FIELD("resident_bytes", BYTES, AT(resident_bytes),
	      "VmRSS; 0 when it is dead"),
	FIELD("page_table_bytes", BYTES, AT(page_table_bytes), "VmPTE"),
	FIELD("committed_bytes", BYTES, AT(committed_bytes),
	      "growth of Committed_AS since before, of the whole machine"),
	FIELD("group_used_bytes", BYTES, AT(group.usage_bytes),
	      "charged to its memory control group"),
	FIELD("limit_bytes", BYTES, AT(limit_bytes), "limit of that group"),
	FIELD("oom_kill", BYTES, AT(group.oom_kill), "the group's counter"),
	FIELD("event", TEXT, AT(event),
	      "of the last row: `oom_kill`, `refused`, `survived`; else empty"),
	{ 0 },
};

static const struct row_type row = { "touch.csv", { { .fields = fields } } };

/* Look on until it is dead, or done. */
static int watch_it(struct lab_context *context, struct story *story)
{
	int error = 0, state = -ETIMEDOUT;

	story->began_ns = clock_now_ns();
	worker_go(&story->worker);
	while (!error && state == -ETIMEDOUT) {
		error = look(story);
		if (!error)
			error = row_put(&context->csv, &row, NULL,
					&story->last);
		state = worker_await(&story->worker, 1);
		if (story->last.ns > SECONDS * INT64_C(1000000000))
			break;
	}
	worker_end(&story->worker, &story->status);
	if (!error)
		error = look(story);
	return error;
}

static const char *event_of(const struct story *story)
{
	if (story->touch->refused)
		return "refused";
	if (story->last.group.oom_kill != story->before.oom_kill)
		return "oom_kill";
	return "survived";
}

/* How much can be written: what the group still allows, less the page tables
 * that this takes. */
static uint64_t predict_touched(const struct story *story)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t room =
		story->group.limit_bytes - story->before.usage_bytes;

	return room / (page + PTE_BYTES) * page;
}

static void tell_promise(struct lab_context *context, const struct story *story)
{
	lab_tell(context,
		 "A process in a memory control group that may use %s asked "
		 "for %s, as malloc() does for such sizes, by mmap(2). The "
		 "answer was %s, in overcommit mode %d: the group's limit "
		 "plays no part in a promise.",
		 size_human(story->group.limit_bytes).text,
		 size_human(story->touch->asked_bytes).text,
		 story->touch->refused ? "no" : "yes", context->users_mode);
}

static void tell_death(struct lab_context *context, const struct story *story)
{
	lab_tell(context,
		 "It wrote to one page after the other. No write can say no: "
		 "after %.2f MiB (predicted: %.2f MiB) in %.0f ms the group "
		 "was full, the kernel found nothing to reclaim, and killed "
		 "the process with signal %d. Its oom_kill counter went from "
		 "%llu to %llu. The program had checked the answer to its "
		 "request, and got no chance to do anything.",
		 (double)story->last.touched_bytes / MIB,
		 (double)predict_touched(story) / MIB,
		 (double)story->death_ns / 1e6, WTERMSIG(story->status),
		 (unsigned long long)story->before.oom_kill,
		 (unsigned long long)story->last.group.oom_kill);
}

static void tell(struct lab_context *context, const struct story *story)
{
	const char *event = story->last.event;

	tell_promise(context, story);
	if (!strcmp(event, "oom_kill"))
		tell_death(context, story);
	else if (!strcmp(event, "refused"))
		lab_tell(context,
			 "So nothing was written to, and nobody died: %s.",
			 context->users_mode == 2
				 ? "that is what mode 2 is for"
				 : "a limit of the process itself, RLIMIT_AS "
				   "or RLIMIT_DATA (getrlimit(2)), was less");
	else
		lab_skip(context,
			 "It was not killed within %d s: somebody may have "
			 "switched the OOM killer of this group off.",
			 SECONDS);
}

static int begin(struct lab_context *context, struct story *story)
{
	struct meminfo memory;
	int error;

	story->touch->asked_bytes = PROMISE_TIMES * story->group.limit_bytes;
	error = worker_start(&story->worker, NULL, NULL, touch_pages,
			     story->touch);
	if (error)
		return lab_fail(context, error, "Try again.",
				"start a process: %s", strerror(-error));
	error = memory_group_enter(&story->group, story->worker.pid);
	if (!error)
		error = meminfo_read_commit(&memory);
	if (!error)
		error = memory_group_read(&story->group, &story->before);
	if (error) {
		worker_end(&story->worker, NULL);
		return lab_fail(context, error, "Try again.", "use %s: %s",
				story->group.directory, meminfo_error(error));
	}
	story->committed_before = memory.committed_bytes;
	return 0;
}

static int experiment(struct lab_context *context, struct story *story)
{
	int error = begin(context, story);

	if (error)
		return error;
	error = watch_it(context, story);
	story->last.event = event_of(story);
	if (!error)
		error = row_put(&context->csv, &row, NULL, &story->last);
	if (!error)
		tell(context, story);
	return error;
}

static int run(struct lab_context *context)
{
	struct story story = { .touch = worker_share(sizeof *story.touch) };
	int error;

	if (!story.touch)
		return lab_fail(context, -ENOMEM, "Free some memory.",
				"begin the lab: no memory");
	error = lab_group_open(context, &story.group, LIMIT_BYTES, LEAST_BYTES);
	if (!error) {
		error = experiment(context, &story);
		memory_group_close(&story.group);
	}
	worker_unshare(story.touch, sizeof *story.touch);
	return error;
}

extern const struct lab lab_touch;

const struct lab lab_touch = {
	.name = "touch",
	.summary = "what happens when promised memory is written to",
	.row = &row,
	.run = run,
};
