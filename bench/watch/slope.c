/* SPDX-License-Identifier: MIT */
/* Does a series rise, and how fast? See slope.h. */

#include "bench/watch/slope.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/judge/stats.h"

int slope_theil_sen(const double *x, const double *y, size_t count,
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

int slope_mann_kendall(const double *y, size_t count, double *score)
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
