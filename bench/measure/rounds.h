/* SPDX-License-Identifier: MIT */
/*
 * The rounds of a run: a process a state in each, in a random order, and as
 * many rounds as its cells need.
 */
#ifndef MEASURE_ROUNDS_H
#define MEASURE_ROUNDS_H

#include "bench/measure/session.h"

/*
 * Go through the states of the plan as often as it says, then on with cells
 * that are not exact enough yet, until all are or the time is over. 0, also
 * after a signal, or a negative errno that ends the run.
 */
int rounds_run(struct run *run, struct record *record, int signal_fd);

#endif
