/* SPDX-License-Identifier: MIT */
/*
 * Does a series rise, and how fast? Robust answers: outliers and the shape of
 * the noise do not matter.
 */
#ifndef WATCH_SLOPE_H
#define WATCH_SLOPE_H

#include <stddef.h>

/* The median of the slopes between all pairs of points with different x: Theil
 * 1950, Sen 1968. NAN with fewer than two such points. Takes memory for all
 * pairs. 0 or -ENOMEM. */
int slope_theil_sen(const double *x, const double *y, size_t count,
		    double *slope);

/* How surely y rises (above 0) or falls from its first to its last value: the
 * standard normal score of the test of Mann 1945 and Kendall, with correction
 * for ties and continuity. Above 2.33 chance alone would make one of a hundred
 * series without a trend look like this. 0 where nothing is known. -ENOMEM. */
int slope_mann_kendall(const double *y, size_t count, double *score);

#endif
