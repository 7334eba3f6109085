/* SPDX-License-Identifier: MIT */
/*
 * The words for the times of a sample.
 *
 * They are CSV values and legends, so there is one copy.
 */

#include "bench/files/run.h"

const char *const time_names[TIME_COUNT + 1] = {
	[TIME_RETURN] = "return",	  [TIME_CONFIRM] = "confirm",
	[TIME_START] = "start",		  [TIME_REAP] = "reap",
	[TIME_CALLER_CPU] = "caller_cpu",
};
