/* SPDX-License-Identifier: MIT */
/* What the caller changed since the helper was born, and whether he is left. */
#ifndef BROKER_CHANGES_H
#define BROKER_CHANGES_H

#include "strategies/broker/state.h"

/* Look at what the caller can change without our knowing: to be done after a
 * request came, and good for all that came before. */
void sw_helper_look(struct sw_helper *helper);

/* Learn what we may see of the caller, while he is as he is. */
void sw_helper_learn(struct sw_helper *helper);

/*
 * Whether thread (or, if it has ended, the caller's first) has other
 * descriptors than we: unshare(2). If that has ended too, there is no
 * difference: after exec(2) there would be a new first thread. Not being
 * allowed to ask is a difference if it was allowed before.
 */
bool sw_helper_has_parted(struct sw_helper *helper, pid_t thread);

/* Whether the caller has come through exec, and has no use for us: he has other
 * descriptors; or, where we may not compare them, no arena, if /proc is the one
 * that we know. False where we may see neither. */
bool sw_helper_is_left(struct sw_helper *helper, bool has_same_proc);

/* Whether the caller's first thread has ended and others go on. */
bool sw_helper_lost_leader(struct sw_helper *helper);

#endif
