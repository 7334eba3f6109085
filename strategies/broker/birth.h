/* SPDX-License-Identifier: MIT */
/* The broker's handle, and how its helper is born and ended. */
#ifndef BROKER_BIRTH_H
#define BROKER_BIRTH_H

#include <pthread.h>

#include "strategies/broker/arena.h"
#include "strategies/broker/identity.h"
#include "strategies/broker/look.h"
#include "strategies/broker/poll.h"

struct sw_broker {
	struct sw_arena *arena;
	pid_t helper;
	sw_slots slots;
	_Atomic uint64_t requests; /* their number, from 1 on */
	struct sw_larges larges;
	struct sw_held status;
	struct sw_identity identity;
	pthread_mutex_t poll_lock;
	struct sw_poll poll;
};

/* Let a helper be born that is as the calling thread is now, and wait until it
 * has settled in. 0, or a negative errno. */
int sw_helper_bear(struct sw_broker *broker);

/* End it and reap it. Whatever has become of it: never fails. */
void sw_helper_end(struct sw_broker *broker);

#endif
