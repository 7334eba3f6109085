/* SPDX-License-Identifier: MIT */
/*
 * What ties a caller to one helper, from its birth to its end.
 *
 * Nothing of it is used again for another helper: what a late child of a dead
 * one still writes to the arena, nobody reads.
 */
#ifndef BROKER_BOND_H
#define BROKER_BOND_H

#include <stdbool.h>

#include "strategies/broker/arena.h"
#include "strategies/broker/identity.h"
#include "strategies/broker/look.h"
#include "strategies/broker/place.h"

struct sw_bond {
	struct sw_arena *arena;
	pid_t helper;
	pid_t caller;
	uint64_t number; /* of all bonds of this process, from 1 on */

	/* Of the calling thread, at the birth. */
	struct sw_identity identity;
	struct sw_facts facts;
	struct sw_realm realm;

	struct sw_larges larges;
	_Atomic uint64_t requests; /* their number, from 1 on */

	/* In the set of sw_poll, or -1. */
	struct sw_bell bell;
	int pidfd; /* the helper's */

	/* The handle's own, under its lock. */
	sw_slots slots;
	struct sw_bond *older;
} __attribute__((aligned(SW_SLOT_COUNT)));

/* Let a helper be born that is as the calling thread is now, and wait until it
 * has settled in. status is that of sw_status_open(). 0, or a negative errno.
 */
int sw_bond_open(struct sw_bond **bond, const struct sw_held *status);

/* End and reap the helper, whatever has become of it; never fails. */
void sw_bond_close(struct sw_bond *bond);

/* Whether the helper is dead: nobody takes requests any more. */
static inline bool sw_bond_is_over(const struct sw_bond *bond)
{
	return atomic_load(&bond->arena->life.word) & FUTEX_OWNER_DIED;
}

#endif
