/* SPDX-License-Identifier: MIT */
/*
 * Samples become cells.
 *
 * The unit is the parent process. Samples of one process are not independent:
 * an interval over them is far too narrow, so the headline is the median over
 * parent medians and its interval the order-statistic one over the same.
 */
#ifndef JUDGE_SUMMARY_H
#define JUDGE_SUMMARY_H

#include "bench/judge/scales.h"

/* Fewer samples than these give no such quantile: it would be the maximum
 * under another name. */
#define SUMMARY_P99_MIN 1000
#define SUMMARY_P999_MIN 10000

/* Fill rows[cell_count * TIME_COUNT], the times of a cell together and in
 * order. A sample is good when its error is 0; warm-ups count among failures
 * only. Quantiles other than the median are over all good samples that have
 * the time. ref_ratio is found in each parent and is the median over them: a
 * slow phase of the machine cancels inside its own parent. Samples of no cell
 * are ignored. Of what was planned the cell, predicted and commit_bytes are
 * taken over. */
void summarise(const struct summary *planned, size_t cell_count,
	       struct scales *scales, struct summary *rows);

/* Half of the interval of quiet_ns, as a share of it; INFINITY without one. */
double summary_precision(const struct summary *row);

#endif
