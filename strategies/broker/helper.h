/* SPDX-License-Identifier: MIT */
/*
 * The broker's helper: a small process that creates children for its parent.
 *
 * It shares the caller's descriptors (CLONE_FILES), so that none needs to be
 * sent, and goes after its working folder, root and umask (place.h). It is
 * born in a process that may have threads: it calls nothing that takes a lock
 * or memory.
 */
#ifndef BROKER_HELPER_H
#define BROKER_HELPER_H

#include "strategies/broker/state.h"

/* Map one for a helper of the calling thread, whose facts these are; -ENOMEM.
 */
int sw_helper_prepare(struct sw_helper **helper, struct sw_arena *arena,
		      const struct sw_held *status,
		      const struct sw_facts *facts);

/* In the caller, once the helper has its copy. */
void sw_helper_discard(struct sw_helper *helper);

/* The helper's life, on its stack; data is its struct sw_helper. */
void sw_helper_run(void *data);

#endif
