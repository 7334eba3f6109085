/* SPDX-License-Identifier: MIT */
/* The quiet estimate of a run, for times that were taken without one: what
 * something costs when nothing disturbs it (docs/method.md, section 4). */
#ifndef BARE_QUIET_H
#define BARE_QUIET_H

#include <stddef.h>

/* What one process pays, from its times, which are sorted. */
double quiet_of_process(double *ns, size_t count);

/* The median over the processes that were not disturbed: those which pay no
 * more than 10 % above the quietest. Sorts them. */
double quiet_over_processes(double *ns, size_t count);

#endif
