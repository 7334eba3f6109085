/* SPDX-License-Identifier: MIT */
/* The memory of an oracle's parent: how much it is, and mapping it. */
#ifndef LABS_ORACLE_MEMORY_H
#define LABS_ORACLE_MEMORY_H

#include "bench/labs/oracle.h"

/* In the worker: map it in the mode that is set; heap_bytes and all of map_
 * are filled, or skipped when it would take from others what they need. */
void oracle_map(struct oracle *oracle, int mode);

/* Whether it is to take all that mode 2 grants. */
bool oracle_exhausts(const struct oracle *oracle);

/* After a spawn, where the memory is to be exhausted: what children have given
 * back is taken again. */
void oracle_exhaust(const struct oracle *oracle);

#endif
