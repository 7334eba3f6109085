/* SPDX-License-Identifier: MIT */
/*
 * What a run is made of: cells, samples and their summaries.
 *
 * These are the nouns that measure fills, files keeps, judge weighs and show
 * tells. Times are in nanoseconds, sizes in bytes; see data/README.md for
 * the columns they become.
 */
#ifndef FILES_RUN_H
#define FILES_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/rows/rows.h"

/* The times of a sample, in the order of the CSV columns. */
enum sample_time {
	TIME_RETURN,
	TIME_CONFIRM,
	TIME_START,
	TIME_REAP,
	TIME_CALLER_CPU,
	TIME_COUNT,
};

/* "return", "confirm", "start", "reap", "caller_cpu", NULL. */
extern const char *const time_names[TIME_COUNT + 1];

#define CELL_LATER_MAX 8
#define TIME_UNKNOWN (-1) /* a time that was not or cannot be measured */

/* Strategy x parent state x CPU placement x overcommit mode. The strings
 * belong to the plan (or to the table that was read) and outlive the cell. */
struct cell {
	int id; /* counts from 0 within a run */
	const char *strategy;
	uint64_t heap_bytes;
	const char *backing; /* backing_names */
	int vmas;
	int threads;
	int fds;
	const char *cpu; /* same, split, free */
	int overcommit;	 /* 0, 1, 2 */
	/* Of the strategy: 0, 1; unknown: negative. */
	int creates_nothing, baseline, copies_page_tables;
	/* Of axes that only their row in axes.c knows, in its order. */
	union {
		int count;
		uint64_t bytes;
		const char *word;
	} later[CELL_LATER_MAX];
	const char *label; /* of a setting; NULL or "none": none */
};

/* One spawn. Plain data: it is written into memory shared by two processes. */
struct sample {
	int cell_id;
	int parent; /* which process took it, counts from 0 within the run */
	int block;  /* which block of that parent */
	int sample; /* which spawn of that block, warm-ups included */
	bool warmup;
	int error; /* 0, or errno of the failed spawn */
	int64_t ns[TIME_COUNT];
	int64_t ref_ns; /* the reference's median reap in the same block */
};

/*
 * Statistics that came after the first ones, a line each: the member of struct
 * summary and column of cells.csv, its kind (NS, RATIO) and its meaning.
 * bench/judge/summary.c computes them. A new one goes to the end.
 */
#define SUMMARY_LATER(STATISTIC)                                               \
	STATISTIC(quiet_ns, NS,                                                \
		  "what the cell costs when nothing else is at work: the "     \
		  "10 % quantile of each parent, then the median over the "    \
		  "parents that were not disturbed")                           \
	STATISTIC(quiet_lo_ns, NS, NULL)                                       \
	STATISTIC(quiet_hi_ns, NS, "its interval, as that of `p50_ns`")        \
	STATISTIC(quiet_share, RATIO,                                          \
		  "of the parents, those that were not disturbed: neither "    \
		  "the references around the block nor the parent's 10 % "     \
		  "quantile is more than 10 % above the 10 % quantile of all") \
	STATISTIC(over_best, RATIO,                                            \
		  "of `reap`: a parent's 10 % quantile over that of the "      \
		  "fastest strategy in the same parent, then the median over " \
		  "the parents that were not disturbed")                       \
	STATISTIC(over_best_lo, RATIO, NULL)                                   \
	STATISTIC(over_best_hi, RATIO, "its interval, as that of `p50_ns`")

#define SUMMARY_MEMBER(name, kind, meaning) double name;

/* One row of cells.csv: a cell seen through one of its times. A statistic
 * that does not exist (no sample, too few) is NAN. */
struct summary {
	struct cell cell;
	enum sample_time time;
	int parents; /* processes with at least one good sample */
	int ok;	     /* good samples, warm-ups left out */
	int failed;  /* failed spawns, warm-ups included */
	int error;   /* the most frequent errno, 0 if none failed */
	char errnos[ERRNOS_BYTES]; /* "ENOMEM:3;EAGAIN:1", most frequent first
				    */
	double min_ns, p5_ns, p50_ns, p50_lo_ns, p50_hi_ns, p95_ns;
	double p99_ns, p999_ns; /* NAN below 1,000 and 10,000 samples */
	double max_ns, mean_ns;
	double ref_ratio;
	int64_t commit_bytes; /* what the spawn asks the kernel to commit */
	int predicted;	      /* 0 for ok, errno, or OUTCOME_UNKNOWN */
	int observed;	      /* the same */
	SUMMARY_LATER(SUMMARY_MEMBER)
};

#endif
