/* SPDX-License-Identifier: MIT */
/* What something costs when nothing disturbs it; see quiet.h. */

#include "tests/bare/quiet.h"

#include "bench/judge/scales.h"
#include "bench/judge/stats.h"

double quiet_of_process(double *ns, size_t count)
{
	stats_sort(ns, count);
	return stats_quantile(ns, count, QUIET_QUANTILE);
}

double quiet_over_processes(double *ns, size_t count)
{
	const double limit_ns = QUIET_FACTOR * quiet_of_process(ns, count);

	while (ns[count - 1] > limit_ns)
		count--;
	return stats_median(ns, count);
}
