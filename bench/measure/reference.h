/* SPDX-License-Identifier: MIT */
/*
 * The reference: a bare vfork loop in a small process of its own.
 *
 * It runs in every block, so that a machine that became slower can be told
 * from a strategy that is slower.
 */
#ifndef MEASURE_REFERENCE_H
#define MEASURE_REFERENCE_H

#include <stdint.h>

#include "bench/machine/coprocess.h"
#include "bench/measure/recorder.h"

/* Start it, pinned to cpu (-1: not pinned), spawning child; coprocess_end()
 * ends it. The caller must be small: the reference is its copy. 0 or a negative
 * errno. */
int reference_start(struct coprocess *reference, const struct child *child,
		    int cpu);

/* The median reap time of spawn_count bare spawns, in ns, or a negative errno.
 * Blocks for that long; any process that holds the socket may ask. */
int64_t reference_measure(const struct coprocess *reference, int spawn_count);

#endif
