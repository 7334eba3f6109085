/* SPDX-License-Identifier: MIT */
/*
 * Samples become cells, and the reference tells what they are worth.
 *
 * The unit is the parent process. Samples of one process are not independent:
 * an interval over them is far too narrow, so the headline is the median over
 * parent medians and its interval the order-statistic one over the same.
 */
#ifndef JUDGE_SUMMARY_H
#define JUDGE_SUMMARY_H

#include "bench/files/run.h"

/* Fewer samples than these give no such quantile: it would be the maximum
 * under another name. */
#define SUMMARY_P99_MIN 1000
#define SUMMARY_P999_MIN 10000

/* Fill rows[cell_count * TIME_COUNT], the times of a cell together and in
 * order. A sample is good when its error is 0; warm-ups count among failures
 * only. Quantiles other than the median are over all good samples that have
 * the time. ref_ratio is found in each parent and is the median over them: a
 * slow phase of the machine cancels inside its own parent. Samples may come in
 * any order; those of no cell are ignored. Of what was planned the cell,
 * predicted and commit_bytes are taken over. 0, or -ENOMEM. */
int summarise(const struct summary *planned, size_t cell_count,
	      const struct sample *samples, size_t sample_count,
	      struct summary *rows);

/* How steady the machine was, seen through a loop that never changes. */
struct reference_quality {
	int blocks; /* distinct (parent, block) with a reference */
	double median_ns;
	double spread; /* p5 to p95 of the blocks over their median */
};

/* A sound machine with its CPUs pinned stays below the first; above the second
 * the machine changes more than strategies differ. */
#define REFERENCE_GOOD_SPREAD 0.10
#define REFERENCE_FAIR_SPREAD 0.25

enum reference_verdict {
	REFERENCE_NONE, /* fewer than two blocks */
	REFERENCE_GOOD,
	REFERENCE_FAIR,
	REFERENCE_POOR,
};

/* Look at the references of all blocks, warm-ups and failures included: the
 * reference ran there too. 0, or -ENOMEM. */
int reference_quality(const struct sample *samples, size_t sample_count,
		      struct reference_quality *quality);

/* Judge it; text becomes one full sentence that ends with what to do. */
enum reference_verdict
reference_verdict(const struct reference_quality *quality, char *text,
		  size_t text_bytes);

/* Both: the same at the end of a run and for `summarise`. */
#define VERDICT_BYTES 256
struct result {
	struct summary *rows; /* TIME_COUNT a cell, as in cells.csv */
	size_t count;
	struct reference_quality quality;
	char verdict[VERDICT_BYTES];
};

/* Sum and judge the samples of what was planned. After 0 the caller owes
 * free(result->rows). 0, or -ENOMEM. */
int result_sum(struct result *result, const struct summary *planned,
	       size_t cell_count, const struct sample *samples,
	       size_t sample_count);

#endif
