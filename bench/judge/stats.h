/* SPDX-License-Identifier: MIT */
/*
 * Quantiles, slopes, and what may be said about them.
 *
 * Robust statistics only: a latency distribution has a tail, and a mean with a
 * standard deviation describes nothing that was measured. Values are doubles
 * without NAN; those called sorted ascend. Without values all answer NAN.
 */
#ifndef JUDGE_STATS_H
#define JUDGE_STATS_H

#include <stddef.h>

struct stats_interval {
	double median;
	double lo, hi; /* both NAN when there is none */
};

/* Sort ascending, in place. */
void stats_sort(double *values, size_t count);

/* The quantile at probability p (0 to 1), linear between the two neighbours:
 * type 7 of Hyndman and Fan 1996, the default of R and numpy. */
double stats_quantile(const double *sorted, size_t count, double p);

double stats_median(const double *sorted, size_t count);

/* The same of values that are not sorted yet; sorts them. */
double stats_median_of(double *values, size_t count);

double stats_mean(const double *values, size_t count);

/* The median of values, which are sorted, and its interval: the narrowest pair
 * of order statistics, symmetric in rank, that covers the median of any
 * continuous distribution with at least 95 %: ranks k and count+1-k, coverage 1
 * - 2 P(Binomial(count, 1/2) < k). With 6 values these are minimum and maximum
 * (96.9 %). David and Nagaraja, Order Statistics, section 7.1. */
struct stats_interval stats_median_interval(double *values, size_t count);

/* The part of the values between quantiles p and 1-p, over the median: 0.25
 * is the relative interquartile range, 0 the relative range. */
double stats_spread(const double *sorted, size_t count, double p);

/* The median of the slopes between all pairs of points with different x: Theil
 * 1950, Sen 1968. NAN with fewer than two such points. Takes memory for all
 * pairs. 0 or -ENOMEM. */
int stats_theil_sen(const double *x, const double *y, size_t count,
		    double *slope);

/* How surely y rises (above 0) or falls from its first to its last value: the
 * standard normal score of the test of Mann 1945 and Kendall, with correction
 * for ties and continuity. Above 2.33 chance alone would make one of a hundred
 * series without a trend look like this. 0 where nothing is known. -ENOMEM. */
int stats_mann_kendall(const double *y, size_t count, double *score);

#endif
