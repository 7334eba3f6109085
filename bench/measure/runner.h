/* SPDX-License-Identifier: MIT */
/*
 * The runner: goes through a plan, one parent process at a time. In each round
 * it is a process a state, in a random order; after those of the plan as many
 * follow as its cells need to be exact.
 *
 * It stays small, holds what was measured, and is the only one to talk to the
 * guardian. A parent that dies is a recorded cell, not a dead run.
 */
#ifndef MEASURE_RUNNER_H
#define MEASURE_RUNNER_H

#include "bench/measure/session.h"

/* Attest the strategies of the plan, each once, and bar the cells of those that
 * are not what they say. Before anything is measured; 0, or -ENOMEM. */
int runner_begin(struct run *run);

/*
 * Measure every cell, after runner_begin(). 0, also when interrupted
 * (run->signal) or when cells could not be measured (their outcome says why); a
 * negative errno when the run itself cannot go on, with what was measured kept.
 * From then on run->held are blocked: a second ^C must not end us before the
 * files are written.
 */
int runner_run(struct run *run);

/* Whether a cell's row of `reap` is as exact as was asked for, or without hope:
 * no spawn of it works. What copies page tables follows the machine's memory,
 * and is not asked to be as exact. */
bool runner_is_exact(const struct summary *row, double precision);

#endif
