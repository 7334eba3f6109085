/* SPDX-License-Identifier: MIT */
/* Quantiles, slopes, and what may be said about them; see stats.h. */

#include "bench/judge/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOT_COVERED 0.05

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

void stats_sort(double *values, size_t count)
{
	if (count > 1)
		qsort(values, count, sizeof *values, compare);
}

double stats_quantile(const double *sorted, size_t count, double p)
{
	double position, below;
	size_t index;

	if (!count)
		return NAN;
	position = p * (double)(count - 1);
	below = floor(position);
	index = (size_t)below;
	if (position <= below) /* what follows may be infinite */
		return sorted[index];
	return sorted[index] +
	       /* NOLINTNEXTLINE(clang-analyzer-core.*): it is below count */
	       (position - below) * (sorted[index + 1] - sorted[index]);
}

double stats_median(const double *sorted, size_t count)
{
	return stats_quantile(sorted, count, 0.5);
}

double stats_median_of(double *values, size_t count)
{
	stats_sort(values, count);
	return stats_median(values, count);
}

double stats_mean(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count ? sum / (double)count : NAN;
}

/* The largest k with P(Binomial(count, 1/2) < k) <= NOT_COVERED / 2. The
 * terms are kept as logarithms: 2^-count itself underflows at 1,075. */
static size_t outer_rank(size_t count)
{
	double log_term = -(double)count * M_LN2;
	double below = 0;
	size_t k = 0;

	while (k < count) {
		below += exp(log_term);
		if (below > NOT_COVERED / 2)
			break;
		log_term += log((double)(count - k) / (double)(k + 1));
		k++;
	}
	return k;
}

struct stats_interval stats_median_interval(double *values, size_t count)
{
	const size_t k = outer_rank(count);
	const double median = stats_median_of(values, count);

	if (!k)
		return (struct stats_interval){ median, NAN, NAN };
	return (struct stats_interval){ median, values[k - 1],
					values[count - k] };
}

double stats_spread(const double *sorted, size_t count, double p)
{
	return (stats_quantile(sorted, count, 1 - p) -
		stats_quantile(sorted, count, p)) /
	       stats_median(sorted, count);
}

int stats_theil_sen(const double *x, const double *y, size_t count,
		    double *slope)
{
	double *slopes = malloc(sizeof *slopes * (count * count / 2 + 1));
	size_t pairs = 0;

	if (!slopes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (x[j] != x[i])
				slopes[pairs++] = (y[j] - y[i]) / (x[j] - x[i]);
	*slope = stats_median_of(slopes, pairs);
	free(slopes);
	return 0;
}

/* n(n-1)(2n+5): eighteen times the variance that n values bring, or that n
 * equal ones take away. */
static double variance_part(size_t count)
{
	const double n = (double)count;

	return n * (n - 1) * (2 * n + 5);
}

int stats_mann_kendall(const double *y, size_t count, double *score)
{
	double *sorted = malloc(sizeof *sorted * (count + 1));
	double variance = variance_part(count), sum = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			sum += (y[j] > y[i]) - (y[j] < y[i]);
	memcpy(sorted, y, sizeof *sorted * count);
	stats_sort(sorted, count);
	for (size_t i = 0, equal; i < count; i += equal) {
		for (equal = 1;
		     i + equal < count && sorted[i + equal] == sorted[i];)
			equal++;
		variance -= variance_part(equal);
	}
	free(sorted);
	*score = 0;
	if (sum != 0 && variance > 0)
		*score = (sum - copysign(1, sum)) / sqrt(variance / 18);
	return 0;
}
