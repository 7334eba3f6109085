/* SPDX-License-Identifier: MIT */
/*
 * harm: what do the other threads of a program feel when it spawns?
 *
 * A bystander thread writes one byte to a random page of the heap on a
 * schedule, on a CPU of its own. A write that begins late, since the one before
 * was held up, counts from when it was due: so a stall is charged to every
 * write that it delayed (Gil Tene, "How NOT to Measure Latency", 2013). First
 * nothing is spawned, then some children a second.
 */

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bench/labs/part.h"
#include "bench/labs/region.h"
#include "bench/labs/worker.h"
#include "bench/machine/clock.h"
#include "bench/machine/cpu.h"
#include "bench/machine/failure.h"
#include "bench/machine/heap.h"
#include "bench/machine/units.h"
#include "lib/spawnwise.h"

#define LEAST_BYTES ((uint64_t)16 << 20) /* what is written to at last */
#define PERIOD_NS 20000
#define QUIET_S 1

/* Latencies by their power of two and the 32nd part of it: within 3 %. */
#define PARTS 32
#define BUCKETS (64 * PARTS)

/* Of which quantiles are kept. */
enum { QUIET, STALL, SERVICE, KINDS };
static const double shares[] = { 0.5, 0.9, 0.99, 0.999, 1 };
enum { P50, P90, P99, P999, LONGEST, SHARES };

struct harm {
	struct trial trial;
	uint64_t rate, seconds;

	/* Written by the worker. */
	int spawns, failed;
	double ns[KINDS][SHARES];
	double cow_ns, write_ns;
	int caller_cpu, bystander_cpu;
};

#define AT(member) offsetof(struct harm, member)
#define QUANTILES(kind, name, help)                                            \
	FIELD(name "_p50_ns", NS, AT(ns[kind][P50])),                          \
		FIELD(name "_p90_ns", NS, AT(ns[kind][P90])),                  \
		FIELD(name "_p99_ns", NS, AT(ns[kind][P99])),                  \
		FIELD(name "_p999_ns", NS, AT(ns[kind][P999])),                \
		FIELD(name "_max_ns", NS, AT(ns[kind][LONGEST]), help)

static const struct row_field fields[] = {
	FIELD("strategy", TEXT, AT(trial.strategy_name),
	      "how the children were created"),
	FIELD("heap_bytes", BYTES, AT(trial.limit_bytes),
	      "of the parent, base pages, all written"),
	FIELD("rate", INTEGER, AT(rate), "spawns a second that were asked for"),
	FIELD("spawns", COUNT, AT(spawns)),
	FIELD("failed", COUNT, AT(failed), "spawns that worked, and others"),
	QUANTILES(QUIET, "quiet",
		  "how late a write of the bystander ended, every 20 µs, "
		  "while nothing was spawned: its own noise, and the "
		  "machine's"),
	QUANTILES(STALL, "stall",
		  "the same while the parent spawned, from when a write was "
		  "due"),
	QUANTILES(SERVICE, "service",
		  "the same from when it began: what a benchmark sees that "
		  "waits for one answer before it asks again"),
	FIELD("cow_ns", NS, AT(cow_ns),
	      "the first write to a page after a spawn, its child gone"),
	FIELD("write_ns", NS, AT(write_ns), "another write to it"),
	{ 0 },
};

static struct heap heap;
static unsigned counts[KINDS][BUCKETS];
static atomic_int kind_now; /* QUIET, STALL, KINDS: the end */

static size_t bucket_of(int64_t ns)
{
	const uint64_t value = ns < PARTS ? PARTS : (uint64_t)ns;
	const int power = 63 - __builtin_clzll(value);

	return (size_t)power * PARTS + (value >> (power - 5)) % PARTS;
}

static double bucket_ns(size_t bucket)
{
	return ldexp(1 + (bucket % PARTS + 0.5) / PARTS, bucket / PARTS);
}

static void fill(double ns[SHARES], const unsigned *count)
{
	double sum = 0, below = 0;
	size_t share = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		sum += count[i];
	for (size_t i = 0; i < BUCKETS; i++)
		for (below += count[i]; share < SHARES && count[i] &&
					below >= shares[share] * sum;)
			ns[share++] = bucket_ns(i);
}

static void *stand_by(void *data)
{
	const struct harm *harm = data;
	int64_t due_ns = clock_now_ns(), begin_ns, end_ns;
	uint64_t random = 1;
	int kind;

	cpu_pin(harm->bystander_cpu);
	while ((kind = atomic_load(&kind_now)) < KINDS) {
		random = random * 6364136223846793005U + 1442695040888963407U;
		while ((begin_ns = clock_now_ns()) < due_ns)
			;
		((volatile char *)heap.start)[random % heap.bytes] = 1;
		end_ns = clock_now_ns();
		counts[kind][bucket_of(end_ns - due_ns)]++;
		if (kind == STALL)
			counts[SERVICE][bucket_of(end_ns - begin_ns)]++;
		due_ns += PERIOD_NS;
	}
	return NULL;
}

static int prepare(void *row)
{
	struct harm *harm = row;
	const struct lab_context *context = harm->trial.context;
	struct failure why;
	int error = cpu_split(&harm->caller_cpu, &harm->bystander_cpu);

	if (error == -ENODEV)
		strcpy(harm->trial.skipped,
		       "It takes two CPUs, one for the bystander alone.");
	if (error)
		return error == -ENODEV ? 0 : error;
	harm->rate = context->rate;
	harm->seconds = context->seconds;
	harm->trial.limit_bytes =
		smaller(harm->trial.limit_bytes, context->heap_bytes);
	error = cpu_pin(harm->caller_cpu);
	if (!error)
		error = spawner_open(row);
	if (!error && !*harm->trial.skipped)
		error = heap_grow(&heap, harm->trial.limit_bytes,
				  backing_find("base"), &why);
	return error;
}

/* One byte of each page. */
static double write_all(void)
{
	const int64_t begin_ns = clock_now_ns();
	const uint64_t pages = LEAST_BYTES / page_bytes();

	for (uint64_t page = 0; page < pages; page++)
		((volatile char *)heap.start)[page * page_bytes()] = 2;
	return (double)(clock_now_ns() - begin_ns) / (double)pages;
}

static void pause_until(int64_t ns)
{
	const struct timespec time = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) ==
	       EINTR)
		;
}

static int harm_bystander(void *row)
{
	struct harm *harm = row;
	const uint64_t count = harm->rate * harm->seconds;
	pthread_t thread;
	int64_t begin_ns;
	int error;

	atomic_store(&kind_now, QUIET);
	error = pthread_create(&thread, NULL, stand_by, harm);
	if (error)
		return -error;
	begin_ns = clock_now_ns() + QUIET_S * INT64_C(1000000000);
	pause_until(begin_ns);
	atomic_store(&kind_now, STALL);
	for (uint64_t i = 0; i < count; i++) {
		pause_until(begin_ns + (int64_t)(i * 1000000000 / harm->rate));
		error = spawner_try();
		*(error ? &harm->failed : &harm->spawns) += 1;
	}
	pause_until(begin_ns + (int64_t)harm->seconds * 1000000000);
	atomic_store(&kind_now, KINDS);
	pthread_join(thread, NULL);
	for (int kind = 0; kind < KINDS; kind++)
		fill(harm->ns[kind], counts[kind]);
	spawner_try();
	harm->cow_ns = write_all();
	harm->write_ns = write_all();
	spawner_close();
	harm->trial.agrees = -1; /* nothing was predicted */
	return 0;
}

static bool is_seen(const struct harm *row)
{
	return row->ns[STALL][P99] > 2 * row->ns[QUIET][P99];
}

LESSON_WHEN(harm, copies,
	    row->trial.strategy->traits &SW_COPIES_PAGE_TABLES &&is_seen(row))
LESSON_WHEN(harm, copies_unseen,
	    row->trial.strategy->traits &SW_COPIES_PAGE_TABLES && !is_seen(row))
LESSON_WHEN(harm, shares_memory, row->trial.strategy->traits &SW_SHARES_MEMORY)

static const struct lesson lessons[] = {
	{ copies, "{strategy} holds the lock of the program's memory while it "
		  "copies page tables, and leaves each page read-only: the "
		  "next write to it, by whichever thread, is a fault, which "
		  "waits for that lock. Of 100 writes one ended {stall_p99_ns} "
		  "late or more, the worst {stall_max_ns}; without spawns "
		  "{quiet_p99_ns} and {quiet_max_ns}. Who only looks at how "
		  "long a write takes once it has begun sees "
		  "{service_p99_ns}: those that should have begun meanwhile "
		  "are not there to complain. The first write to a page "
		  "afterwards took {cow_ns}, the next {write_ns}." },
	{ copies_unseen,
	  "{strategy} copies page tables, and leaves each page read-only: the "
	  "next write to it is a fault. What that does to others is not seen "
	  "here: without spawns, too, one write of 100 ended {quiet_p99_ns} "
	  "late or more, for the machine was busy, or the heap is small. The "
	  "first write to a page afterwards took {cow_ns}, the next "
	  "{write_ns}." },
	{ shares_memory,
	  "A child that shares the memory until exec copies nothing: with "
	  "{strategy} one write of 100 ended {stall_p99_ns} late or more, the "
	  "worst {stall_max_ns}; without spawns {quiet_p99_ns} and "
	  "{quiet_max_ns}." },
	{ 0 },
};

static const struct lab_column columns[] = {
	{ "strategy", 'l', "{strategy}" },
	{ "quiet p99", 'r', "{quiet_p99_ns}" },
	{ "p50", 'r', "{stall_p50_ns}" },
	{ "p99", 'r', "{stall_p99_ns}" },
	{ "p99.9", 'r', "{stall_p999_ns}" },
	{ "worst", 'r', "{stall_max_ns}" },
	{ "a page after", 'r', "{cow_ns}" },
	{ 0 },
};

static const struct lab_part part = {
	.row_bytes = sizeof(struct harm),
	.doing = "see what {strategy} does to another thread",
	.strategies = true,
	.without = SW_BASELINE,
	.most_bytes = (uint64_t)1 << 40,
	.least_bytes = LEAST_BYTES,
	.prepare = prepare,
	.act = harm_bystander,
	.limit_ms = 4000000, /* an hour is the longest load */
	.trial_s = 5,
	.intro = "A program of {heap_bytes} spawned {rate} children a second; "
		 "another thread wrote to its heap every 20 µs. How late did a "
		 "write end?",
	.columns = columns,
	.lessons = lessons,
};

const struct lab lab_harm = {
	.name = "harm",
	.place = 7,
	.load = true,
	.summary = "what the other threads feel while a program spawns",
	.row = &(const struct row_type)ROW_TYPE("harm.csv", fields),
	.parts = (const struct lab_part *const[]){ &part, NULL },
};
