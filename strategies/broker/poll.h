/* SPDX-License-Identifier: MIT */
/*
 * A descriptor for event loops: readable while an answer is unfetched, and
 * from the death of a helper on until that is known.
 *
 * A program may close what it does not know, and open files of its own in the
 * same places. What is ours is found out without a doubt before it is touched:
 * the ends of a bell's pipe by their inode; the set, because it watches that
 * pipe; a pidfd, because the set watches it.
 */
#ifndef BROKER_POLL_H
#define BROKER_POLL_H

#include "strategies/broker/bond.h"

/* A set of epoll(7). An event loop pays for four descriptors, nobody else for
 * any. */
struct sw_poll {
	int fd; /* -1: nobody has asked */
};

/* Make the set, which a bond and all that are older join. 0, or a negative
 * errno. */
int sw_poll_open(struct sw_poll *poll, struct sw_bond *newest);

/* Whether the set, which bond has joined, is still there. */
bool sw_poll_holds(const struct sw_poll *poll, const struct sw_bond *bond);

/* Whether all is there that it takes to tell of this bond. */
bool sw_poll_is_whole(const struct sw_poll *poll, const struct sw_bond *bond);

/* From now on the set tells of a bond's answers and of its helper's death. 0,
 * or a negative errno. */
int sw_poll_join(const struct sw_poll *poll, struct sw_bond *bond);

/* The death of a bond's helper has been told: no longer tell of it. */
void sw_poll_hush(const struct sw_poll *poll, struct sw_bond *bond);

/* From now on the set tells of nothing of a bond. Does nothing for a bond that
 * has not joined. */
void sw_poll_part(const struct sw_poll *poll, struct sw_bond *bond);

#endif
