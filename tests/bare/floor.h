/* SPDX-License-Identifier: MIT */
/* What the harness costs by itself: samples of a strategy that does nothing. */
#ifndef BARE_FLOOR_H
#define BARE_FLOOR_H

/* The nanoseconds that a sample takes beyond its clock readings, the median of
 * many rounds that alternate with bare readings. 0 or a negative errno. */
int floor_measure(double *floor_ns);

#endif
