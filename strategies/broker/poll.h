/* SPDX-License-Identifier: MIT */
/* A descriptor for event loops: readable while an answer is unfetched, and
 * for ever when the helper is dead. */
#ifndef BROKER_POLL_H
#define BROKER_POLL_H

#include <sys/types.h>

#include "strategies/broker/bond.h"

/* Both -1 until somebody asks: an event loop pays for three descriptors,
 * nobody else for any. */
struct sw_poll {
	struct sw_held epoll; /* event, and a pidfd of each helper, in one */
	struct sw_held event; /* counts answers that are unfetched */
};

void sw_poll_init(struct sw_poll *poll);

/* Make them; 0, or a negative errno. */
int sw_poll_open(struct sw_poll *poll);
void sw_poll_close(struct sw_poll *poll);

/* Tell of a bond's answers and of its helper's death, or no longer. */
int sw_poll_join(struct sw_poll *poll, struct sw_bond *bond);
void sw_poll_part(struct sw_poll *poll, struct sw_bond *bond);

/* The answer in this slot is fetched. */
void sw_poll_fetched(const struct sw_poll *poll, struct sw_slot *slot);

#endif
