/* SPDX-License-Identifier: MIT */
/* A descriptor for event loops: readable while an answer is unfetched, and
 * for ever when the helper is dead. */
#ifndef BROKER_POLL_H
#define BROKER_POLL_H

#include <sys/types.h>

#include "strategies/broker/arena.h"

/* All -1 until somebody asks: an event loop pays for three descriptors,
 * nobody else for any. */
struct sw_poll {
	struct sw_held epoll; /* both of these in one */
	struct sw_held event; /* counts answers that are unfetched */
	struct sw_held helper;
};

void sw_poll_init(struct sw_poll *poll);

/* Make them; 0, or a negative errno. */
int sw_poll_open(struct sw_poll *poll, struct sw_arena *arena, pid_t helper);
void sw_poll_close(struct sw_poll *poll);

/* The helper is now another process. */
int sw_poll_renew(struct sw_poll *poll, pid_t helper);

/* The answer in this slot is fetched. */
void sw_poll_fetched(const struct sw_poll *poll, struct sw_slot *slot);

#endif
